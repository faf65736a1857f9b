package dev.cortex.prune;

import dev.cortex.base.Pure;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The time by which retention is measured. It is never ahead of the wall clock, and over any span of one retention
 * period it advances by no more than the monotonic clock does; so nothing that was seen to arrive is removed before it
 * is older than the period by both clocks, whichever way the wall jumps.
 *
 * <p>The rule that gives all of it: retention time is monotonic time plus the <em>smallest</em> difference between wall
 * and monotonic time that was read within the last period. A wall that jumps ahead, for ten minutes or for good, is
 * believed once it has stood for a whole period of monotonic time, for then everything older than the jump has expired
 * by either clock. A wall that jumps back is believed at once, which keeps events longer. Where the monotonic clock
 * stands still in suspend, waking looks like a jump ahead: a laptop keeps what its last 24 <em>waking</em> hours
 * brought.
 *
 * <p>Across a restart only the wall can tell how long the process was away. An absence of up to {@link #ABSENCE_MAX_MS}
 * is believed; a longer one (a dead clock battery jumps by years) is treated as a jump ahead: retention time goes on
 * from the noted time.
 *
 * <p>Excursions of the wall between two readings are not seen: read it once a minute. Used by one thread.
 */
@Pure
public final class RetentionClock {

  /** 35 days: longer than a long holiday with the laptop closed, shorter than the jump of a clock that lost power. */
  public static final long ABSENCE_MAX_MS = 35L * 24 * 60 * 60 * 1000;

  /**
   * A new difference that has stood for an hour of monotonic time is what the next start measures absence from.
   * Otherwise a process that never runs for a whole period would never believe its wall again, and never prune. The
   * price: a wrong wall that stands for an hour and then meets a restart is believed.
   */
  public static final long CONFIRM_MS = 60L * 60 * 1000;

  /** Readings are gathered by the minute, so that at most a period's minutes are remembered. */
  private static final long GRAIN_MS = 60_000;

  private static final long NS_PER_MS = 1_000_000;

  private final long periodMs;
  private final long originNs;
  /** Oldest first; differences ascend, because a smaller one makes the larger ones before it irrelevant. */
  private final Deque<Reading> readings = new ArrayDeque<>();

  private long elapsedMs;
  private long latestDifferenceMs;

  /** The smallest difference of a minute, kept until the minute's end is a period old. */
  private record Reading(long untilMs, long differenceMs) {}

  /**
   * Starts at the first reading of both clocks.
   *
   * @param notedMs what {@link #noteMs} gave the last run (Unix ms), 0 when there was none
   * @param periodMs the retention period, in ms, at least {@link #CONFIRM_MS}
   * @param wallMs wall clock now, Unix ms
   * @param monotonicNs monotonic clock now
   * @throws IllegalArgumentException when the period is too short
   */
  public RetentionClock(long notedMs, long periodMs, long wallMs, long monotonicNs) {
    if (periodMs < CONFIRM_MS) {
      throw new IllegalArgumentException("a retention period has at least " + CONFIRM_MS + " ms, not " + periodMs);
    }
    this.periodMs = periodMs;
    this.originNs = monotonicNs;
    if (notedMs > 0 && wallMs - notedMs > ABSENCE_MAX_MS) {
      remember(notedMs);
    }
    remember(wallMs);
  }

  /**
   * Reads both clocks.
   *
   * @return retention time, Unix ms; goes back when the wall does
   */
  public long nowMs(long wallMs, long monotonicNs) {
    // by subtraction first: the monotonic clock's origin is arbitrary, so its number may wrap around
    elapsedMs = Math.max(elapsedMs, (monotonicNs - originNs) / NS_PER_MS);
    while (!readings.isEmpty() && readings.getFirst().untilMs() <= elapsedMs - periodMs) {
      readings.removeFirst();
    }
    remember(wallMs - elapsedMs);
    return elapsedMs + readings.getFirst().differenceMs();
  }

  /** What the next start shall measure its absence from, Unix ms: the wall clock, once it has stood for an hour. */
  public long noteMs() {
    for (Reading reading : readings) {
      if (reading.untilMs() > elapsedMs - CONFIRM_MS) {
        return elapsedMs + reading.differenceMs();
      }
    }
    throw new IllegalStateException("the latest reading is always there");
  }

  /** By how many ms retention time lags behind the wall clock at the last reading. */
  public long lagMs() {
    return latestDifferenceMs - readings.getFirst().differenceMs();
  }

  private void remember(long differenceMs) {
    latestDifferenceMs = differenceMs;
    long untilMs = (elapsedMs / GRAIN_MS + 1) * GRAIN_MS;
    long smallestMs = differenceMs;
    while (!readings.isEmpty()
        && (readings.getLast().differenceMs() >= differenceMs || readings.getLast().untilMs() == untilMs)) {
      smallestMs = Math.min(smallestMs, readings.removeLast().differenceMs());
    }
    readings.addLast(new Reading(untilMs, smallestMs));
  }
}
