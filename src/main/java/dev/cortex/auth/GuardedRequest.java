package dev.cortex.auth;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A request with the headers that local rules look at picked out: every occurrence, in order.
 *
 * @param path the target without its query when it is in origin form and written plainly, else empty: a path that
 *     something behind the guard could read as another one earns no exception
 */
@Pure
record GuardedRequest(
    String method,
    String target,
    String path,
    List<String> hosts,
    List<String> origins,
    List<String> authorizations,
    List<String> fetchSites,
    List<String> fetchModes,
    List<String> fetchDestinations,
    List<String> preflightMethods) {

  private static final Set<String> OPEN = Set.of("/livez", "/readyz", "/console");

  static GuardedRequest of(LocalGuard.Request request) {
    GuardedRequest read =
        new GuardedRequest(
            request.method(), request.target(), plainPath(request.target()), new ArrayList<>(1), new ArrayList<>(1),
            new ArrayList<>(1), new ArrayList<>(1), new ArrayList<>(1), new ArrayList<>(1), new ArrayList<>(1));
    for (Map.Entry<String, String> header : request.headers()) {
      String value = header.getValue();
      switch (header.getKey().toLowerCase(Locale.ROOT)) {
        case "host" -> read.hosts.add(value);
        case "origin" -> read.origins.add(value);
        case "authorization" -> read.authorizations.add(value);
        case "sec-fetch-site" -> read.fetchSites.add(value);
        case "sec-fetch-mode" -> read.fetchModes.add(value);
        case "sec-fetch-dest" -> read.fetchDestinations.add(value);
        case "access-control-request-method" -> read.preflightMethods.add(value);
        default -> {
          // no rule looks at it here
        }
      }
    }
    return read;
  }

  /** Whether a browser asks beforehand what a page may do; it cannot show a token then. */
  boolean isPreflight() {
    return method.equals("OPTIONS") && origins.size() == 1 && preflightMethods.size() == 1;
  }

  /** Whether someone opens a page in a tab of its own, by a link or the address bar. */
  boolean isNavigation() {
    boolean document = fetchDestinations.isEmpty() || fetchDestinations.equals(List.of("document"));
    return method.equals("GET") && fetchModes.equals(List.of("navigate")) && document;
  }

  boolean isConsole() {
    return path.equals("/console") || path.startsWith("/console/");
  }

  /** Whether the answer tells nothing that needs a token: signs of life without detail, and static files. */
  boolean isOpen() {
    boolean read = method.equals("GET") || method.equals("HEAD");
    boolean bareHealth = target.equals("/health");
    return read && (bareHealth || OPEN.contains(path) || isConsole() || path.startsWith("/client/"));
  }

  private static String plainPath(String target) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    boolean plain = path.startsWith("/") && !path.contains("//") && !path.contains("/.");
    for (int i = 0; plain && i < path.length(); i++) {
      char c = path.charAt(i);
      plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "/._~-".indexOf(c) >= 0;
    }
    return plain ? path : "";
  }
}
