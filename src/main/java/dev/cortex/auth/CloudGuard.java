package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of a cloud node's public listener, by first line and headers alone, before anything else looks at a
 * request: which pages may call, and which token is to be checked. Whoever is no browser sends no Origin and passes;
 * proxies in front are expected here. Everything but signs of life and the client library needs a token.
 */
@Pure
public final class CloudGuard {

  /** Paths where a browser cannot send headers, so that the token may come as {@code ?token=}. */
  static final Set<String> QUERY_TOKEN_PATHS = Set.of("/api/ws", "/api/stream");

  private static final Set<String> OPEN = Set.of("/health", "/livez", "/readyz");

  private final Set<String> origins;

  /** A guard that lets the pages of these origins call, as browsers write them. */
  public CloudGuard(List<String> allowedOrigins) {
    this.origins = Set.copyOf(allowedOrigins);
  }

  /** Whether the request may be heard, and with which token. */
  public GuardDecision check(LocalGuard.Request request) {
    GuardedRequest read = GuardedRequest.of(request);
    if (read.origins().size() > 1) {
      return GuardDecision.refused(
          ErrorCode.BAD_ORIGIN, "A request may have one Origin header, not " + read.origins().size());
    }
    if (read.origins().size() == 1 && !corsAllowed(read.origins().get(0))) {
      return GuardDecision.refused(ErrorCode.BAD_ORIGIN, "This page's origin is not in server.allowed_origins");
    }
    if (read.isPreflight() || isOpen(read)) {
      return GuardDecision.OPEN;
    }
    return ShownToken.of(read, QUERY_TOKEN_PATHS);
  }

  /** Whether a page of that origin may call and read the answers. */
  public boolean corsAllowed(String origin) {
    // sandboxed frames and files say "null": it names nobody, so no list can allow it
    return !origin.equals("null") && origins.contains(origin);
  }

  /** The headers that answer a CORS preflight; empty when the request is none, or its origin is not allowed. */
  public Optional<Map<String, String>> preflight(LocalGuard.Request request) {
    GuardedRequest read = GuardedRequest.of(request);
    boolean allowed = read.isPreflight() && corsAllowed(read.origins().get(0));
    return allowed ? Optional.of(CorsHeaders.preflight(request.headers(), read.origins().get(0))) : Optional.empty();
  }

  /** The headers that let the page that sent this request read its answer; empty when no page sent it. */
  public Map<String, String> corsHeaders(LocalGuard.Request request) {
    List<String> given = GuardedRequest.of(request).origins();
    return given.size() == 1 && corsAllowed(given.get(0)) ? CorsHeaders.answer(given.get(0)) : Map.of();
  }

  private static boolean isOpen(GuardedRequest request) {
    boolean read = request.method().equals("GET") || request.method().equals("HEAD");
    return read && (OPEN.contains(request.path()) || request.path().startsWith("/client/"));
  }
}
