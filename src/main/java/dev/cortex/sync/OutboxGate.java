package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.sync.OutboxCheck.Unanswered;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerState;
import io.vertx.core.Future;
import java.util.function.Predicate;

/**
 * The breaker before the cloud, as outboxes use it: batches go through it; questions beside them count when they fail,
 * but only an outbox that moves closes it. Futures fail with {@link Unanswered} at an outage, and with
 * {@link LeftAlone} while it is open.
 */
final class OutboxGate {

  private final CircuitBreaker breaker;
  private final CloudClient cloud;
  private final BridgeWorld world;
  private long openedMs;
  /** The breaker is half open, and a batch is on its way. */
  private boolean trying;
  private boolean begun;
  private long begunMs;

  /** The gate of all orgs. */
  OutboxGate(CircuitBreaker breaker, BridgeWorld world) {
    this.breaker = breaker.openHandler(opened -> openedMs = world.nowMs());
    this.cloud = world.cloud();
    this.world = world;
  }

  /** Nothing was asked. */
  static final class LeftAlone extends RuntimeException {

    LeftAlone() {
      super("the cloud is left alone for a while", null, false, false);
    }
  }

  /**
   * Sends a batch.
   *
   * @param counts which answers count against the cloud
   */
  Future<CloudAnswer> batch(CloudClient.Ask ask, Predicate<CloudAnswer> counts) {
    boolean trial = breaker.state() == CircuitBreakerState.HALF_OPEN;
    if (breaker.state() == CircuitBreakerState.OPEN || (trial && trying)) {
      return Future.failedFuture(new LeftAlone());
    }
    trying |= trial;
    // not within the breaker: a trial that does not count would have to count as one that worked
    return cloud.send(ask)
        .onComplete(done -> trying &= !trial)
        .compose(answer -> counts.test(answer) || !answer.isOutage() ? counted(answer) : answered(answer));
  }

  /**
   * Asks something beside the batches.
   *
   * @param counts which answers count against the cloud
   */
  Future<CloudAnswer> question(CloudClient.Ask ask, Predicate<CloudAnswer> counts) {
    if (breaker.state() == CircuitBreakerState.OPEN) {
      return Future.failedFuture(new LeftAlone());
    }
    return cloud.send(ask).compose(answer -> counts.test(answer) ? counted(answer) : answered(answer));
  }

  /** Lets the breaker count an answer: whatever it says itself, that is the answer. */
  private Future<CloudAnswer> counted(CloudAnswer answer) {
    return breaker.<CloudAnswer>execute(() -> answered(answer)).transform(counted -> answered(answer));
  }

  private static Future<CloudAnswer> answered(CloudAnswer answer) {
    return answer.isOutage() ? Future.failedFuture(new Unanswered(answer)) : Future.succeededFuture(answer);
  }

  /**
   * Begins a new incarnation of every outbox. Fails soon after another one: a cloud that says it does not know that one
   * either contradicts itself, and following it would be a circle.
   */
  Future<SyncState> reincarnate(String orgId, boolean restored) {
    if (begun && world.nowMs() - begunMs < world.timing().pollMaxMs()) {
      return Future.failedFuture("the cloud knows another outbox again");
    }
    begun = true;
    begunMs = world.nowMs();
    return world.log().reincarnate(orgId, restored);
  }

  /** A question was answered, and showed that a batch arrived, or there is no batch that could show anything. */
  void worked() {
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

  /** How long the cloud is left alone from now on, ms; 0 when it is not. */
  long leftAloneMs() {
    return breaker.state() == CircuitBreakerState.OPEN
        ? Math.max(1, openedMs + world.timing().breakerResetMs() - world.nowMs())
        : 0;
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
