package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;

/**
 * What can be served; each listener chooses from it what it does serve.
 *
 * @param webSockets connections
 * @param streams server-sent events
 * @param since polls
 * @param publish publishes
 * @param health signs of life
 * @param cluster the cluster as this node knows it
 * @param files client library and console
 * @param outbox how far the outbox of a desktop was taken
 * @param callbacks where desktops want to be pushed to
 * @param push what the cloud pushes
 * @param sync how a desktop stands with its cloud
 */
record Routes(
    WsRoute webSockets,
    StreamRoute streams,
    SinceRoute since,
    PublishRoute publish,
    HealthRoute health,
    ClusterRoute cluster,
    StaticFiles files,
    OutboxRoute outbox,
    CallbackRoute callbacks,
    PushRoute push,
    SyncRoute sync) {

  /** A router that serves nothing yet, and says so as every listener does. */
  static Router router(Vertx vertx) {
    Router router = Router.router(vertx);
    router.errorHandler(404, route -> Problems.answer(
        route.request(), ErrorCode.NOT_FOUND, "nothing is at " + route.request().path()));
    router.errorHandler(405, route -> Problems.answer(
        route.request(), ErrorCode.METHOD_NOT_ALLOWED, route.request().method() + " is not served here"));
    router.errorHandler(400, route -> Problems.answer(
        route.request(), ErrorCode.BAD_REQUEST, "the request target is malformed"));
    router.errorHandler(500, route -> Problems.answer(route.request(), route.failure()));
    return router;
  }

  /** Serves publishing and reading of events to whoever the entrance lets in. */
  void events(Router router, Entrance entrance) {
    events(router, entrance, publish::handle);
  }

  /** Serves the same to desktops too, which send their outboxes and read what they do not have. */
  void eventsAndOutboxes(Router router, Entrance entrance) {
    events(router, entrance, publish::handleOrTake);
  }

  private void events(Router router, Entrance entrance, Entrance.Route publishing) {
    router.post("/api/events").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, publishing));
    router.get("/api/events/since").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, since::handle));
    router.get("/api/stream").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, streams::handle));
  }

  /** Serves what else desktops ask of their cloud. */
  void desktops(Router router, Entrance entrance) {
    router.get("/api/outbox").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, outbox::handle));
    router.post("/api/callbacks").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, callbacks::register));
    router.delete("/api/callbacks/:id").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.ANYONE, (request, caller) ->
            callbacks.remove(request, caller, route.pathParam("id"))));
  }

  /** Serves how a desktop stands with its cloud. */
  void sync(Router router) {
    router.get("/api/sync").handler(route -> sync.state(route.request()));
    router.get("/api/sync/set-aside").handler(route -> sync.setAside(route.request()));
    router.post("/api/sync/set-aside/again").handler(route -> sync.again(route.request()));
    router.post("/api/sync/set-aside/give-up").handler(route -> sync.giveUp(route.request()));
  }

  /** Serves the signs of life that load balancers and supervisors ask for. */
  void signsOfLife(Router router) {
    router.get("/livez").handler(route -> health.live(route.request()));
    router.get("/readyz").handler(route -> health.ready(route.request()));
  }

  /** Serves the client library. */
  void clientFiles(Router router) {
    router.getWithRegex("/client/.*").handler(route -> files.handle(route.request()));
  }

  /** Serves the console's page and its parts. */
  void console(Router router) {
    router.getWithRegex("/console(/.*)?").handler(route -> files.handle(route.request()));
    router.get("/").handler(route ->
        route.response().setStatusCode(302).putHeader(HttpHeaders.LOCATION, "/console").end());
  }

  /** Serves a WebSocket upgrade: it needs the request itself, which a router hands on wrapped. */
  void upgrade(HttpServerRequest request, Entrance entrance) {
    Future<Principal> known = entrance.identify(request, Entrance.Caller.ANYONE);
    if (!known.isComplete()) {
      request.pause(); // a request that was read to its end cannot be upgraded any more
    }
    known
        .onSuccess(principal -> webSockets.handle(request, principal))
        .onFailure(refused -> Problems.answer(request, refused));
  }
}
