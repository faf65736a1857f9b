package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/**
 * Reads request bodies whole, within bounds: of one body, of all that are being read at the same time, and of the
 * time a sender may take.
 */
final class Bodies {

  /** Largest body of a publish, bytes. */
  static final int BODY_MAX = 36 << 20;

  private static final long TOGETHER_MAX = 96L << 20;
  private static final long DEADLINE_MS = 30_000;

  private final Vertx vertx;
  private long together;

  Bodies(Vertx vertx) {
    this.vertx = vertx;
  }

  /** The body; fails with a refusal when it is too large, too slow or too much for now. */
  Future<Buffer> read(HttpServerRequest request) {
    String announced = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (announced != null && announced.length() > 18) {
      return refuse(ErrorCode.BODY_TOO_LARGE, tooLarge());
    }
    if (announced != null && Long.parseLong(announced) > BODY_MAX) {
      return refuse(ErrorCode.BODY_TOO_LARGE, tooLarge());
    }
    String expected = request.getHeader(HttpHeaders.EXPECT);
    if (expected != null && expected.equalsIgnoreCase("100-continue")) {
      request.response().writeContinue();
    }
    return new Reading(request).body();
  }

  private static String tooLarge() {
    return "a body may have at most " + BODY_MAX + " bytes; send fewer events at once";
  }

  private static <T> Future<T> refuse(ErrorCode code, String message) {
    return Future.failedFuture(new RefusedException(code, message));
  }

  private final class Reading {

    private final HttpServerRequest request;
    private final Promise<Buffer> body = Promise.promise();
    private final Buffer gathered = Buffer.buffer();
    private long deadline;

    private Reading(HttpServerRequest request) {
      this.request = request;
    }

    private Future<Buffer> body() {
      deadline = vertx.setTimer(DEADLINE_MS, timer ->
          fail(ErrorCode.TIMEOUT, "the body did not arrive within " + DEADLINE_MS / 1000 + " s"));
      request.handler(this::chunk);
      request.exceptionHandler(broken -> fail(ErrorCode.BAD_REQUEST, "the body ended early"));
      request.endHandler(end -> {
        if (release()) {
          body.complete(gathered);
        }
      });
      return body.future();
    }

    private void chunk(Buffer chunk) {
      if (body.future().isComplete()) {
        return;
      }
      together += chunk.length();
      gathered.appendBuffer(chunk);
      if (gathered.length() > BODY_MAX) {
        fail(ErrorCode.BODY_TOO_LARGE, tooLarge());
      } else if (together > TOGETHER_MAX) {
        fail(ErrorCode.OVERLOADED, "too many large bodies at the same time");
      }
    }

    private void fail(ErrorCode code, String message) {
      if (release()) {
        body.fail(new RefusedException(code, message));
      }
    }

    private boolean release() {
      if (body.future().isComplete()) {
        return false;
      }
      vertx.cancelTimer(deadline);
      together -= gathered.length();
      return true;
    }
  }
}
