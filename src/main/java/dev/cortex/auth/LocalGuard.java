package dev.cortex.auth;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.Optional;

/** Decides which requests a desktop server hears, by their headers alone. Localhost is no trust boundary. */
@Pure
public final class LocalGuard {

  /** Rules for a server on that port, which asks for that token if there is one. */
  public LocalGuard(List<String> allowedOrigins, int port, Optional<String> requiredToken) {}

  /** What of a request the decision needs; header lists hold every occurrence, in order. */
  public record Request(
      String method,
      String path,
      String authority,
      List<String> hosts,
      List<String> origins,
      List<String> secFetchSites,
      List<String> secFetchModes,
      List<String> headerNames,
      Optional<String> token) {}
}
