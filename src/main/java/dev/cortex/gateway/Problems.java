package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.json.JsonObject;

/** Error answers over HTTP: problem details (RFC 9457), from the one table of codes. */
final class Problems {

  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final String TYPE = "application/problem+json";
  private static final String RETRY_AFTER_SECONDS = "1";

  private Problems() {}

  /** Answers a failure: a refusal with its code, anything else as ours. */
  static void answer(HttpServerRequest request, Throwable failure) {
    if (failure instanceof RefusedException refused) {
      answer(request, refused.code(), refused.getMessage());
    } else {
      LOG.error(request.method() + " " + request.path() + " failed", failure);
      answer(request, ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence());
    }
  }

  /** Answers with a code and what was wrong; does nothing when an answer has begun. */
  static void answer(HttpServerRequest request, ErrorCode code, String detail) {
    HttpServerResponse response = request.response();
    if (response.headWritten() || response.closed()) {
      return;
    }
    int status = code.httpStatus() == 0 ? ErrorCode.INTERNAL.httpStatus() : code.httpStatus();
    if (code.temporary() && !response.headers().contains(HttpHeaders.RETRY_AFTER)) {
      response.putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    if (!request.isEnded()) {
      // what is left of the body is not worth reading: the connection ends with this answer
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    JsonObject problem =
        new JsonObject()
            .put("type", "about:blank")
            .put("title", code.sentence())
            .put("status", status)
            .put("code", code.code())
            .put("detail", detail)
            .put("retry", code.temporary());
    response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, TYPE).end(problem.toBuffer());
  }
}
