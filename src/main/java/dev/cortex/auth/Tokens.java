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

/**
 * Reads the tokens of a cloud node: users' signed ones, checked with the configured secret or the issuer's published
 * keys, and those of back-end services. One for all event loops of a node.
 */
public final class Tokens implements TokenReader {

  private final ClaimRules rules;
  private final ServiceTokens services;
  private final KeyRing own;
  private final Optional<Published> published;
  private final Clock clock;
  private final VerifiedTokens verified = new VerifiedTokens();

  /** What it takes to check tokens by the keys of an issuer. */
  private record Published(KeySource source, Verifications verifications) {}

  private Tokens(CortexConfig.Auth config, KeyRing own, Optional<Published> published, Clock clock) {
    this.rules = new ClaimRules(config.issuer(), config.audience());
    this.services = new ServiceTokens(config.serviceTokens());
    this.own = own;
    this.published = published;
    this.clock = clock;
  }

  /**
   * Opens the reader of a configuration. Fails with a {@link ConfigException} when no key is configured, a secret is
   * too short, a service token cannot be read, or the issuer's keys do not arrive within ten seconds.
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
        return Future.succeededFuture(new Tokens(config, own, Optional.empty(), clock));
      }
      return KeySource.open(vertx, config.jwksUrl(), own, timing, clock)
          .map(source -> new Published(source, new Verifications(vertx)))
          .map(keysOfIssuer -> new Tokens(config, own, Optional.of(keysOfIssuer), clock));
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public Future<Principal> user(String token) {
    try {
      return read(token, "The token is no JWT");
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
    try {
      if (!services.knows(token)) {
        return read(token, "The token is neither a JWT nor a known service token");
      }
      return Future.succeededFuture(service(token));
    } catch (RefusedException e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * Reads a user's token.
   *
   * @param otherwise what to say of a text that is none
   */
  private Future<Principal> read(String token, String otherwise) {
    if (token.length() > ShownToken.CHARS_MAX) {
      throw refused("The token is too long");
    }
    KeyRing ring = published.map(keysOfIssuer -> keysOfIssuer.source().keys()).orElse(own);
    byte[] hash = Sha256.of(token);
    Optional<Principal> known = verified.find(hash, ring).filter(found -> clock.wallMs() < found.expiresAtMs());
    if (known.isPresent() && !isStale()) {
      return Future.succeededFuture(known.get());
    }
    UserToken parsed = UserToken.parse(token).orElseThrow(() -> refused(otherwise));
    // claims first: they cost less than a signature, and what they say of the token its bearer can read anyway
    Principal principal = rules.principal(parsed.claims(), clock.wallMs());
    if (!ring.isPublishedKind(parsed)) {
      return Future.succeededFuture(decided(ring.verify(parsed), hash, ring, principal));
    }
    if (isStale() || !ring.hasKeyFor(parsed)) {
      return withNewerKeys(parsed, hash, principal);
    }
    return published.orElseThrow().verifications()
        .verdict(ring, parsed)
        .compose(verdict ->
            verdict == KeyRing.Verdict.UNKNOWN_KEY
                ? withNewerKeys(parsed, hash, principal)
                : Future.succeededFuture(decided(verdict, hash, ring, principal)));
  }

  private Future<Principal> withNewerKeys(UserToken parsed, byte[] hash, Principal principal) {
    Published keysOfIssuer = published.orElseThrow();
    return keysOfIssuer.source().refreshed().compose(newer -> {
      if (isStale()) {
        throw new RefusedException(ErrorCode.INTERNAL, "The keys to check this token with cannot be had");
      }
      return newer.hasKeyFor(parsed)
          ? keysOfIssuer.verifications()
              .verdict(newer, parsed)
              .map(verdict -> decided(verdict, hash, newer, principal))
          : Future.succeededFuture(decided(KeyRing.Verdict.UNKNOWN_KEY, hash, newer, principal));
    });
  }

  private boolean isStale() {
    return published.filter(keysOfIssuer -> keysOfIssuer.source().isStale()).isPresent();
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
