package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The doors of a desktop: one port on loopback for everything, open to whoever the local rules let in, and if one is
 * configured a second one for a tunnel to point at, where there is nothing but signed pushes.
 */
final class DesktopDoors implements Doors {

  private static final Logger LOG = LoggerFactory.getLogger(DesktopDoors.class);
  private static final String IPV4_LOOPBACK = "127.0.0.1";
  private static final String IPV6_LOOPBACK = "::1";
  private static final String WS_PATH = "/ws";
  private static final String PUSH_PATH = "/ingest";

  private final Vertx vertx;
  private final CortexConfig config;
  private final IntFunction<LocalGuard> guards;
  private final Clock clock;
  private final List<Listener> listeners = new ArrayList<>();
  private int port;
  private int callbackPort;

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
        .compose(bound -> tunnel(routes));
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
  public int callbackPort() {
    return callbackPort;
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
    return open(host, wanted, bound -> new Door(Door.rules(guards.apply(bound)), inside));
  }

  private Future<Integer> open(String host, int wanted, IntFunction<Handler<HttpServerRequest>> door) {
    Listener listener = new Listener(vertx, config, clock);
    return listener.listen(host, wanted, door).onSuccess(bound -> listeners.add(listener));
  }

  /** A door for strangers: no host, no proxy and no page is asked about there, because only a signature counts. */
  private Future<Void> tunnel(Routes routes) {
    int wanted = config.sync().callbackPort();
    if (wanted == 0 || !syncs()) {
      return Future.succeededFuture();
    }
    Handler<HttpServerRequest> inside = request -> {
      if (request.method() == HttpMethod.POST && request.path().equals(PUSH_PATH)) {
        routes.push().handle(request);
      } else {
        Problems.answer(request, ErrorCode.NOT_FOUND, ErrorCode.NOT_FOUND.sentence());
      }
    };
    return open(IPV4_LOOPBACK, wanted, bound -> inside).onSuccess(bound -> callbackPort = bound).mapEmpty();
  }

  private boolean syncs() {
    return !config.sync().cloudUrl().isEmpty();
  }

  private Future<Integer> alsoIpv6(Handler<HttpServerRequest> inside) {
    return listen(IPV6_LOOPBACK, port, inside).recover(failure -> {
      LOG.info("not listening on [::1]:" + port + ": " + failure.getMessage());
      return Future.succeededFuture(port);
    });
  }

  private Router router(Routes routes) {
    Router router = Routes.router(vertx);
    if (syncs()) {
      // from now on strangers behind a tunnel may come by this door, and nobody else
      router.post(PUSH_PATH).handler(route -> routes.push().handle(route.request()));
    } else {
      router.post(PUSH_PATH).handler(route ->
          Entrance.LOCAL.admit(route.request(), Entrance.Caller.ANYONE, routes.publish()::handle));
    }
    routes.events(router, Entrance.LOCAL);
    routes.sync(router);
    router.get("/health").handler(route -> routes.health().health(route.request()));
    router.get("/metrics").handler(route -> routes.health().metrics(route.request()));
    routes.signsOfLife(router);
    routes.clientFiles(router);
    routes.console(router);
    return router;
  }
}
