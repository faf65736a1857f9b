package dev.cortex.base;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.local.SynchronizationStrategy;
import java.time.Duration;

/**
 * Units that gather at a rate, up to what may pass at once, and are taken by what passes: over any time no more is
 * taken than the rate gives in that time and what may pass at once. Every time it is told is monotonic, in nanoseconds,
 * and not before the one it was told last. Used on one thread.
 */
@Pure
public final class TokenBucket {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long NS_PER_MS = 1_000_000;

  private final Rate rate;
  private final Bucket bucket;
  private long nowNs;

  /**
   * A bucket that was empty at a moment and was left alone since.
   *
   * @param rate what may pass; not {@link Rate#unlimited()}
   * @param emptyNs that moment, not after now
   */
  public TokenBucket(Rate rate, long emptyNs, long nowNs) {
    boolean full = nowNs - emptyNs >= rate.fillNs();
    this.rate = rate;
    this.nowNs = full ? nowNs : emptyNs;
    Bandwidth bandwidth = Bandwidth.builder()
        .capacity(rate.atOnce())
        .refillGreedy(rate.perSecond(), SECOND)
        .initialTokens(full ? rate.atOnce() : 0)
        .build();
    this.bucket = Bucket.builder()
        .addLimit(bandwidth)
        .withCustomTimePrecision(new Told())
        .withSynchronizationStrategy(SynchronizationStrategy.NONE)
        .build();
  }

  /** What fills it. */
  public Rate rate() {
    return rate;
  }

  /** Units that may be taken now. */
  public long available(long atNs) {
    nowNs = atNs;
    return bucket.getAvailableTokens();
  }

  /** Takes so many units, 1 or more; false when there are fewer, and then none is taken. */
  public boolean take(long units, long atNs) {
    nowNs = atNs;
    return bucket.tryConsume(units);
  }

  /** Gives back what was taken for nothing, 1 or more; the bucket does not overflow. */
  public void giveBack(long units, long atNs) {
    nowNs = atNs;
    bucket.addTokens(units);
  }

  /** Milliseconds until so many units can be taken if nobody else takes any, rounded up; 0 when they can be now. */
  public long waitMs(long units, long atNs) {
    nowNs = atNs;
    return -Math.floorDiv(-bucket.estimateAbilityToConsume(units).getNanosToWaitForRefill(), NS_PER_MS);
  }

  /** The time is what the last caller said. */
  private final class Told implements TimeMeter {

    @Override
    public long currentTimeNanos() {
      return nowNs;
    }

    @Override
    public boolean isWallClockBased() {
      return false;
    }
  }
}
