package dev.cortex.boot;

import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.Tokens;
import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.callback.CallbackRegistry;
import dev.cortex.callback.CallbackVerticle;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.CortexConfig.Room.Sharding;
import dev.cortex.gateway.WsServerVerticle;
import dev.cortex.ingest.IngestVerticle;
import dev.cortex.log.EventLog;
import dev.cortex.log.LocalOutbox;
import dev.cortex.log.LogException;
import dev.cortex.log.sql.SqlEventLog;
import dev.cortex.ops.Metrics;
import dev.cortex.prune.PrunerVerticle;
import dev.cortex.room.OrgRoomVerticle;
import dev.cortex.sync.SyncBridgeVerticle;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The verticles of one server: started from the log outward to the door, stopped from the door inward. A node of a
 * cluster takes part once its door is open, and hands over what it owns before it closes it.
 */
final class Stages {

  private static final Logger LOG = LoggerFactory.getLogger(Stages.class);

  /** The secret that lets every node read the resume tokens of the others. */
  private static final String RESUME_SECRET = "resume";

  /** Of the time for a stop, what is kept for the stages themselves and for leaving the cluster. */
  private static final long CLOSING_MS = 4_000;

  private record Running(String name, String deploymentId) {}

  private final NodeBus bus;
  private final Vertx vertx;
  private final CortexConfig config;
  private final Clock clock = Clock.SYSTEM;
  private final Metrics metrics;
  private final Directory directory;
  private final Deque<Running> running = new ArrayDeque<>();
  private Optional<EventLog> eventLog = Optional.empty();
  private Optional<OrgRoomVerticle> room = Optional.empty();
  private Optional<WsServerVerticle> door = Optional.empty();

  /** The stages of one server; nothing runs yet. */
  Stages(NodeBus bus, CortexConfig config) {
    this.bus = bus;
    this.vertx = bus.vertx();
    this.config = config;
    this.metrics = new Metrics(Set.copyOf(config.observability().metrics()), clock);
    ShardMap shardMap = new ShardMap(config.room().shards(), config.room().sharding() == Sharding.GLOBAL);
    this.directory =
        bus.members().clustered() ? empty(bus.node(), shardMap) : Directory.alone(bus.node(), shardMap);
  }

  /** What a node knows of the rooms before anybody told it. */
  private static Directory empty(String node, ShardMap shardMap) {
    Directory.Node self = new Directory.Node(node, NodeState.STARTING, "");
    int shards = shardMap.shards();
    return new Directory(
        shardMap,
        new Directory.View(
            self, Map.of(node, self), Collections.nCopies(shards, ""), Collections.nCopies(shards, 0L)));
  }

  /**
   * Opens the log and starts every stage; succeeds with the public port once connections are accepted, an event can be
   * committed and, in a cluster, this node takes part.
   *
   * @param token what local clients must send, if anything
   */
  Future<Integer> start(LogOpener opener, Path dataDir, Optional<String> token) {
    return opener
        .open(vertx, dataDir, config)
        .<EventLog>map(log -> log)
        .recover(failure -> Future.failedFuture(unreachable(failure)))
        .compose(opened -> {
          eventLog = Optional.of(opened);
          return opened.probe().compose(ok -> deployRoom(opened));
        })
        .compose(deployed -> deploy("ingest", new IngestVerticle(config, metrics, clock, directory)))
        .compose(deployed -> config.cloud() ? cloudDoor() : Future.succeededFuture(localDoor(token)))
        .compose(opening -> {
          door = Optional.of(opening);
          return deploy("ws-server", opening).map(id -> opening.port());
        })
        .compose(port ->
            deploySync()
                .compose(deployed -> deploy("pruner", new PrunerVerticle(config, metrics, clock, bus.node())))
                .compose(deployed -> room.orElseThrow().join(publicAddress(port)))
                .map(joined -> port));
  }

  /** The internal port in use; empty on a desktop, and before the door is open. */
  Optional<Integer> internalPort() {
    return config.cloud() ? door.map(WsServerVerticle::internalPort) : Optional.empty();
  }

  /** This node's name on the bus. */
  String node() {
    return bus.node();
  }

  private Future<String> deployRoom(EventLog opened) {
    // a cloud node stores in SQLite too, when it is alone, but what is born there goes nowhere
    Optional<LocalOutbox> outbox =
        !config.cloud() && opened instanceof LocalOutbox local ? Optional.of(local) : Optional.empty();
    OrgRoomVerticle verticle = new OrgRoomVerticle(config, opened, metrics, clock, directory, bus.members(), outbox);
    room = Optional.of(verticle);
    return deploy("room", verticle);
  }

