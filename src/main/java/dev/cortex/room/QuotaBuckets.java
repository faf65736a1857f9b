package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.base.Rate;
import dev.cortex.base.TokenBucket;
import java.util.Iterator;
import java.util.LinkedHashMap;

/**
 * Buckets of one kind by name, those of one org's agents or sessions: as many as were used lately and a bounded number
 * at most. A bucket that is not here is taken as empty at {@code emptyNs} and left alone since. When one is forgotten,
 * that moment is raised to its last use, so what comes back has never more in it than it had; as the one unused for the
 * longest goes first, it has filled up by then and nothing is lost either, unless more names are in use within
 * {@link Rate#fillNs()} than are kept.
 */
@Pure
final class QuotaBuckets {

  private static final class Entry {
    private final TokenBucket bucket;
    private long usedNs;

    private Entry(TokenBucket bucket) {
      this.bucket = bucket;
    }
  }

  private final Rate rate;
  private final int bucketsMax;
  private final LinkedHashMap<String, Entry> byName = new LinkedHashMap<>(16, 0.75f, true);
  private long emptyNs;

  /**
   * Buckets that were all empty at a moment.
   *
   * @param rate what fills each of them, not unlimited
   * @param bucketsMax how many are kept
   */
  QuotaBuckets(Rate rate, int bucketsMax, long emptyNs) {
    this.rate = rate;
    this.bucketsMax = bucketsMax;
    this.emptyNs = emptyNs;
  }

  /** What fills each of them. */
  Rate rate() {
    return rate;
  }

  /** How many are kept now. */
  int size() {
    return byName.size();
  }

  /** The bucket of that name, to be used now. */
  TokenBucket use(String name, long nowNs) {
    Entry entry = byName.get(name);
    if (entry == null) {
      forgetUnused(nowNs);
      entry = new Entry(new TokenBucket(rate, emptyNs, nowNs));
      byName.put(name, entry);
    }
    entry.usedNs = nowNs;
    return entry.bucket;
  }

  /** Forgets what has filled up, and what there is no place for. */
  private void forgetUnused(long nowNs) {
    Iterator<Entry> eldest = byName.values().iterator();
    while (eldest.hasNext()) {
      long usedNs = eldest.next().usedNs;
      if (nowNs - usedNs < rate.fillNs() && byName.size() < bucketsMax) {
        return;
      }
      emptyNs = Math.max(emptyNs, usedNs);
      eldest.remove();
    }
  }
}
