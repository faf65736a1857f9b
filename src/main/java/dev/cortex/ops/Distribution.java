package dev.cortex.ops;

import java.util.concurrent.atomic.LongAdder;

/** Counts of values by fixed upper bounds, and their sum, since the start; recording never blocks. */
final class Distribution {

  private final long[] upperBounds;
  private final LongAdder[] counts;
  private final LongAdder sum = new LongAdder();

  /** Bounds are inclusive and ascending; values above the last are counted as well. */
  Distribution(long... upperBounds) {
    this.upperBounds = upperBounds.clone();
    this.counts = new LongAdder[upperBounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  void record(long value) {
    int i = 0;
    while (i < upperBounds.length && value > upperBounds[i]) {
      i++;
    }
    counts[i].increment();
    sum.add(value);
  }

  long[] upperBounds() {
    return upperBounds.clone();
  }

  /** How many values lie between each bound and the one before; the last entry has no upper bound. */
  long[] counts() {
    long[] now = new long[counts.length];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts[i].sum();
    }
    return now;
  }

  long count() {
    long total = 0;
    for (long count : counts()) {
      total += count;
    }
    return total;
  }

  long sum() {
    return sum.sum();
  }
}
