package dev.cortex.callback;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.function.DoubleSupplier;

/**
 * What every pusher of a node shares.
 *
 * @param slots how many may push at a time
 * @param retry waits after failures
 * @param stray waits for a desktop whose position is not known
 * @param breakerMs how long nothing is sent to a callback that failed several times
 * @param recentMs how old the newest event may be to be told where nobody knows whether it was pushed
 * @param chance numbers in [0, 1)
 */
record PushWorld(
    Vertx vertx,
    CallbackClient client,
    Slots slots,
    Metrics metrics,
    Clock clock,
    Backoff retry,
    Backoff stray,
    long breakerMs,
    long recentMs,
    DoubleSupplier chance) {

  /** Waits between attempts at a callback. */
  static final Backoff RETRY = new Backoff(1_000, 30_000);

  /** Waits for a desktop that has to poll first: one that has just started soon has. */
  static final Backoff STRAY = new Backoff(2_000, 600_000);

  /** How long nothing is sent to a callback that failed several times. */
  static final long BREAKER_MS = 10_000;

  /** A room takes less than this to move. */
  static final long RECENT_MS = 60_000;

  /** How long to wait after that many failures in a row. */
  long retryMs(int failures) {
    return retry.delayMs(Math.min(failures, 30), chance.getAsDouble());
  }

  /** How long to wait for a desktop that stood elsewhere that many times in a row. */
  long strayMs(int times) {
    return stray.firstMs() / 2 + stray.delayMs(Math.min(times, 30), chance.getAsDouble());
  }

  /** Events received after that time (Unix ms) are recent. */
  long recentAfterMs() {
    return clock.wallMs() - recentMs;
  }

  /** What a desktop said; fails when it said nothing that a desktop says. */
  static Future<PushAnswer> answer(Connector.Reply reply) {
    try {
      return Future.succeededFuture(PushAnswer.of(reply));
    } catch (IOException none) {
      return Future.failedFuture(none);
    }
  }
}
