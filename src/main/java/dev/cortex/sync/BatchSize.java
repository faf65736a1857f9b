package dev.cortex.sync;

import dev.cortex.base.Pure;

/** How many events go over the line at once: half as many when it does not bear them, twice as many when it does. */
@Pure
final class BatchSize {

  private final int max;
  private int events;

  /** A line that is thought to bear so many. */
  BatchSize(int max) {
    this.max = max;
    this.events = max;
  }

  /** How many to try; at least 1. */
  int events() {
    return events;
  }

  /** It bore them. */
  void more() {
    events = Math.min(max, events * 2);
  }

  /** It did not bear them; false when it was one already. */
  boolean less() {
    boolean several = events > 1;
    events = Math.max(1, events / 2);
    return several;
  }
}
