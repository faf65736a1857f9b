package dev.cortex.config;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The rules of a cloud node for whom it lets in. */
@Pure
final class AuthChecks {

  private static final int SECRET_BYTES_MIN = 32;

  /** The old secret and the new one, while a service changes over. */
  private static final int ENTRIES_OF_A_NAME_MAX = 2;

  private final Settings settings;

  /** Checks of these settings; problems are noted there. */
  AuthChecks(Settings settings) {
    this.settings = settings;
  }

  /** Notes every rule that is broken. */
  void check() {
    if (settings.text("auth.jwt_secret").isEmpty() && settings.text("auth.jwks_url").isEmpty()) {
      settings.missing(
          "auth.jwt_secret is missing: give the node's configuration with --config FILE, or CORTEX_AUTH_JWT_SECRET;"
              + " auth.jwks_url does for a node that only checks tokens");
    }
    checkGiven();
  }

  /** Notes every rule that is broken by what was set; a key for tokens may be missing. */
  void checkGiven() {
    int bytes = settings.text("auth.jwt_secret").getBytes(StandardCharsets.UTF_8).length;
    if (bytes > 0 && bytes < SECRET_BYTES_MIN) {
      settings.refuse("auth.jwt_secret", "has " + bytes + " bytes; at least " + SECRET_BYTES_MIN + " are needed");
    }
    if (settings.text("auth.audience").isEmpty()) {
      settings.refuse("auth.audience", "must say for whom tokens are made");
    }
    entries();
  }

  /** What an operator should know of the doors that stand open; one line each. */
  Stream<String> warnings() {
    boolean bare = settings.list("auth.service_tokens").stream().anyMatch(item -> ServiceTokenEntry.parse(item).bare());
    boolean anyIssuer = !settings.text("auth.jwks_url").isEmpty() && settings.text("auth.issuer").isEmpty();
    List<String> warnings = new ArrayList<>();
    if (bare) {
      warnings.add(
          "auth.service_tokens: a bare secret lets its holder into every org and never expires; for development only");
    }
    if (anyIssuer) {
      warnings.add("auth.issuer: empty: whatever the keys of auth.jwks_url sign for this audience is accepted");
    }
    return warnings.stream();
  }

  private void entries() {
    Set<String> hashes = new HashSet<>();
    Map<String, Integer> names = new HashMap<>();
    for (String item : settings.list("auth.service_tokens")) {
      try {
        ServiceTokenEntry entry = ServiceTokenEntry.parse(item);
        if (!hashes.add(entry.sha256())) {
          settings.refuse("auth.service_tokens", "the same secret twice");
        }
        if (!entry.bare() && names.merge(entry.name(), 1, Integer::sum) > ENTRIES_OF_A_NAME_MAX) {
          settings.refuse("auth.service_tokens", entry.name() + " has more than two secrets");
        }
      } catch (IllegalArgumentException e) {
        settings.refuse("auth.service_tokens", e.getMessage());
      }
    }
  }
}
