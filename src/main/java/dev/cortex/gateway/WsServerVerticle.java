package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import dev.cortex.base.Clock;
import dev.cortex.base.Version;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.ErrorCode;
import dev.cortex.ops.Alerts;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Owns the port and every route: client connections and nothing else. Whatever a client publishes goes to ingest by the
 * bus, whatever it reads comes from the rooms; if this verticle dies, clients reconnect and nothing is lost.
 */
public final class WsServerVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(WsServerVerticle.class);
  private static final String IPV4_LOOPBACK = "127.0.0.1";
  private static final String IPV6_LOOPBACK = "::1";
  private static final String WS_PATH = "/ws";
  private static final int RECONNECT_WITHIN_MS = 5_000;
  private static final long GOODBYE_SECONDS = 2;
  private static final long TICK_MS = 1_000;

  private final CortexConfig config;
  private final IntFunction<LocalGuard> guards;
  private final Metrics metrics;
  private final Clock clock;
  private final String node;
  private final String address;
  private final List<HttpServer> servers = new ArrayList<>();
  private Feeds feeds;
  private Handshakes handshakes;
  private HealthRoute health;
  private WsRoute webSockets;
  private StreamRoute streams;
  private MessageConsumer<Message> deliveries;
  private boolean draining;
  private int port;

  /**
   * Creates the verticle; nothing happens before it is deployed.
   *
   * @param guards makes the guard once the port in use is known
   * @param node this node's name on the bus
   * @param instance which of the node's gateways this is, from 0
   */
  public WsServerVerticle(
      CortexConfig config, IntFunction<LocalGuard> guards, Metrics metrics, Clock clock, String node, int instance) {
    this.config = config;
    this.guards = guards;
    this.metrics = metrics;
    this.clock = clock;
    this.node = node;
    this.address = Addresses.gateway(node, instance);
  }

  /** The port in use once started. */
  public int port() {
    return port;
  }

  @Override
  public Future<?> start() {
    TransportLimits limits = TransportLimits.of(config.transport());
    feeds = new Feeds(new BusRoomLink(vertx, node), address, Feeds.Bounds.NORMAL, limits, metrics, clock);
    handshakes = new Handshakes(clock);
    Router router = router(limits);
    metrics.gauge("cortex_connections", "Open WebSocket connections.", () -> webSockets.size());
    metrics.gauge("cortex_streams", "Open server-sent event streams.", () -> streams.size());
    metrics.gauge("queue_depth", "Events waiting in the deepest queue of a connection.", () -> feeds.deepestQueue());
    deliveries = vertx.eventBus().localConsumer(address);
    deliveries.handler(this::receive);
    vertx.setPeriodic(TICK_MS, tick -> {
      webSockets.tick();
      handshakes.tick();
      feeds.measure();
      health.tick();
    });
    return listen(config.server().host(), config.server().port(), router)
        .onSuccess(bound -> port = bound)
        .compose(bound -> config.server().host().equals(IPV4_LOOPBACK) ? alsoIpv6(router) : Future.succeededFuture());
  }

  @Override
  public Future<?> stop() {
    draining = true;
    webSockets.drain(RECONNECT_WITHIN_MS);
    streams.close();
    List<Future<?>> closed = new ArrayList<>();
    // connections get the time to say goodbye: requests under way are answered, sockets closed with their code
    servers.forEach(server -> closed.add(server.shutdown(GOODBYE_SECONDS, TimeUnit.SECONDS)));
    return Future.join(closed).eventually(deliveries::unregister);
  }

  private Future<Integer> listen(String host, int wanted, Router router) {
    HttpServer server = vertx.createHttpServer(options());
    LateDoor door = new LateDoor();
    server.connectionHandler(handshakes::connected);
    server.invalidRequestHandler(request ->
        Problems.answer(request, ErrorCode.BAD_REQUEST, "the request head is malformed or too large"));
    server.exceptionHandler(failure -> LOG.debug("a connection failed: " + failure.getMessage()));
    server.requestHandler(door::handle);
    return server.listen(wanted, host).map(bound -> {
      servers.add(server);
      door.open(new Door(guards.apply(bound.actualPort()), request -> {
        // upgrades need the request itself, which the router would hand on wrapped
        if (request.path().equals(WS_PATH)) {
          webSockets.handle(request);
        } else {
          router.handle(request);
        }
      }));
      return bound.actualPort();
    });
  }

  private Future<Integer> alsoIpv6(Router router) {
    return listen(IPV6_LOOPBACK, port, router).recover(failure -> {
      LOG.info("not listening on [::1]:" + port + ": " + failure.getMessage());
      return Future.succeededFuture(port);
    });
  }

  private HttpServerOptions options() {
    return new HttpServerOptions()
        .setTcpNoDelay(true)
        // everything here runs on the event loop: no queue for writes from elsewhere, 4 kB a connection
        .setStrictThreadMode(true)
        .setReuseAddress(true)
        .setAcceptBacklog(1024)
        // the kernel must not hold megabytes for a client that does not read: limits would mean nothing
        .setSendBufferSize(WsSocket.BUFFERED_BYTES)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setWebSocketSubProtocols(List.of(WsRoute.SUBPROTOCOL))
        .setMaxWebSocketFrameSize(WsRoute.messageBytesMax(config))
        .setMaxWebSocketMessageSize(WsRoute.messageBytesMax(config))
        .setWebSocketClosingTimeout(2)
        .setRegisterWebSocketWriteHandlers(false)
        .setHttp2ClearTextEnabled(false)
        .setMaxInitialLineLength(8 * 1024)
        .setMaxHeaderSize(16 * 1024);
  }

  /** Requests that come before the port, and with it the guard, is known are told to come again. */
  private final class LateDoor {

    private Consumer<HttpServerRequest> inside =
        request -> Problems.answer(request, ErrorCode.SHUTTING_DOWN, "the server is starting");

    private void open(Door door) {
      inside = door::handle;
    }

    private void handle(HttpServerRequest request) {
      handshakes.requested(request);
      request.response().endHandler(answered -> handshakes.answered(request));
      inside.accept(request);
    }
  }

  private Router router(TransportLimits limits) {
    Traces traces = new Traces(config.observability().traceCorrelationHeader());
    Beginnings beginnings = new Beginnings(feeds);
    OrgLimits orgLimits = new OrgLimits(config.limits());
    PublishRoute publish = 
        new PublishRoute(vertx, new Bodies(vertx), traces, new RateLimits(orgLimits), metrics, clock);
    SinceRoute since = new SinceRoute(vertx, feeds, beginnings, config.sync().pollMinMs());
    StaticFiles files = new StaticFiles(vertx);
    health = new HealthRoute(vertx, feeds, metrics, clock, alerts(), this::facts, () -> draining);
    webSockets = new WsRoute(feeds, beginnings, publish, limits, config, Version.TEXT, clock);
    streams = new StreamRoute(vertx, feeds, beginnings, limits);

    Router router = Router.router(vertx);
    router.post("/ingest").handler(route -> ingest(route.request(), publish));
    router.post("/api/events").handler(route -> publish.handle(route.request()));
    router.get("/api/events/since").handler(route -> since.handle(route.request()));
    router.get("/api/stream").handler(route -> streams.handle(route.request()));
    router.get("/health").handler(route -> health.health(route.request()));
    router.get("/livez").handler(route -> health.live(route.request()));
    router.get("/readyz").handler(route -> health.ready(route.request()));
    router.get("/metrics").handler(route -> health.metrics(route.request()));
    router.getWithRegex("/(client/.*|console(/.*)?)").handler(route -> files.handle(route.request()));
    router.get("/").handler(route ->
        route.response().setStatusCode(302).putHeader(HttpHeaders.LOCATION, "/console").end());
    router.errorHandler(404, route -> Problems.answer(
        route.request(), ErrorCode.NOT_FOUND, "nothing is at " + route.request().path()));
    router.errorHandler(405, route -> Problems.answer(
        route.request(), ErrorCode.METHOD_NOT_ALLOWED, route.request().method() + " is not served here"));
    router.errorHandler(400, route -> Problems.answer(
        route.request(), ErrorCode.BAD_REQUEST, "the request target is malformed"));
    router.errorHandler(500, route -> Problems.answer(route.request(), route.failure()));
    return router;
  }

  /** Events pushed by the cloud; while one is configured, strangers behind a tunnel may not use this door. */
  private void ingest(HttpServerRequest request, PublishRoute publish) {
    if (config.sync().cloudUrl().isEmpty()) {
      publish.handle(request);
    } else {
      Problems.answer(
          request,
          ErrorCode.BAD_SIGNATURE,
          "with a cloud configured /ingest takes signed pushes; use POST /api/events");
    }
  }

  private void receive(io.vertx.core.eventbus.Message<Message> received) {
    if (received.body() instanceof Delivery delivery) {
      feeds.onDelivery(delivery);
    } else if (received.body() instanceof AskPresence ask) {
      received.reply(Presence.of(feeds.existing(ask.channel().orgId()), ask.channel()));
    }
  }

  private Alerts alerts() {
    CortexConfig.Observability.Alerting thresholds = config.observability().alerting();
    return new Alerts(thresholds.p99LatencyThresholdMs(), thresholds.queueDepthThreshold());
  }

  private JsonObject facts() {
    return new JsonObject()
        .put("profile", config.profile())
        .put("version", Version.TEXT)
        .put("connections", webSockets.size())
        .put("streams", streams.size());
  }
}
