package dev.cortex.base;

/**
 * How much of something may pass: so much a second, and so much at once.
 *
 * @param perSecond units a second, 0 to {@link #PER_SECOND_MAX}; 0 means unlimited
 * @param atOnce units that may pass together after a pause; at least 1 unless unlimited
 */
@Pure
public record Rate(long perSecond, long atOnce) {

  /** No rate is higher: a unit a nanosecond. */
  public static final long PER_SECOND_MAX = 1_000_000_000;

  /** Everything may pass. */
  public static final Rate UNLIMITED = new Rate(0, 0);

  /** So much a second, and two seconds' worth at once. */
  public static Rate perSecond(long units) {
    return new Rate(units, 2 * units);
  }

  /** Whether everything may pass. */
  public boolean unlimited() {
    return perSecond == 0;
  }

  /** How long so many units, at most {@link #atOnce}, take to gather, nanoseconds, rounded up; not when unlimited. */
  public long nsFor(long units) {
    return -Math.floorDiv(-units * PER_SECOND_MAX, perSecond);
  }

  /** How long {@link #atOnce} units take to gather, nanoseconds, rounded up; not when unlimited. */
  public long fillNs() {
    return nsFor(atOnce);
  }

  /** Whole units that gather in a time, nanoseconds from 0: at most {@link #atOnce}; not when unlimited. */
  public long gathered(long ns) {
    // a time that fills it is not multiplied: it may be years
    return ns >= fillNs() ? atOnce : ns * perSecond / PER_SECOND_MAX;
  }
}
