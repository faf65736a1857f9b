package dev.cortex.config;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The orgs that a desktop's own token is for. The signature is not looked at: the token is this user's, and the cloud
 * decides what it is good for.
 */
final class TokenOrgs {

  private TokenOrgs() {}

  /** The claim {@code org} of a JWT, one name or a list of them; empty for any other text. */
  static Set<String> of(String token) {
    Object claim = claims(token).map(claims -> claims.getMap().get("org")).orElse(List.of());
    Stream<?> named = claim instanceof Collection<?> several ? several.stream() : Stream.of(claim);
    return named
        .filter(String.class::isInstance)
        .map(String.class::cast)
        .filter(Shapes::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Why a token that is not empty names no org. */
  static String whyNone(String token) {
    return claims(token).isEmpty() ? "sync.token is no JWT" : "the JWT in sync.token has no org";
  }

  private static Optional<JsonObject> claims(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      byte[] payload = Base64.getUrlDecoder().decode(parts[1]);
      JsonObject claims = new JsonObject(new String(payload, StandardCharsets.UTF_8));
      return Optional.of(claims).filter(some -> some.getMap() != null); // which it is of the text "null"
    } catch (IllegalArgumentException | DecodeException e) {
      return Optional.empty();
    }
  }
}
