package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.util.function.Function;

/**
 * Reads request bodies whole, within bounds: of one body, of all that are being read at the same time, and of the
 * time a sender may take.
 */
final class Bodies {

  /** Largest body of a publish, bytes. */
  static final int BODY_MAX = 36 << 20;

  /**
   * Bytes of bodies that are being read or served at the same time. Until it is answered a body stands in memory
   * several times over, as bytes, as events and on its way into the store, so this is a small part of the heap.
   */
  private static final long TOGETHER_MAX = Math.max(BODY_MAX + (4L << 20), Runtime.getRuntime().maxMemory() / 8);

  private static final long DEADLINE_MS = 30_000;

  private final Vertx vertx;
  private final long togetherMax;
  private long together;

  Bodies(Vertx vertx) {
    this(vertx, TOGETHER_MAX);
  }

  /**
   * Bodies that take no room from others.
   *
   * @param togetherMax most bytes of them at the same time
   */
  Bodies(Vertx vertx, long togetherMax) {
    this.vertx = vertx;
    this.togetherMax = togetherMax;
  }

  /**
   * Reads the body and lets it be served; it counts as being in memory until that is done. Fails with a refusal when
   * the body is too large, too slow or too much for now.
   */
  <T> Future<T> serve(HttpServerRequest request, Function<byte[], Future<T>> service) {
    return serve(request, BODY_MAX, service);
  }

  /**
   * The same with a bound of its own.
   *
   * @param bytesMax largest body, at most {@link #BODY_MAX}
   */
  <T> Future<T> serve(HttpServerRequest request, int bytesMax, Function<byte[], Future<T>> service) {
    String announced = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (announced != null && announced.length() > 18) {
      return refuse(ErrorCode.BODY_TOO_LARGE, tooLarge(bytesMax));
    }
    if (announced != null && Long.parseLong(announced) > bytesMax) {
      return refuse(ErrorCode.BODY_TOO_LARGE, tooLarge(bytesMax));
    }
    String expected = request.getHeader(HttpHeaders.EXPECT);
    if (expected != null && expected.equalsIgnoreCase("100-continue")) {
      request.response().writeContinue();
    }
    Reading reading = new Reading(request, bytesMax);
    return reading.body().compose(service).onComplete(done -> reading.forget());
  }

  private static String tooLarge(int bytesMax) {
    return "a body may have at most " + bytesMax + " bytes; send less at once";
  }

  private static <T> Future<T> refuse(ErrorCode code, String message) {
    return Future.failedFuture(new RefusedException(code, message));
  }

  private final class Reading {

    private final HttpServerRequest request;
    private final int bytesMax;
    private final Promise<byte[]> body = Promise.promise();
    private ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    private long bytes;
    private long deadline;

    private Reading(HttpServerRequest request, int bytesMax) {
      this.request = request;
      this.bytesMax = bytesMax;
    }

    private Future<byte[]> body() {
      deadline = vertx.setTimer(DEADLINE_MS, timer ->
          fail(ErrorCode.TIMEOUT, "the body did not arrive within " + DEADLINE_MS / 1000 + " s"));
      request.handler(this::chunk);
      request.exceptionHandler(broken -> fail(ErrorCode.BAD_REQUEST, "the body ended early"));
      request.endHandler(end -> {
        if (body.tryComplete(gathered.toByteArray())) {
          done();
        }
      });
      return body.future();
    }

    private void chunk(Buffer chunk) {
      if (body.future().isComplete()) {
        return;
      }
      bytes += chunk.length();
      together += chunk.length();
      if (bytes > bytesMax) {
        fail(ErrorCode.BODY_TOO_LARGE, tooLarge(bytesMax));
      } else if (together > togetherMax) {
        fail(ErrorCode.OVERLOADED, "too many large bodies at the same time");
      } else {
        gathered.writeBytes(chunk.getBytes());
      }
    }

    private void fail(ErrorCode code, String message) {
      if (body.tryFail(new RefusedException(code, message))) {
        done();
      }
    }

    private void done() {
      vertx.cancelTimer(deadline);
      gathered = new ByteArrayOutputStream(0);
    }

    /** Answered, one way or the other. */
    private void forget() {
      together -= bytes;
      bytes = 0;
    }
  }
}
