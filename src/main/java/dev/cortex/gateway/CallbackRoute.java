package dev.cortex.gateway;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.bus.Requests;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/** Takes the callbacks of desktops that want to be pushed to, and takes them back. */
final class CallbackRoute {

  /** Largest registration, bytes. */
  static final int BODY_MAX = 16 << 10;

  /** Longer than a desktop may take to answer the challenge. */
  private static final long TIMEOUT_MS = 20_000;

  private final Vertx vertx;
  private final Bodies bodies;

  CallbackRoute(Vertx vertx, Bodies bodies) {
    this.vertx = vertx;
    this.bodies = bodies;
  }

  /** Serves a registration. */
  void register(HttpServerRequest request, Principal principal) {
    try {
      requireSubscriber(principal);
      ContentTypes.requireJson(request.headers());
      Desktop desktop = DesktopHeaders.required(request.headers());
      bodies
          .serve(request, BODY_MAX, body -> ask(new RegisterCallback(principal, desktop, body)))
          .onSuccess(answer -> JsonAnswers.send(request, answer))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Serves the removal of one. */
  void remove(HttpServerRequest request, Principal principal, String id) {
    try {
      requireSubscriber(principal);
      if (!Ids.isName(id)) {
        throw new RefusedException(ErrorCode.NOT_FOUND, "there is no callback of that id");
      }
      ask(new RemoveCallback(principal, id))
          .onSuccess(answer -> JsonAnswers.send(request, answer))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  private static void requireSubscriber(Principal principal) {
    if (!principal.scopes().contains(Scope.SUBSCRIBE)) {
      throw new RefusedException(ErrorCode.FORBIDDEN, "this caller may not subscribe, so nothing is pushed to it");
    }
  }

  private Future<Answer> ask(Message question) {
    return Requests.ask(vertx.eventBus(), Addresses.CALLBACKS, question, Answer.class, TIMEOUT_MS);
  }
}
