package dev.cortex.base;

/**
 * Waiting times between attempts: exponential with full jitter, so that many who failed together do not return
 * together.
 *
 * @param firstMs upper bound of the first wait, in ms, at least 1
 * @param maxMs upper bound of every wait, in ms, at least {@code firstMs}
 */
@Pure
public record Backoff(long firstMs, long maxMs) {

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException when they are not 1 ≤ first ≤ max
   */
  public Backoff {
    if (firstMs < 1 || maxMs < firstMs) {
      throw new IllegalArgumentException("backoff needs 1 <= firstMs <= maxMs, got " + firstMs + " and " + maxMs);
    }
  }

  /**
   * The wait after that many failures in a row.
   *
   * @param failures at least 1
   * @param chance a random number in [0, 1)
   * @return ms, from 0 to {@code min(maxMs, firstMs * 2^(failures-1))}
   */
  public long delayMs(int failures, double chance) {
    if (failures < 1 || !(chance >= 0 && chance < 1)) {
      throw new IllegalArgumentException("no wait after " + failures + " failures with chance " + chance);
    }
    return (long) (chance * (boundMs(failures) + 1));
  }

  private long boundMs(int failures) {
    long boundMs = firstMs;
    for (int i = 1; i < failures && boundMs < maxMs; i++) {
      boundMs = boundMs > maxMs / 2 ? maxMs : boundMs * 2;
    }
    return boundMs;
  }
}
