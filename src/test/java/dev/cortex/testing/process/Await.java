package dev.cortex.testing.process;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for something that will become true, within a bound. */
public final class Await {

  private static final long LOOK_NS = 5_000_000;

  private Await() {}

  /** Looks again and again until the condition holds; an {@link AssertionError} that names it when the time is over. */
  public static void until(String what, Duration atMost, Callable<Boolean> condition) throws Exception {
    long deadlineNs = System.nanoTime() + atMost.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() - deadlineNs > 0) {
        throw new AssertionError("not within " + atMost + ": " + what);
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }
}
