package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.config.ConfigException;
import dev.cortex.config.ServiceTokenEntry;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tokens of back-end services, known by their hashes only. One is found by the hash of what was shown, so how long
 * the search takes tells nothing about any secret.
 */
@Pure
final class ServiceTokens {

  private final Map<String, Principal> byHash = new HashMap<>();

  /**
   * Takes the items of the configuration.
   *
   * @throws ConfigException for one that cannot be read
   */
  ServiceTokens(List<String> items) {
    for (String item : items) {
      try {
        ServiceTokenEntry entry = ServiceTokenEntry.parse(item);
        byHash.put(entry.sha256(), principal(entry));
      } catch (IllegalArgumentException e) {
        throw new ConfigException("auth.service_tokens: " + e.getMessage());
      }
    }
  }

  /** Whether such a token is known, expired or not. */
  boolean knows(String token) {
    return byHash.containsKey(ServiceTokenEntry.hash(token));
  }

  /** The principal of a token; refuses one that is unknown or has expired. */
  Principal principal(String token, long nowMs) {
    Optional<Principal> known = Optional.ofNullable(byHash.get(ServiceTokenEntry.hash(token)));
    return known
        .filter(principal -> nowMs < principal.expiresAtMs())
        .orElseThrow(() -> new RefusedException(
            ErrorCode.UNAUTHORIZED,
            known.isPresent()
                ? "The service token has expired"
                : "This takes a service token, and this one is not known"));
  }

  private static Principal principal(ServiceTokenEntry entry) {
    Set<Scope> scopes =
        entry.scopes().stream().flatMap(word -> Scope.of(word).stream()).collect(Collectors.toUnmodifiableSet());
    return new Principal(entry.name(), true, Set.copyOf(entry.orgs()), scopes, List.of(), entry.expiresAtMs());
  }
}
