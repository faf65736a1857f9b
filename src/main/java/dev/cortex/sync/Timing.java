package dev.cortex.sync;

import dev.cortex.base.Backoff;
import dev.cortex.base.Pure;

/**
 * The times of the sync, in ms unless named otherwise.
 *
 * @param pollMinMs between polls that are not held, while events flow
 * @param pollMaxMs the same when nothing happens; also the bound of waits after failures
 * @param waitSeconds how long the cloud is asked to hold a poll
 * @param connectMs a connection may take
 * @param requestMs a request that is not held may take; a held one as much longer than its wait as {@code slackMs}
 * @param slackMs see {@code requestMs}
 * @param pushGraceMs by then a push must have brought what a poll found
 * @param coveredEveryMs between two notes of a cursor that moved without events
 * @param tickMs between looks at the clocks
 * @param wakeWithinMs after a sleep everything comes back at a random moment within this
 * @param breakerResetMs an open breaker lets one request try after this
 * @param stopMs saying goodbye may take
 */
@Pure
record Timing(
    long pollMinMs,
    long pollMaxMs,
    int waitSeconds,
    long connectMs,
    long requestMs,
    long slackMs,
    long pushGraceMs,
    long coveredEveryMs,
    long tickMs,
    long wakeWithinMs,
    long breakerResetMs,
    long stopMs) {

  private static final long FIRST_RETRY_MS = 1_000;
  private static final long SOON_MS = 250;
  /** Each outbox has a backoff of its own: the breaker is only to keep several from asking at once. */
  private static final long BREAKER_RESET_MS = 5_000;

  /** The times of a desktop. */
  static Timing normal(long pollMinMs, long pollMaxMs) {
    return new Timing(
        pollMinMs, pollMaxMs, 25, 5_000, 20_000, 10_000, 5_000, 5_000, 1_000, 5_000,
        Math.min(BREAKER_RESET_MS, Math.max(1, pollMaxMs / 4)), 1_000);
  }

  /** Waits after failures. */
  Backoff backoff() {
    return new Backoff(Math.min(FIRST_RETRY_MS, pollMaxMs), pollMaxMs);
  }

  /** A short random time, so that not everything that waited for the cloud comes at the same moment. */
  long soonMs(double chance) {
    return (long) (Math.min(SOON_MS, pollMinMs) * chance);
  }

  /** How long a held request may take. */
  long heldMs() {
    return waitSeconds * 1_000L + slackMs;
  }

  /** A time spread by a tenth either way. */
  static long spread(long ms, double chance) {
    return (long) (ms * (0.9 + 0.2 * chance));
  }
}
