package dev.cortex.gateway;

import dev.cortex.bus.Message.Answer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/** JSON answers that are true for this moment only. */
final class JsonAnswers {

  private JsonAnswers() {}

  /** Sends an object. */
  static void send(HttpServerRequest request, int status, JsonObject body) {
    send(request, status, body.toBuffer());
  }

  /** Sends what another part of this node answered. */
  static void send(HttpServerRequest request, Answer answer) {
    send(request, answer.status(), Buffer.buffer(answer.json()));
  }

  /** Sends a text that is JSON; none when it is empty. */
  static void send(HttpServerRequest request, int status, Buffer json) {
    HttpServerResponse response = request.response();
    if (response.headWritten() || response.closed()) {
      return;
    }
    response.setStatusCode(status).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    if (json.length() == 0) {
      response.end();
    } else {
      response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(json);
    }
  }
}
