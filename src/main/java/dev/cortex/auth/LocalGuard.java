package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which requests a desktop server hears, by their first line and headers alone, before anything else looks at
 * them. Localhost is no trust boundary: any web page can reach it, a rebound host name can too, and a tunnel makes
 * strangers look local. Whatever is malformed is refused; nothing makes a check fail with an exception.
 */
@Pure
public final class LocalGuard {

  /** Header names that only a proxy or tunnel adds; lower case. */
  private static final Set<String> FORWARDING =
      Set.of(
          "forwarded", "via", "cdn-loop", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-host",
          "x-original-forwarded-for", "x-originating-ip", "x-remote-ip", "x-remote-addr", "x-proxyuser-ip",
          "x-envoy-external-address", "x-envoy-original-path", "x-appengine-user-ip", "x-azure-clientip", "x-host",
          "true-client-ip", "client-ip", "fastly-client-ip", "fly-client-ip", "x-nf-client-connection-ip");

  /** Beginnings of header names of the same kind. */
  private static final List<String> FORWARDING_PREFIXES =
      List.of("x-forwarded", "cf-", "x-vercel-", "tailscale-", "ngrok-");

  private static final Set<String> SCHEMES = Set.of("http", "https", "ws", "wss");

  private final Set<String> origins;
  private final Optional<byte[]> requiredToken;

  /**
   * What of a request the decision needs.
   *
   * @param method as sent
   * @param target the request target as sent, in origin form ({@code /path?query}) or absolute form
   * @param headers every header in order, repeated ones repeatedly
   */
  public record Request(String method, String target, List<Map.Entry<String, String>> headers) {}

  /** Why a request is not heard, for the answer. */
  public record Refusal(ErrorCode code, String message) {}

