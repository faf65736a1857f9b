package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.sync.OutboxCheck.Unanswered;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerState;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * The breaker before the cloud, as outboxes use it: batches go through it; questions beside them count when they fail,
 * but only a batch that is answered closes it. Futures fail with {@link Unanswered} at an outage.
 */
final class OutboxGate {

  private final CircuitBreaker breaker;
  private final CloudClient cloud;
  private final BridgeWorld world;
  private String why = "";
  private boolean begun;
  private long begunMs;

  /** The gate of all orgs. */
  OutboxGate(CircuitBreaker breaker, BridgeWorld world) {
    this.breaker = breaker;
    this.cloud = world.cloud();
    this.world = world;
  }

  /** Sends a batch. */
  Future<CloudAnswer> batch(CloudClient.Ask ask) {
    return counted(() -> cloud.send(ask).compose(this::unlessOut));
  }

  /** Asks something beside the batches. */
  Future<CloudAnswer> question(CloudClient.Ask ask) {
    if (breaker.state() == CircuitBreakerState.OPEN) {
      return Future.failedFuture(why);
    }
    return cloud.send(ask).compose(answer ->
        answer.isOutage() ? counted(() -> unlessOut(answer)) : Future.succeededFuture(answer));
  }

  /** Through the breaker; while that is open it fails for the reason that opened it, which people want to know. */
  private Future<CloudAnswer> counted(Supplier<Future<CloudAnswer>> attempt) {
    return breaker.execute(attempt).recover(failure ->
        failure instanceof OpenCircuitException ? Future.failedFuture(why) : Future.failedFuture(failure));
  }

  private Future<CloudAnswer> unlessOut(CloudAnswer answer) {
    if (!answer.isOutage()) {
      return Future.succeededFuture(answer);
    }
    why = answer.trouble();
    return Future.failedFuture(new Unanswered(answer));
  }

  /**
   * Begins a new incarnation of every outbox. Fails soon after another one: a cloud that says it does not know that one
   * either contradicts itself, and following it would be a circle.
   */
  Future<SyncState> reincarnate(String orgId) {
    if (begun && world.nowMs() - begunMs < world.timing().pollMaxMs()) {
      return Future.failedFuture("the cloud knows another outbox again");
    }
    begun = true;
    begunMs = world.nowMs();
    return world.log().reincarnate(orgId);
  }

  /** A question was answered, and there is no batch that could show that the cloud works. */
  void nothingToSend() {
    if (breaker.state() == CircuitBreakerState.HALF_OPEN) {
      breaker.execute(() -> Future.succeededFuture());
    }
  }

  /** Somebody else was answered after an outage: nothing is left alone any more. */
  void cloudIsBack() {
    if (breaker.state() == CircuitBreakerState.OPEN) {
      breaker.reset();
    }
  }

  /** The word for its state. */
  String word() {
    return switch (breaker.state()) {
      case OPEN -> "open";
      case HALF_OPEN -> "half_open";
      case CLOSED -> "closed";
    };
  }

  /** Whether batches pass without being a trial. */
  boolean isClosed() {
    return breaker.state() == CircuitBreakerState.CLOSED;
  }

  /** Ends it. */
  void close() {
    breaker.close();
  }
}
