package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What every request passes before anything else looks at it: the guard's rules, CORS, and headers that protect pages.
 */
final class Door implements Handler<HttpServerRequest> {

  private static final String CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'";

  private final LocalGuard guard;
  private final Handler<HttpServerRequest> inside;

  Door(LocalGuard guard, Handler<HttpServerRequest> inside) {
    this.guard = guard;
    this.inside = inside;
  }

  @Override
  public void handle(HttpServerRequest request) {
    LocalGuard.Request asked = new LocalGuard.Request(request.method().name(), request.uri(), headers(request));
    Optional<LocalGuard.Refusal> refusal = guard.check(asked);
    if (refusal.isPresent()) {
      Problems.answer(request, refusal.get().code(), refusal.get().message());
      return;
    }
    HttpServerResponse response = request.response();
    response
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Content-Security-Policy", CSP)
        .putHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    Optional<Map<String, String>> preflight = guard.preflight(asked);
    if (preflight.isPresent()) {
      preflight.get().forEach(response::putHeader);
      response.setStatusCode(204).end();
      return;
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && guard.corsAllowed(origin)) {
      response
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
          .putHeader(
              HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS,
              "Cortex-Cursor, Cortex-Next-Poll-After-Ms, Retry-After, RateLimit, RateLimit-Policy, ETag");
    }
    inside.handle(request);
  }

  private static List<Map.Entry<String, String>> headers(HttpServerRequest request) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    request.headers().forEach((name, value) -> headers.add(Map.entry(name, value)));
    return headers;
  }
}
