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
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What every request passes before anything else looks at it: the guard's rules, CORS, and headers that protect pages.
 */
final class Door implements Handler<HttpServerRequest> {

  private static final String CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'";

  private final Rules rules;
  private final Handler<HttpServerRequest> inside;

  /**
   * What a guard decides by a request's first line and headers alone.
   *
   * @param check whether the request may be heard: empty, or the refusal to answer with
   * @param preflight the headers that answer a CORS preflight; empty when the request is none
   * @param cors whether a page of that origin may call and read the answers
   */
  record Rules(
      Function<LocalGuard.Request, Optional<LocalGuard.Refusal>> check,
      Function<LocalGuard.Request, Optional<Map<String, String>>> preflight,
      Predicate<String> cors) {}

  Door(Rules rules, Handler<HttpServerRequest> inside) {
    this.rules = rules;
    this.inside = inside;
  }

  /** The rules of a desktop's guard. */
  static Rules rules(LocalGuard guard) {
    return new Rules(guard::check, guard::preflight, guard::corsAllowed);
  }

  /** What guards look at. */
  static LocalGuard.Request asked(HttpServerRequest request) {
    return new LocalGuard.Request(request.method().name(), request.uri(), headers(request));
  }

  @Override
  public void handle(HttpServerRequest request) {
    LocalGuard.Request asked = asked(request);
    Optional<LocalGuard.Refusal> refusal = rules.check().apply(asked);
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
    Optional<Map<String, String>> preflight = rules.preflight().apply(asked);
    if (preflight.isPresent()) {
      preflight.get().forEach(response::putHeader);
      response.setStatusCode(204).end();
      return;
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && rules.cors().test(origin)) {
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
