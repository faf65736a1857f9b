package dev.cortex.sync;

import dev.cortex.base.Clock;
import dev.cortex.ops.Metrics;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * What the sync of an org lives in; everything in it belongs to one event loop.
 *
 * @param chance random numbers in [0, 1)
 */
record BridgeWorld(
    Vertx vertx,
    CloudClient cloud,
    LocalLog log,
    Metrics metrics,
    Clock clock,
    DoubleSupplier chance,
    Timing timing) {

  /** Monotonic time, ms. */
  long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(clock.monotonicNs());
  }

  /** A random number in [0, 1). */
  double draw() {
    return chance.getAsDouble();
  }
}
