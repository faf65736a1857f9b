package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The door of a desktop: one port on loopback for everything, open to whoever the local rules let in. */
final class DesktopDoors implements Doors {

  private static final Logger LOG = LoggerFactory.getLogger(DesktopDoors.class);
  private static final String IPV4_LOOPBACK = "127.0.0.1";
  private static final String IPV6_LOOPBACK = "::1";
  private static final String WS_PATH = "/ws";

  private final Vertx vertx;
  private final CortexConfig config;
  private final IntFunction<LocalGuard> guards;
  private final Clock clock;
  private final List<Listener> listeners = new ArrayList<>();
  private int port;

  /**
   * Doors that are closed yet.
   *
   * @param guards makes the guard once the port in use is known
   */
  DesktopDoors(Vertx vertx, CortexConfig config, IntFunction<LocalGuard> guards, Clock clock) {
    this.vertx = vertx;
    this.config = config;
    this.guards = guards;
    this.clock = clock;
  }

  @Override
  public Future<Void> open(Routes routes) {
    Router router = router(routes);
    Handler<HttpServerRequest> inside = request -> {
      if (request.path().equals(WS_PATH)) {
        routes.upgrade(request, Entrance.LOCAL);
      } else {
        router.handle(request);
      }
    };
    String host = config.server().host();
    return listen(host, config.server().port(), inside)
        .onSuccess(bound -> port = bound)
        .compose(bound -> host.equals(IPV4_LOOPBACK) ? alsoIpv6(inside) : Future.succeededFuture(bound))
        .mapEmpty();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int internalPort() {
    return port;
  }

  @Override
  public void tick() {
    listeners.forEach(Listener::tick);
  }

  @Override
  public Future<Void> close() {
    return Future.join(listeners.stream().map(Listener::close).toList()).mapEmpty();
  }

  private Future<Integer> listen(String host, int wanted, Handler<HttpServerRequest> inside) {
    Listener listener = new Listener(vertx, config, clock);
    return listener
        .listen(host, wanted, bound -> new Door(Door.rules(guards.apply(bound)), inside))
        .onSuccess(bound -> listeners.add(listener));
  }

  private Future<Integer> alsoIpv6(Handler<HttpServerRequest> inside) {
    return listen(IPV6_LOOPBACK, port, inside).recover(failure -> {
      LOG.info("not listening on [::1]:" + port + ": " + failure.getMessage());
      return Future.succeededFuture(port);
    });
  }

  private Router router(Routes routes) {
    Router router = Routes.router(vertx);
    router.post("/ingest").handler(route ->
        Entrance.LOCAL.admit(route.request(), Entrance.Caller.ANYONE, (request, caller) -> {
          if (config.sync().cloudUrl().isEmpty()) {
            routes.publish().handle(request, caller);
          } else {
            // while a cloud is configured, strangers behind a tunnel may not use this door
            Problems.answer(
                request,
                ErrorCode.BAD_SIGNATURE,
                "with a cloud configured /ingest takes signed pushes; use POST /api/events");
          }
        }));
    routes.events(router, Entrance.LOCAL);
    router.get("/health").handler(route -> routes.health().health(route.request()));
    router.get("/metrics").handler(route -> routes.health().metrics(route.request()));
    routes.signsOfLife(router);
    routes.clientFiles(router);
    routes.console(router);
    return router;
  }
}
