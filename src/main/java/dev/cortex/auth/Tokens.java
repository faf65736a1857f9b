package dev.cortex.auth;

import dev.cortex.base.Clock;
import dev.cortex.config.ConfigException;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads the tokens of a cloud node: users' signed ones, checked with the configured secret or the issuer's published
 * keys, and those of back-end services. One for all event loops of a node.
 */
public final class Tokens implements TokenReader {

  private final ClaimRules rules;
  private final ServiceTokens services;
  private final Supplier<KeyRing> keys;
  private final Optional<KeySource> source;
  private final Clock clock;
  private final VerifiedTokens verified = new VerifiedTokens();

  private Tokens(CortexConfig.Auth config, Supplier<KeyRing> keys, Optional<KeySource> source, Clock clock) {
    this.rules = new ClaimRules(config.issuer(), config.audience());
    this.services = new ServiceTokens(config.serviceTokens());
    this.keys = keys;
    this.source = source;
    this.clock = clock;
  }

  /**
   * Opens the reader of a configuration. Fails with a {@link ConfigException} when no key is configured, a secret is too
   * short, a service token cannot be read, or the issuer's keys do not arrive within ten seconds.
   */
  public static Future<Tokens> open(Vertx vertx, CortexConfig.Auth config, Clock clock) {
    return open(vertx, config, clock, KeySource.Timing.NORMAL);
  }

  static Future<Tokens> open(Vertx vertx, CortexConfig.Auth config, Clock clock, KeySource.Timing timing) {
    try {
      boolean published = !config.jwksUrl().isEmpty();
      if (config.jwtSecret().isEmpty() && !published) {
        throw new ConfigException("auth: no key: set auth.jwt_secret or auth.jwks_url");
      }
      KeyRing own = KeyRing.of(config.jwtSecret(), published);
      if (!published) {
        return Future.succeededFuture(new Tokens(config, () -> own, Optional.empty(), clock));
      }
      return KeySource.open(vertx, config.jwksUrl(), own, timing, clock)
          .map(source -> new Tokens(config, source::keys, Optional.of(source), clock));
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public Future<Principal> user(String token) {
    try {
      return read(token);
    } catch (RefusedException e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public Principal service(String token) {
    return services.principal(token, clock.wallMs());
  }

  @Override
  public Future<Principal> any(String token) {
    if (!services.knows(token)) {
      return user(token);
    }
    try {
      return Future.succeededFuture(service(token));
    } catch (RefusedException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<Principal> read(String token) {
    if (token.length() > ShownToken.CHARS_MAX) {
      throw refused("The token is too long");
    }
    KeyRing ring = keys.get();
    byte[] hash = Sha256.of(token);
    Optional<Principal> known = verified.find(hash, ring).filter(found -> clock.wallMs() < found.expiresAtMs());
    if (known.isPresent() && !isStale()) {
      return Future.succeededFuture(known.get());
    }
    UserToken parsed = UserToken.parse(token).orElseThrow(() -> refused("The token is malformed"));
    // claims first: they cost less than a signature, and what they say of the token its bearer can read anyway
    Principal principal = rules.principal(parsed.claims(), clock.wallMs());
    boolean old = ring.isPublishedKind(parsed) && isStale();
    KeyRing.Verdict verdict = old ? KeyRing.Verdict.UNKNOWN_KEY : ring.verify(parsed);
    if (verdict != KeyRing.Verdict.UNKNOWN_KEY) {
      return Future.succeededFuture(decided(verdict, hash, ring, principal));
    }
    return source
        .map(KeySource::refreshed)
        .orElseThrow(() -> refused("The token's signature does not verify"))
        .map(newer -> {
          if (isStale()) {
            throw new RefusedException(ErrorCode.INTERNAL, "The keys to check this token with cannot be had");
          }
          return decided(newer.verify(parsed), hash, newer, principal);
        });
  }

  private boolean isStale() {
    return source.filter(KeySource::isStale).isPresent();
  }

  private Principal decided(KeyRing.Verdict verdict, byte[] hash, KeyRing ring, Principal principal) {
    if (verdict != KeyRing.Verdict.GOOD) {
      throw refused("The token's signature does not verify");
    }
    verified.remember(hash, ring, principal);
    return principal;
  }

  private static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.UNAUTHORIZED, message);
  }
}
