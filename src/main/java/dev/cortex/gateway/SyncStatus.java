package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.AskSync;
import dev.cortex.bus.Requests;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How a desktop stands with its cloud, as its bridge says; without one the sync is off. Never fails. */
final class SyncStatus {

  private static final long FRESH_NS = TimeUnit.SECONDS.toNanos(1);
  private static final long TIMEOUT_MS = 2_000;
  /** Signs of life do not wait for the bridge. */
  private static final long SUMMARY_TIMEOUT_MS = 200;
  private static final List<String> SUMMARY =
      List.of("mode", "lagMs", "outboxDepth", "breaker", "setAside", "lastError");

  private final Vertx vertx;
  private final boolean configured;
  private final Clock clock;
  private Future<JsonObject> summary = Future.succeededFuture(new JsonObject());
  private long askedNs;

  /**
   * Creates it.
   *
   * @param configured whether there is a cloud to sync with
   */
  SyncStatus(Vertx vertx, boolean configured, Clock clock) {
    this.vertx = vertx;
    this.configured = configured;
    this.clock = clock;
    this.askedNs = clock.monotonicNs() - FRESH_NS;
  }

  /** Whether there is a cloud to sync with. */
  boolean configured() {
    return configured;
  }

  /** Everything the bridge tells. */
  Future<JsonObject> all() {
    return configured ? ask(TIMEOUT_MS) : Future.succeededFuture(new JsonObject().put("mode", "off"));
  }

  /** What a sign of life tells: within 200 ms, and not asked more than once a second however many ask here. */
  Future<JsonObject> summary() {
    long nowNs = clock.monotonicNs();
    if (nowNs - askedNs >= FRESH_NS) {
      askedNs = nowNs;
      summary = ask(SUMMARY_TIMEOUT_MS).map(SyncStatus::summary);
    }
    return summary;
  }

  private Future<JsonObject> ask(long timeoutMs) {
    return Requests.ask(vertx.eventBus(), Addresses.SYNC, new AskSync(), Answer.class, timeoutMs)
        .map(answer -> new JsonObject(Buffer.buffer(answer.json())))
        .otherwise(failure -> {
          boolean absent = failure instanceof RefusedException refused && refused.code() == ErrorCode.MOVED;
          return new JsonObject()
              .put("mode", absent ? "off" : "offline")
              .put("lastError", absent ? "the sync bridge is not running" : "the sync bridge did not answer");
        });
  }

  private static JsonObject summary(JsonObject all) {
    JsonObject some = new JsonObject();
    SUMMARY.stream().filter(all::containsKey).forEach(name -> some.put(name, all.getValue(name)));
    return some;
  }
}
