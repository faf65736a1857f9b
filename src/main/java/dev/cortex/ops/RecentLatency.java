package dev.cortex.ops;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/**
 * Latencies of about the last minute, for quantiles that follow what is happening now. Values are kept to 3 % in
 * counters of a fixed number; recording never blocks. A value recorded in the instant in which its slice is cleared may
 * be lost, which a quantile does not notice; exact totals are kept elsewhere.
 */
final class RecentLatency {

  private static final int SLICES = 6;
  private static final long SLICE_NS = 10_000_000_000L;
  /** Each power of two of microseconds is cut in 32. */
  private static final int CUTS = 32;
  /** Everything above two minutes counts as two minutes. */
  private static final long MAX_US = (1L << 27) - 1;
  private static final int BUCKETS = bucketOf(MAX_US) + 1;

  private final long originNs;
  private final AtomicLongArray[] counts = new AtomicLongArray[SLICES];
  private final AtomicLongArray sliceHeld = new AtomicLongArray(SLICES);

  RecentLatency(long nowNs) {
    originNs = nowNs;
    for (int i = 0; i < SLICES; i++) {
      counts[i] = new AtomicLongArray(BUCKETS);
      sliceHeld.set(i, i);
    }
  }

  void record(long ns, long nowNs) {
    long slice = sliceAt(nowNs);
    int place = (int) (slice % SLICES);
    long held = sliceHeld.get(place);
    if (held < slice && sliceHeld.compareAndSet(place, held, slice)) {
      clear(counts[place]);
    }
    counts[place].incrementAndGet(bucketOf(Math.min(MAX_US, Math.max(0, ns / 1000))));
  }

  /** The value in ms below which each share of the recent latencies lies; NaN when there were none. */
  double[] quantilesMs(long nowNs, double... shares) {
    long[] sum = sums(nowNs);
    long total = LongStream.of(sum).sum();
    double[] values = new double[shares.length];
    for (int i = 0; i < shares.length; i++) {
      values[i] = total == 0 ? Double.NaN : middleMs(bucketHolding(sum, (long) Math.ceil(shares[i] * total)));
    }
    return values;
  }

  /** How many latencies the quantiles are of. */
  long count(long nowNs) {
    return LongStream.of(sums(nowNs)).sum();
  }

  private long[] sums(long nowNs) {
    long[] sum = new long[BUCKETS];
    long newest = sliceAt(nowNs);
    for (int place = 0; place < SLICES; place++) {
      if (sliceHeld.get(place) <= newest - SLICES || sliceHeld.get(place) > newest) {
        continue;
      }
      for (int bucket = 0; bucket < BUCKETS; bucket++) {
        sum[bucket] += counts[place].get(bucket);
      }
    }
    return sum;
  }

  private long sliceAt(long nowNs) {
    return Math.max(0, nowNs - originNs) / SLICE_NS;
  }

  private static int bucketHolding(long[] counts, long rank) {
    long seen = 0;
    for (int bucket = 0; bucket < counts.length; bucket++) {
      seen += counts[bucket];
      if (seen >= Math.max(1, rank)) {
        return bucket;
      }
    }
    throw new IllegalStateException("rank " + rank + " of " + seen);
  }

  private static int bucketOf(long us) {
    if (us < 2 * CUTS) {
      return (int) us;
    }
    int shift = 63 - Long.numberOfLeadingZeros(us) - 5;
    return shift * CUTS + (int) (us >>> shift);
  }

  private static double middleMs(int bucket) {
    if (bucket < 2 * CUTS) {
      return (bucket + 0.5) / 1000;
    }
    int shift = bucket / CUTS - 1;
    long low = (long) (bucket % CUTS + CUTS) << shift;
    return (low + (1L << shift) / 2.0) / 1000;
  }

  private static void clear(AtomicLongArray counts) {
    for (int i = 0; i < counts.length(); i++) {
      counts.set(i, 0);
    }
  }
}
