package dev.cortex.config;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
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
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Set.of();
    }
    try {
      byte[] payload = Base64.getUrlDecoder().decode(parts[1]);
      Object claim = new JsonObject(new String(payload, StandardCharsets.UTF_8)).getMap().get("org");
      Stream<?> named = claim instanceof Collection<?> several ? several.stream() : Stream.ofNullable(claim);
      return named
          .filter(String.class::isInstance)
          .map(String.class::cast)
          .filter(Shapes::name)
          .collect(Collectors.toUnmodifiableSet());
    } catch (IllegalArgumentException | DecodeException e) {
      return Set.of();
    }
  }
}
