package dev.cortex.gateway;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Push;
import dev.cortex.bus.Requests;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;

/** Takes what the cloud pushes to a desktop. Who pushes is told by the signature alone, wherever it comes in. */
final class PushRoute {

  /** Largest push, bytes. */
  static final int BODY_MAX = 4 << 20;

  /**
   * Bytes of pushes that are being read at the same time: whoever sends them is known only when they are read, and must
   * not take the room of those who publish here.
   */
  static final long TOGETHER_MAX = 4L * BODY_MAX;

  private static final long TIMEOUT_MS = 15_000;

  private final Vertx vertx;
  private final Bodies bodies;

  PushRoute(Vertx vertx) {
    this.vertx = vertx;
    this.bodies = new Bodies(vertx, TOGETHER_MAX);
  }

  /** Serves one push. */
  void handle(HttpServerRequest request) {
    MultiMap headers = request.headers();
    try {
      if (ContentTypes.events(headers) == Format.CLOUDEVENT_BINARY) {
        throw new RefusedException(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, "a signature does not cover ce- headers: push structured CloudEvents");
      }
      // whoever signs nothing need not be read
      String id = only(headers, WebhookSignature.ID);
      String timestamp = only(headers, WebhookSignature.TIMESTAMP);
      String signature = only(headers, WebhookSignature.SIGNATURE);
      bodies
          .serve(request, BODY_MAX, body -> push(new Push(id, timestamp, signature, body)))
          .onSuccess(answer -> JsonAnswers.send(request, answer))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  private Future<Answer> push(Push push) {
    return Requests.ask(vertx.eventBus(), Addresses.SYNC, push, Answer.class, TIMEOUT_MS)
        .recover(failure -> failure instanceof RefusedException refused && refused.code() == ErrorCode.MOVED
            // nobody is there who knows a secret, so nothing verifies
            ? Future.failedFuture(unsigned("no callback is registered, so no signature verifies"))
            : Future.failedFuture(failure));
  }

  private static String only(MultiMap headers, String name) {
    List<String> all = headers.getAll(name);
    if (all.size() != 1 || all.get(0).isEmpty()) {
      throw unsigned(
          "with a cloud configured /ingest takes signed pushes, with one " + name + " each; use POST /api/events");
    }
    return all.get(0);
  }

  private static RefusedException unsigned(String message) {
    return new RefusedException(ErrorCode.BAD_SIGNATURE, message);
  }
}
