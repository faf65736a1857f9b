package dev.cortex.gateway;

import dev.cortex.auth.CloudGuard;
import dev.cortex.auth.GuardDecision;
import dev.cortex.auth.InternalGuard;
import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.TokenReader;
import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.CortexConfig.Server;
import dev.cortex.event.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.Optional;

/**
 * The doors of a cloud node. The public one serves clients that show a token, and signs of life; the internal one
 * serves those who run the node. What is on one is not on the other, except what the console needs to show an org's
 * live events: that takes the same token there as it does outside.
 */
final class CloudDoors implements Doors {

  private static final String WS_PATH = "/api/ws";
  private static final Entrance.Caller ANYONE = Entrance.Caller.ANYONE;

  private final Vertx vertx;
  private final Server server;
  private final TokenReader tokens;
  private final Listener open;
  private final Listener internal;
  private int port;
  private int internalPort;

  /** Doors that are closed yet. */
  CloudDoors(Vertx vertx, CortexConfig config, TokenReader tokens, Clock clock) {
    this.vertx = vertx;
    this.server = config.server();
    this.tokens = tokens;
    this.open = new Listener(vertx, config, clock);
    this.internal = new Listener(vertx, config, clock);
  }

  @Override
  public Future<Void> open(Routes routes) {
    return internal
        .listen(server.internalHost(), server.internalPort(), bound -> internalDoor(routes, bound))
        .onSuccess(bound -> internalPort = bound)
        .compose(bound -> open.listen(server.host(), server.port(), publicPort -> publicDoor(routes)))
        .onSuccess(bound -> port = bound)
        .mapEmpty();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int internalPort() {
    return internalPort;
  }

  @Override
  public int callbackPort() {
    return 0;
  }

  @Override
  public void tick() {
    open.tick();
    internal.tick();
  }

  @Override
  public Future<Void> close() {
    return Future.join(open.close(), internal.close()).mapEmpty();
  }

  private Handler<HttpServerRequest> publicDoor(Routes routes) {
    CloudGuard guard = new CloudGuard(server.allowedOrigins());
    Entrance entrance = new TokenEntrance(guard::check, tokens, principal -> Optional.empty());
    Router router = Routes.router(vertx);
    routes.eventsAndOutboxes(router, entrance);
    routes.desktops(router, entrance);
    router.post("/broadcast").handler(route ->
        entrance.admit(route.request(), Entrance.Caller.SERVICE, routes.publish()::handle));
    router.get("/health").handler(route -> routes.health().bare(route.request()));
    routes.signsOfLife(router);
    routes.clientFiles(router);
    return new Door(publicRules(guard), inside(routes, entrance, router));
  }

  private Handler<HttpServerRequest> internalDoor(Routes routes, int bound) {
    InternalGuard guard = new InternalGuard(server.internalHost(), bound);
    CloudGuard ownPages = new CloudGuard(List.of(
        "http://localhost:" + bound, "http://127.0.0.1:" + bound, "http://[::1]:" + bound));
    Entrance users = new TokenEntrance(
        request -> guard.check(request) instanceof GuardDecision.Open
            ? ownPages.check(request)
            : guard.check(request),
        tokens,
        principal -> isLoopback(server.internalHost()) ? Optional.empty() : guard.admit(principal));
    Entrance operators = new OperatorEntrance(guard, tokens);
    Router router = Routes.router(vertx);
    router.get("/health").handler(route ->
        operators.admit(route.request(), ANYONE, (request, who) -> routes.health().health(request)));
    router.get("/metrics").handler(route ->
        operators.admit(route.request(), ANYONE, (request, who) -> routes.health().metrics(request)));
    router.get("/api/cluster").handler(route ->
        operators.admit(route.request(), ANYONE, (request, who) -> routes.cluster().handle(request)));
    routes.events(router, users);
    routes.signsOfLife(router);
    routes.clientFiles(router);
    routes.console(router);
    return new Door(internalRules(guard), inside(routes, users, router));
  }

  /** Upgrades need the request itself, which the router would hand on wrapped. */
  private static Handler<HttpServerRequest> inside(Routes routes, Entrance entrance, Router router) {
    return request -> {
      if (request.path().equals(WS_PATH)) {
        routes.upgrade(request, entrance);
      } else {
        router.handle(request);
      }
    };
  }

  private static boolean isLoopback(String host) {
    return host.equals("127.0.0.1") || host.equals("::1") || host.equals("localhost");
  }

  private static Door.Rules publicRules(CloudGuard guard) {
    return new Door.Rules(request -> refusalOf(guard.check(request)), guard::preflight, guard::corsAllowed);
  }

  /** Only the listener's own pages call it, and they need no preflight. */
  private static Door.Rules internalRules(InternalGuard guard) {
    return new Door.Rules(request -> refusalOf(guard.check(request)), request -> Optional.empty(), origin -> false);
  }

  /** What is refused whatever is asked for. A missing token is the route's affair: not every path is one. */
  private static Optional<LocalGuard.Refusal> refusalOf(GuardDecision decision) {
    return decision instanceof GuardDecision.Refused refused && refused.refusal().code() != ErrorCode.UNAUTHORIZED
        ? Optional.of(refused.refusal())
        : Optional.empty();
  }
}
