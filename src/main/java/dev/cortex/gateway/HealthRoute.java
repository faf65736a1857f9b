package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Probe;
import dev.cortex.bus.Message.Ready;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.RoomCalls;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Alerts;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Whether the server lives, can commit an event, and how it fares. */
final class HealthRoute {

  private static final Logger LOG = LoggerFactory.getLogger(HealthRoute.class);
  private static final long PROBE_FRESH_NS = TimeUnit.SECONDS.toNanos(1);

  /** Whoever asks waits no longer: a store that needs more time commits nothing that anyone still waits for. */
  private static final long PROBE_TIMEOUT_MS = 2_000;

  private final Vertx vertx;
  private final Reading reading;
  private final Metrics metrics;
  private final Clock clock;
  private final Supplier<JsonObject> facts;
  private final BooleanSupplier draining;
  private final Alerts alerts;
  private final SyncStatus sync;
  private Future<JsonObject> store = Future.failedFuture("never asked");
  private long askedNs;

  /**
   * Creates the route.
   *
   * @param alerts whether the node is degraded
   * @param facts what else to tell under /health
   * @param draining whether the server is going away
   * @param sync how it stands with its cloud
   */
  HealthRoute(
      Vertx vertx,
      Reading reading,
      Metrics metrics,
      Clock clock,
      Alerts alerts,
      Supplier<JsonObject> facts,
      BooleanSupplier draining,
      SyncStatus sync) {
    this.vertx = vertx;
    this.reading = reading;
    this.metrics = metrics;
    this.clock = clock;
    this.alerts = alerts;
    this.facts = facts;
    this.draining = draining;
    this.sync = sync;
    this.askedNs = clock.monotonicNs() - PROBE_FRESH_NS;
  }

  /** The process answers. */
  void live(HttpServerRequest request) {
    JsonAnswers.send(request, 200, new JsonObject().put("status", "UP"));
  }

  /** The server takes requests and can commit an event. */
  void ready(HttpServerRequest request) {
    store().onSuccess(check -> {
      boolean placed = reading.rooms().directory().view().self().state() == NodeState.READY;
      boolean up = check.getString("status").equals("UP") && placed && !draining.getAsBoolean();
      JsonAnswers.send(request, up ? 200 : 503, new JsonObject().put("status", up ? "UP" : "DOWN"));
    });
  }

  /** Status alone: what strangers may know. */
  void bare(HttpServerRequest request) {
    store().onSuccess(check -> {
      boolean up = check.getString("status").equals("UP");
      JsonAnswers.send(request, up ? 200 : 503, new JsonObject().put("status", status(up)));
    });
  }

  /** Status and details. */
  void health(HttpServerRequest request) {
    Future<JsonObject> syncing = sync.configured() ? sync.summary() : Future.succeededFuture(new JsonObject());
    store().onSuccess(check -> syncing.onSuccess(state -> {
      boolean up = check.getString("status").equals("UP");
      JsonObject body = new JsonObject().put("status", status(up));
      alerts.degradedBecause().ifPresent(reason -> body.put("degraded", reason));
      body.mergeIn(facts.get()).put("store", check);
      if (sync.configured()) {
        body.put("sync", state);
      }
      JsonAnswers.send(request, up ? 200 : 503, body);
    }));
  }

  /** Everything counted, as Prometheus text. */
  void metrics(HttpServerRequest request) {
    // the first scrape loads the exposition writer, which takes longer than an event loop may wait
    vertx.executeBlocking(metrics::scrape)
        .onSuccess(text -> request.response()
            .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
            .end(text))
        .onFailure(failure -> Problems.answer(request, failure));
  }

  /** Compares latency and queues with their thresholds. To be called about once a second. */
  void tick() {
    if (alerts.onReading(metrics.publishP99Ms(), metrics.recentPublishes(), reading.feeds().deepestQueue())) {
      LOG.warn(alerts.degradedBecause().map(reason -> "degraded: " + reason).orElse("no longer degraded"));
    }
  }

  private String status(boolean up) {
    if (draining.getAsBoolean()) {
      return "DRAINING";
    }
    return !up ? "DOWN" : alerts.degradedBecause().isPresent() ? "DEGRADED" : "UP";
  }

  /** What the store says, not asked more than once a second however many ask here. */
  private Future<JsonObject> store() {
    long now = clock.monotonicNs();
    if (now - askedNs >= PROBE_FRESH_NS) {
      askedNs = now;
      RoomCalls rooms = reading.rooms();
      store = rooms.askNode(rooms.directory().self(), new Probe(), Ready.class, PROBE_TIMEOUT_MS)
          .map(ready -> new JsonObject().put("status", "UP"))
          .otherwise(failure -> {
            String code = failure instanceof RefusedException refused ? refused.code().code() : "internal";
            return new JsonObject().put("status", "DOWN").put("code", code);
          });
    }
    return store;
  }
}
