package dev.cortex.auth;

import dev.cortex.base.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clocks that a test moves by hand, both at once. */
final class HandClock implements Clock {

  /** Where it starts, Unix ms. */
  static final long START_MS = 1_764_000_000_000L;

  private final AtomicLong elapsedMs = new AtomicLong();

  void advanceMs(long ms) {
    elapsedMs.addAndGet(ms);
  }

  @Override
  public long wallMs() {
    return START_MS + elapsedMs.get();
  }

  @Override
  public long monotonicNs() {
    return TimeUnit.MILLISECONDS.toNanos(elapsedMs.get());
  }
}
