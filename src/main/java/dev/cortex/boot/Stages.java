package dev.cortex.boot;

import dev.cortex.auth.LocalGuard;
import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.CortexConfig.Room.Sharding;
import dev.cortex.gateway.WsServerVerticle;
import dev.cortex.ingest.IngestVerticle;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import dev.cortex.prune.PrunerVerticle;
import dev.cortex.room.OrgRoomVerticle;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;

/** The verticles of a desktop server: started from the log outward to the door, stopped from the door inward. */
final class Stages {

  private static final Logger LOG = LoggerFactory.getLogger(Stages.class);
  private static final String NODE = "local";

  private record Running(String name, String deploymentId) {}

  private final Vertx vertx;
  private final CortexConfig config;
  private final Deque<Running> running = new ArrayDeque<>();
  private Optional<EventLog> eventLog = Optional.empty();

  /** The stages of one server; nothing runs yet. */
  Stages(Vertx vertx, CortexConfig config) {
    this.vertx = vertx;
    this.config = config;
  }

  /**
   * Opens the log and starts every stage; succeeds with the port once connections are accepted and an event can be
   * committed.
   */
  Future<Integer> start(LogOpener opener, Path dataDir, Optional<String> token) {
    Clock clock = Clock.SYSTEM;
    ShardMap shardMap = new ShardMap(config.room().shards(), config.room().sharding() == Sharding.GLOBAL);
    Directory directory = Directory.alone(NODE, shardMap);
    Metrics metrics = new Metrics(Set.copyOf(config.observability().metrics()), clock);
    WsServerVerticle door =
        WsServerVerticle.local(
            config,
            port -> new LocalGuard(config.server().allowedOrigins(), port, token),
            metrics,
            clock,
            directory);
    return opener
        .open(vertx, dataDir, config)
        .compose(opened -> {
          eventLog = Optional.of(opened);
          return opened
              .probe()
              .compose(ok -> deploy("room", new OrgRoomVerticle(config, opened, metrics, clock, directory, Members.alone(NODE))));
        })
        .compose(room -> deploy("ingest", new IngestVerticle(config, metrics, clock, directory)))
        .compose(ingest -> deploy("ws-server", door))
        .compose(server -> deploy("pruner", new PrunerVerticle(config, metrics, clock, NODE)))
        .map(pruner -> door.port());
  }

  /**
   * Stops every stage in reverse order, then closes the log. A stage that fails or takes too long is named in the log
   * and does not keep the others from stopping; what was accepted is committed already.
   *
   * @param budgetMs time for everything together
   */
  Future<Void> stop(long budgetMs) {
    long deadlineNs = System.nanoTime() + budgetMs * 1_000_000;
    Future<Void> stopped = Future.succeededFuture();
    while (!running.isEmpty()) {
      Running stage = running.pop();
      stopped = stopped.compose(done -> bounded(stage.name(), deadlineNs, vertx.undeploy(stage.deploymentId())));
    }
    return stopped.compose(
        done -> eventLog.map(log -> bounded("log", deadlineNs, log.close())).orElse(Future.succeededFuture()));
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
