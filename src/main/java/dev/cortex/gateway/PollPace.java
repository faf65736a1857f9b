package dev.cortex.gateway;

import dev.cortex.base.Pure;
import java.util.concurrent.TimeUnit;

/**
 * Says when to poll again, so that all who poll this node stay below a rate it bears. At rest that is soon. While more
 * come than should, the time grows by a second a second: whoever is told a longer one comes later by as much, so the
 * rate falls without overshooting. It shrinks four times slower, and only once half the rate is left free; in between
 * it stays, so that it does not swing.
 */
@Pure
final class PollPace {

  /** The longest time that is told, milliseconds. */
  static final long AFTER_MS_MAX = 300_000;

  private static final int WINDOW_SECONDS = 5;
  private static final long GROWTH_MS = 1_000;
  private static final long SHRINKAGE_MS = GROWTH_MS / 4;

  private final long atRestMs;
  private final long perSecondMax;
  private final long[] counts = new long[WINDOW_SECONDS];
  private long second;
  private long inWindow;
  private long afterMs;

  /**
   * A pace at rest.
   *
   * @param atRestMs what is told at rest, milliseconds
   * @param perSecondMax the rate that is borne, polls a second
   * @param nowNs the monotonic clock
   */
  PollPace(long atRestMs, long perSecondMax, long nowNs) {
    this.atRestMs = atRestMs;
    this.perSecondMax = perSecondMax;
    this.second = TimeUnit.NANOSECONDS.toSeconds(nowNs);
    this.afterMs = atRestMs;
  }

  /** A poll is answered: in how many milliseconds it is to come again. */
  long answered(long nowNs) {
    advance(TimeUnit.NANOSECONDS.toSeconds(nowNs));
    counts[slot()]++;
    inWindow++;
    return afterMs;
  }

  private void advance(long now) {
    while (second < now) {
      adjust();
      if (inWindow == 0 && afterMs == atRestMs) {
        second = now; // nothing will change any more
        return;
      }
      second++;
      inWindow -= counts[slot()];
      counts[slot()] = 0;
    }
  }

  private void adjust() {
    if (inWindow > perSecondMax * WINDOW_SECONDS) {
      afterMs = Math.max(afterMs, Math.min(afterMs + GROWTH_MS, AFTER_MS_MAX));
    } else if (inWindow * 2 < perSecondMax * WINDOW_SECONDS) {
      afterMs = Math.max(atRestMs, afterMs - SHRINKAGE_MS);
    }
  }

  private int slot() {
    return (int) Math.floorMod(second, (long) WINDOW_SECONDS);
  }
}
