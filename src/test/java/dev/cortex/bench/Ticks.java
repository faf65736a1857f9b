package dev.cortex.bench;

/** The one clock of a load run: microseconds since the run's process began, never going back. */
final class Ticks {

  private static final long ORIGIN = System.nanoTime();

  private Ticks() {}

  /** Now, in microseconds. */
  static long nowUs() {
    return (System.nanoTime() - ORIGIN) / 1_000;
  }
}
