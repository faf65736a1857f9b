package dev.cortex.sync;

import dev.cortex.base.Pure;

/**
 * How many events go over the line at once: half as many when it does not bear them, and twice as many again when it
 * bore so few several times, because what it does not bear may cost a time-out.
 */
@Pure
final class BatchSize {

  /** So often it has to bear few before more are tried. */
  static final int PATIENCE = 8;

  private final int max;
  private int events;
  private int borne;

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
    borne++;
    if (borne >= PATIENCE) {
      borne = 0;
      events = Math.min(max, events * 2);
    }
  }

  /** It did not bear them; false when it was one already. */
  boolean less() {
    boolean several = events > 1;
    events = Math.max(1, events / 2);
    borne = 0;
    return several;
  }
}
