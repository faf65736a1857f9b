package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.ResumeTokens;
import dev.cortex.auth.TokenReader;
import dev.cortex.base.Clock;
import dev.cortex.base.Version;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.RoomCalls;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.ops.Alerts;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Owns the ports and every route: client connections and nothing else. Whatever a client publishes goes to ingest by
 * the bus, whatever it reads comes from the rooms; if this verticle dies, clients reconnect and nothing is lost.
 */
public final class WsServerVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(WsServerVerticle.class);
  private static final long RECONNECT_WITHIN_MS = 5_000;
  private static final long ISOLATED_SPREAD_MS = 1_000;
  private static final long TICK_MS = 1_000;
  private static final int INSTANCE = 0;

  private final CortexConfig config;
  private final Profile profile;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final String address;
  private Doors doors;
  private RoomCalls rooms;
  private Feeds feeds;
  private Routes routes;
  private MessageConsumer<Message> deliveries;
  private Runnable forgetDirectory = () -> {};
  private boolean draining;
  private boolean isolated;

  private WsServerVerticle(CortexConfig config, Profile profile, Metrics metrics, Clock clock, Directory directory) {
    this.config = config;
    this.profile = profile;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.address = Addresses.gateway(directory.self(), INSTANCE);
  }

  /**
   * The gateway of a desktop; nothing happens before it is deployed.
   *
   * @param guards makes the guard once the port in use is known
   * @param directory where rooms are; names this node
   */
  public static WsServerVerticle local(
      CortexConfig config, IntFunction<LocalGuard> guards, Metrics metrics, Clock clock, Directory directory) {
    return new WsServerVerticle(config, new Profile.Desktop(config, guards, clock), metrics, clock, directory);
  }

  /**
   * The gateway of a cloud node, with a public and an internal listener; nothing happens before it is deployed.
   *
   * @param tokens reads the tokens of users and services
   * @param resumeSecret signs resume tokens, at least 16 bytes, the same on every node
   * @param directory where rooms are; names this node
   */
  public static WsServerVerticle cloud(
      CortexConfig config,
      TokenReader tokens,
      byte[] resumeSecret,
      Metrics metrics,
      Clock clock,
      Directory directory) {
    ResumeTokens resumeTokens = new ResumeTokens(resumeSecret, clock);
    return new WsServerVerticle(
        config, new Profile.Cloud(config, tokens, resumeTokens, clock), metrics, clock, directory);
  }

  /** The public port in use once started. */
  public int port() {
    return doors.port();
  }

  /** The port for those who run the server, once started; on a desktop the only one there is. */
  public int internalPort() {
    return doors.internalPort();
  }

  /** The port for signed pushes alone, once started; 0 when there is none. */
  public int callbackPort() {
    return doors.callbackPort();
  }

  @Override
  public Future<?> start() {
    TransportLimits limits = TransportLimits.of(config.transport());
    doors = profile.doors(vertx);
    rooms = new RoomCalls(vertx, directory);
    Turnstile turnstile = new Turnstile(rooms, address, rule(), this::turnedAway);
    feeds =
        new Feeds(
            new BusRoomLink(vertx, rooms),
            address,
            Feeds.Bounds.NORMAL,
            limits,
            metrics,
            clock,
            directory,
            turnstile::of);
    routes = routes(limits, turnstile);
    gauges();
    deliveries = profile.clustered() ? vertx.eventBus().consumer(address) : vertx.eventBus().localConsumer(address);
    deliveries.handler(this::receive);
    vertx.setPeriodic(TICK_MS, tick -> tick());
    forgetDirectory = directory.onChange(view -> context.runOnContext(turn -> placed(view.self().state())));
    return deliveries.completion().compose(heard -> doors.open(routes));
  }

  @Override
  public Future<?> stop() {
    draining = true;
    forgetDirectory.run();
    feeds.close();
    routes.webSockets().announce(RECONNECT_WITHIN_MS);
    routes.webSockets().departures(true).forEach(Runnable::run);
    routes.webSockets().departures(false).forEach(Runnable::run);
    routes.streams().close();
    // connections get the time to say goodbye: requests under way are answered, sockets closed with their code
    return doors.close().eventually(deliveries::unregister);
  }

  /**
   * Lets every client go: readiness is false at once, nobody is let in any more, those who can be told are told to come
   * back elsewhere within that time, the others are closed one after the other meanwhile. Done when nobody is left. May
   * be called from any thread, once started.
   *
   * @param spreadMs the time, 0 for at once
   */
  public Future<Void> drain(long spreadMs) {
    Promise<Void> gone = Promise.promise();
    context.runOnContext(turn -> {
      draining = true;
      depart(spreadMs).onComplete(gone);
    });
    return gone.future();
  }

  private Future<Void> depart(long spreadMs) {
    routes.since().drain();
    routes.webSockets().announce(spreadMs);
    List<Runnable> untold = new ArrayList<>(routes.webSockets().departures(false));
    untold.addAll(routes.streams().departures());
    return Departures.over(vertx, spreadMs, untold)
        .onSuccess(gone -> routes.webSockets().departures(true).forEach(Runnable::run));
  }

  /** A node that is cut off from the larger part of its cluster sends its clients elsewhere, until it is back. */
  private void placed(NodeState state) {
    boolean cutOff = state == NodeState.ISOLATED;
    if (cutOff && !isolated && !draining) {
      LOG.warn("cut off from the cluster: clients are sent to other nodes");
      depart(ISOLATED_SPREAD_MS);
    }
    isolated = cutOff;
  }

  private boolean turnedAway() {
    return draining || isolated;
  }

  private void tick() {
    routes.webSockets().tick();
    routes.streams().tick(clock.wallMs());
    routes.health().tick();
    doors.tick();
    feeds.tick();
  }

  private Routes routes(TransportLimits limits, Turnstile turnstile) {
    Reading reading = new Reading(feeds, new Beginnings(feeds, profile.clustered()), rooms);
    Traces traces = new Traces(config.observability().traceCorrelationHeader());
    RateLimits rateLimits = new RateLimits(new OrgLimits(config.limits()));
    Bodies bodies = new Bodies(vertx);
    PublishRoute publish = new PublishRoute(vertx, bodies, traces, rateLimits, metrics, clock);
    boolean syncs = !profile.clustered() && !config.sync().cloudUrl().isEmpty();
    SyncStatus syncStatus = new SyncStatus(vertx, syncs, clock);
    return new Routes(
        new WsRoute(reading, publish, turnstile, profile.resumption(), limits, config, clock),
        new StreamRoute(vertx, reading, turnstile, limits),
        new SinceRoute(
            vertx, reading, metrics, clock, config.sync().pollMinMs(), profile.clustered(), this::turnedAway),
        publish,
        new HealthRoute(vertx, reading, metrics, clock, alerts(), this::facts, () -> draining, syncStatus),
        new ClusterRoute(directory),
        new StaticFiles(vertx),
        new OutboxRoute(reading),
        new CallbackRoute(vertx, bodies),
        new PushRoute(vertx),
        new SyncRoute(reading, bodies, syncStatus));
  }

  /** A desktop bounds all its connections together, a cluster those of each org over all nodes. */
  private Turnstile.Rule rule() {
    int connections = config.limits().connections();
    return profile.clustered()
        ? new Turnstile.Rule(0, connections > 0 || !config.limits().overrides().isEmpty())
        : new Turnstile.Rule(connections, false);
  }

  private void gauges() {
    metrics.gauge("cortex_connections", "Open WebSocket connections.", () -> routes.webSockets().size());
    metrics.gauge("cortex_streams", "Open server-sent event streams.", () -> routes.streams().size());
    metrics.gauge("queue_depth", "Events waiting in the deepest queue of a connection.", () -> feeds.deepestQueue());
  }

  private void receive(io.vertx.core.eventbus.Message<Message> received) {
    if (received.body() instanceof Delivery delivery) {
      feeds.onDelivery(delivery);
    } else if (received.body() instanceof Standing standing) {
      feeds.onStanding(standing);
    } else if (received.body() instanceof AskPresence ask) {
      received.reply(Presence.of(feeds.existing(ask.channel().orgId()), ask.channel()));
    }
  }

  private Alerts alerts() {
    CortexConfig.Observability.Alerting thresholds = config.observability().alerting();
    return new Alerts(thresholds.p99LatencyThresholdMs(), thresholds.queueDepthThreshold());
  }

  private JsonObject facts() {
    JsonObject facts =
        new JsonObject()
            .put("profile", config.profile())
            .put("version", Version.TEXT)
            .put("connections", routes.webSockets().size())
            .put("streams", routes.streams().size());
    return profile.clustered() ? facts.mergeIn(routes.cluster().facts()) : facts;
  }
}