  /**
   * What takes events to the other side. It comes after the door, through which the other side answers, and goes before
   * it: a desktop takes leave of the cloud, and nothing is pushed that nobody could answer for.
   */
  private Future<?> deploySync() {
    if (config.sync().enabled() && !config.cloud()) {
      return deploy("sync", new SyncBridgeVerticle(config, metrics, clock, directory));
    }
    if (config.cloud() && eventLog.orElseThrow() instanceof SqlEventLog log) {
      CallbackRegistry registry = new CallbackRegistry(log.database(), directory.shardMap(), clock);
      return deploy("callback", new CallbackVerticle(config, registry, metrics, clock, directory));
    }
    return Future.succeededFuture();
  }

  private WsServerVerticle localDoor(Optional<String> token) {
    return WsServerVerticle.local(
        config,
        port -> new LocalGuard(config.server().allowedOrigins(), port, token),
        metrics,
        clock,
        directory);
  }

  private Future<WsServerVerticle> cloudDoor() {
    metrics.gauge("cortex_cluster_members", "Nodes that seem alive, this one included.",
        () -> bus.members().live().size());
    return vertx
        .executeBlocking(() -> {
          Ports.requireFree("server.port", config.server().host(), config.server().port());
          Ports.requireFree("server.internal_port", config.server().internalHost(), config.server().internalPort());
          return true;
        })
        .compose(free -> Tokens.open(vertx, config.auth(), clock))
        .compose(tokens ->
            eventLog
                .orElseThrow()
                .secret(RESUME_SECRET)
                .map(secret -> WsServerVerticle.cloud(config, tokens, secret, metrics, clock, directory)));
  }

  /** Where other nodes tell clients to find this one: the host that cluster traffic uses when it listens on all. */
  private String publicAddress(int port) {
    String host = config.server().host();
    boolean any = host.equals("0.0.0.0") || host.equals("::");
    String shown = any ? config.cluster().host() : host;
    return (shown.contains(":") ? '[' + shown + ']' : shown) + ':' + port;
  }

  /** A database server that cannot be used is another thing than a damaged file. */
  private Throwable unreachable(Throwable failure) {
    boolean elsewhere = !config.store().inDataDir();
    return elsewhere && failure instanceof LogException log && log.kind() != LogException.Kind.INCOMPATIBLE
        ? new StartException(StartFailure.STORE_UNREACHABLE, "the store cannot be used: " + log.getMessage(), log)
        : failure;
  }

  /**
   * Stops every stage in reverse order, then closes the log. A stage that fails or takes too long is named in the log
   * and does not keep the others from stopping; what was accepted is committed already.
   *
   * @param budgetMs time for everything together
   */
  Future<Void> stop(long budgetMs) {
    long deadlineNs = System.nanoTime() + budgetMs * 1_000_000;
    Future<Void> stopped = bus.members().live().size() > 1 ? handOver(budgetMs) : Future.succeededFuture();
    while (!running.isEmpty()) {
      Running stage = running.pop();
      stopped = stopped.compose(done -> bounded(stage.name(), deadlineNs, vertx.undeploy(stage.deploymentId())));
    }
    return stopped.compose(
        done -> eventLog.map(log -> bounded("log", deadlineNs, log.close())).orElse(Future.succeededFuture()));
  }

  /** While others are there: rooms move to them, and clients follow at random moments, so that no storm hits them. */
  private Future<Void> handOver(long budgetMs) {
    long spreadMs = Math.max(0, budgetMs - CLOSING_MS);
    if (spreadMs == 0 || door.isEmpty()) {
      return Future.succeededFuture();
    }
    long deadlineNs = System.nanoTime() + (spreadMs + CLOSING_MS / 2) * 1_000_000;
    Future<Void> left = bounded("leave", deadlineNs, room.orElseThrow().leave(spreadMs));
    Future<Void> drained = bounded("drain", deadlineNs, door.orElseThrow().drain(spreadMs));
    return Future.join(left, drained).mapEmpty();
  }

  private Future<String> deploy(String name, Deployable verticle) {
    return vertx.deployVerticle(verticle).onSuccess(id -> running.push(new Running(name, id)));
  }

  private Future<Void> bounded(String name, long deadlineNs, Future<?> step) {
    Promise<Void> done = Promise.promise();
    long leftMs = Math.max(1, (deadlineNs - System.nanoTime()) / 1_000_000);
    long timer =
        vertx.setTimer(leftMs, id -> {
          if (done.tryComplete()) {
            LOG.warn("stage=" + name + " did not stop in time");
          }
        });
    step.onComplete(result -> {
      vertx.cancelTimer(timer);
      if (result.failed()) {
        LOG.warn("stage=" + name + " failed to stop", result.cause());
      }
      done.tryComplete();
    });
    return done.future();
  }
}