  /**
   * Creates a guard.
   *
   * @param allowedOrigins origins of pages that may call, as browsers write them; the server's own pages always may
   * @param port the port in use
   * @param requiredToken the token every caller must show; empty when none is needed
   */
  public LocalGuard(List<String> allowedOrigins, int port, Optional<String> requiredToken) {
    Set<String> all = new HashSet<>(allowedOrigins);
    for (String host : List.of("http://localhost", "http://127.0.0.1", "http://[::1]")) {
      all.add(port == 80 ? host : host + ':' + port);
    }
    // sandboxed frames and files say "null": it names nobody, so no list can allow it
    all.remove("null");
    this.origins = Set.copyOf(all);
    this.requiredToken = requiredToken.map(token -> token.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the request may be heard: empty, or the refusal to answer with. */
  public Optional<Refusal> check(Request request) {
    GuardedRequest read = GuardedRequest.of(request);
    Optional<Refusal> refusal = checkHost(read);
    if (refusal.isEmpty()) {
      refusal = checkForwarding(request);
    }
    if (refusal.isEmpty()) {
      refusal = checkOrigin(read);
    }
    return refusal.isEmpty() ? checkToken(read) : refusal;
  }

  /** Whether a page of that origin may call and read the answers. */
  public boolean corsAllowed(String origin) {
    return origins.contains(origin);
  }

  /** The headers that answer a CORS preflight; empty when the request is none, or its origin is not allowed. */
  public Optional<Map<String, String>> preflight(Request request) {
    GuardedRequest read = GuardedRequest.of(request);
    boolean allowed = read.isPreflight() && corsAllowed(read.origins().get(0));
    return allowed ? Optional.of(CorsHeaders.preflight(request.headers(), read.origins().get(0))) : Optional.empty();
  }

  /** The headers that let the page that sent this request read its answer; empty when no page sent it. */
  public Map<String, String> corsHeaders(Request request) {
    List<String> given = GuardedRequest.of(request).origins();
    return given.size() == 1 && corsAllowed(given.get(0)) ? CorsHeaders.answer(given.get(0)) : Map.of();
  }

  private static Optional<Refusal> checkHost(GuardedRequest request) {
    if (request.hosts().size() != 1) {
      return refuse(ErrorCode.BAD_HOST, "A request needs exactly one Host header, not " + request.hosts().size());
    }
    if (!isLoopback(request.hosts().get(0))) {
      return refuse(ErrorCode.BAD_HOST, "The Host header must be localhost, 127.0.0.1 or [::1], a port may follow");
    }
    String target = request.target();
    if (target.startsWith("/") || (target.equals("*") && request.method().equals("OPTIONS"))) {
      return Optional.empty();
    }
    int colon = target.indexOf("://");
    boolean absolute = colon > 0 && SCHEMES.contains(target.substring(0, colon).toLowerCase(Locale.ROOT));
    if (!absolute || !isLoopback(authority(target, colon + 3))) {
      return refuse(ErrorCode.BAD_HOST, "The request target must be a path, or a URL of localhost, 127.0.0.1 or [::1]");
    }
    return Optional.empty();
  }

  private static Optional<Refusal> checkForwarding(Request request) {
    for (Map.Entry<String, String> header : request.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (FORWARDING.contains(name) || FORWARDING_PREFIXES.stream().anyMatch(name::startsWith)) {
        return refuse(ErrorCode.NOT_LOCAL, "The forwarding header " + name + " shows that this is no direct request");
      }
    }
    return Optional.empty();
  }

  private Optional<Refusal> checkOrigin(GuardedRequest request) {
    if (request.origins().size() > 1) {
      return refuse(ErrorCode.BAD_ORIGIN, "A request may have one Origin header, not " + request.origins().size());
    }
    if (request.origins().size() == 1) {
      return corsAllowed(request.origins().get(0))
          ? Optional.empty()
          : refuse(ErrorCode.BAD_ORIGIN, "This page's origin is not in server.allowed_origins");
    }
    List<String> sites = request.fetchSites();
    boolean own = sites.isEmpty() || sites.equals(List.of("same-origin")) || sites.equals(List.of("none"));
    if (own || (sites.size() == 1 && request.isNavigation() && request.isConsole())) {
      return Optional.empty();
    }
    return refuse(ErrorCode.BAD_ORIGIN, "A page of another site sent this request without naming its origin");
  }

  private Optional<Refusal> checkToken(GuardedRequest request) {
    if (requiredToken.isEmpty() || request.isPreflight() || request.isOpen()) {
      return Optional.empty();
    }
    byte[] given = token(request).getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(given, requiredToken.get())
        ? Optional.empty()
        : refuse(ErrorCode.UNAUTHORIZED, "This server needs its install token: Authorization: Bearer, or ?token=");
  }

  /** The token the caller shows, empty when there is none that can be read. */
  private static String token(GuardedRequest request) {
    if (request.authorizations().size() > 1) {
      return "";
    }
    if (request.authorizations().size() == 1) {
      String value = request.authorizations().get(0);
      return value.regionMatches(true, 0, "Bearer ", 0, 7) ? value.substring(7).strip() : "";
    }
    int question = request.target().indexOf('?');
    String query = question < 0 ? "" : request.target().substring(question + 1);
    for (String parameter : query.split("&")) {
      if (parameter.startsWith("token=")) {
        return decoded(parameter.substring(6));
      }
    }
    return "";
  }

  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }

  private static String authority(String target, int start) {
    int end = start;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    return target.substring(start, end);
  }

  /** Whether this is one of the three names of this machine, written plainly; a port from 1 to 65535 may follow. */
  static boolean isLoopback(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    for (String name : List.of("localhost", "127.0.0.1", "[::1]")) {
      if (lower.startsWith(name)) {
        return lower.length() == name.length() || isPort(lower.substring(name.length()));
      }
    }
    return false;
  }

  private static boolean isPort(String suffix) {
    if (suffix.length() < 2 || suffix.length() > 6 || suffix.charAt(0) != ':' || suffix.charAt(1) == '0') {
      return false;
    }
    int port = 0;
    for (int i = 1; i < suffix.length(); i++) {
      char c = suffix.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + (c - '0');
    }
    return port <= 65_535;
  }

  private static Optional<Refusal> refuse(ErrorCode code, String message) {
    return Optional.of(new Refusal(code, message));
  }
}
