package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the claims of a user's token must say, and the principal they make. Times are checked against this node's clock:
 * an issuer's clock may be ahead by {@link #SKEW_MS}, but a token is over at {@code exp} to the second, because that is
 * also when its connections end.
 *
 * @param issuer what {@code iss} must be; empty accepts any and none
 * @param audience what {@code aud} must be or hold
 */
@Pure
record ClaimRules(String issuer, String audience) {

  /** How far an issuer's clock may be ahead of ours, in ms. */
  static final long SKEW_MS = 60_000;

  /** The largest time that is read, Unix seconds: far beyond any clock, and exact in milliseconds. */
  private static final double SECONDS_MAX = 1e11;

  /** The principal of claims that keep every rule; refuses the others with the first rule they break. */
  Principal principal(Map<String, Object> claims, long nowMs) {
    long expiresAtMs = timeMs(claims, "exp").orElseThrow(() -> refused("The token has no exp"));
    if (expiresAtMs <= nowMs) {
      throw refused("The token has expired");
    }
    if (timeMs(claims, "nbf").orElse(0L) > nowMs + SKEW_MS) {
      throw refused("The token is not valid yet");
    }
    if (timeMs(claims, "iat").orElse(0L) > nowMs + SKEW_MS) {
      throw refused("The token was issued in the future");
    }
    if (!issuer.isEmpty() && !issuer.equals(claims.get("iss"))) {
      throw refused("The token is of another issuer");
    }
    Object intended = claims.get("aud");
    if (!audience.equals(intended) && !(intended instanceof List<?> several && several.contains(audience))) {
      throw refused("The token is for another audience");
    }
    String user = text(claims, "sub").filter(Ids::isUserId).orElseThrow(() -> refused("The token has no usable sub"));
    String org = text(claims, "org").filter(Ids::isName).orElseThrow(() -> refused("The token has no usable org"));
    return new Principal(user, false, Set.of(org), scopes(claims), channels(claims), expiresAtMs);
  }

  /** Words that are not known, such as those of other services, allow nothing here. */
  private static Set<Scope> scopes(Map<String, Object> claims) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    Object words = claims.getOrDefault("scope", "");
    if (!(words instanceof String text)) {
      throw refused("The token's scope must be words in one text");
    }
    for (String word : text.split(" ")) {
      Scope.of(word).ifPresent(scopes::add);
    }
    return Set.copyOf(scopes);
  }

  /**
   * No list at all means everywhere in the org. An empty one would mean the same to a principal and nowhere to whoever
   * wrote it, so it is refused; patterns of other orgs are kept, for dropping the last one would widen what is left.
   */
  private static List<ChannelPattern> channels(Map<String, Object> claims) {
    if (!claims.containsKey("channels")) {
      return List.of();
    }
    List<ChannelPattern> patterns = new ArrayList<>();
    if (claims.get("channels") instanceof Collection<?> items) {
      for (Object item : items) {
        Optional<ChannelPattern> pattern =
            item instanceof String text ? ChannelPattern.parse(text) : Optional.empty();
        patterns.add(pattern.orElseThrow(() -> refused("The token's channels must be a list of channel patterns")));
      }
    }
    if (patterns.isEmpty()) {
      throw refused("The token's channels must be a list of at least one channel pattern, or absent");
    }
    return List.copyOf(patterns);
  }

  private static Optional<String> text(Map<String, Object> claims, String name) {
    return claims.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** A time claim in Unix ms, fractions of seconds cut; empty when absent. */
  private static Optional<Long> timeMs(Map<String, Object> claims, String name) {
    if (!claims.containsKey(name)) {
      return Optional.empty();
    }
    if (claims.get(name) instanceof Double seconds && seconds >= 0 && seconds <= SECONDS_MAX) {
      return Optional.of((long) Math.floor(seconds) * 1_000);
    }
    throw refused("The token's " + name + " must be a time in Unix seconds");
  }

  private static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.UNAUTHORIZED, message);
  }
}
