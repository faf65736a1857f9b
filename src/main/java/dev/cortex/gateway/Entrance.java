package dev.cortex.gateway;

import dev.cortex.event.Principal;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;

/** Finds out on whose behalf a request is made. Every route that serves anyone's events lies behind one. */
interface Entrance {

  /** The entrance of a desktop: whoever passed its door may do everything. */
  Entrance LOCAL = (request, caller) -> Future.succeededFuture(Principal.LOCAL);

  /** Whose tokens open a route. */
  enum Caller {
    /** Users', and back-end services' in a header. */
    ANYONE,
    /** Back-end services' only, in a header. */
    SERVICE
  }

  /** What lies behind an entrance. */
  interface Route {
    /** Serves a request on behalf of somebody. */
    void handle(HttpServerRequest request, Principal principal);
  }

  /**
   * Who asks; a {@link dev.cortex.event.RefusedException} when it is nobody who may. A request whose caller is not
   * known at once has to be paused in the same turn.
   */
  Future<Principal> identify(HttpServerRequest request, Caller caller);

  /** Hands a request on with whoever makes it, or answers why not. */
  default void admit(HttpServerRequest request, Caller caller, Route inside) {
    Future<Principal> known = identify(request, caller);
    if (known.succeeded()) {
      inside.handle(request, known.result());
      return;
    }
    request.pause();
    known.onComplete(identified -> {
      if (identified.succeeded()) {
        inside.handle(request, identified.result());
      } else {
        Problems.answer(request, identified.cause());
      }
      // only now: whoever reads the body has begun to listen
      request.resume();
    });
  }
}
