package dev.cortex.sync;

import dev.cortex.base.Pure;

/**
 * Notices that the machine slept: between two looks one of its clocks went on, or back, by more than the other look was
 * due. A wall clock that somebody set looks the same, and costs a reconnect.
 */
@Pure
final class WakeWatch {

  /** What a busy machine may be late. */
  static final long JUMP_MS = 10_000;

  private final long tickMs;
  private long wallMs;
  private long monotonicMs;

  /** A watch that begins now and looks every {@code tickMs}. */
  WakeWatch(long tickMs, long wallMs, long monotonicMs) {
    this.tickMs = tickMs;
    this.wallMs = wallMs;
    this.monotonicMs = monotonicMs;
  }

  /** Looks at the clocks: true when there was a jump since the last look. */
  boolean onTick(long newWallMs, long newMonotonicMs) {
    boolean jumped = jump(newWallMs - wallMs) || jump(newMonotonicMs - monotonicMs);
    wallMs = newWallMs;
    monotonicMs = newMonotonicMs;
    return jumped;
  }

  private boolean jump(long passedMs) {
    return Math.abs(passedMs - tickMs) > JUMP_MS;
  }
}
