package dev.cortex.room;

import dev.cortex.base.Pure;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who is reading old events, and where. Trimming stops before a reader in replay; a reader that has not asked for its
 * next page for a while loses that protection, so that a stuck client cannot keep the disk full.
 */
@Pure
final class ReplayLeases {

  private record Reading(String orgId, String reader) {}

  private record Lease(long after, long untilNs) {}

  private final long leaseNs;
  /** In the order in which they run out, so that those that did are found first. */
  private final LinkedHashMap<Reading, Lease> leases = new LinkedHashMap<>();

  ReplayLeases(long leaseNs) {
    this.leaseNs = leaseNs;
  }

  /** A reader of an org asked for what follows {@code after}. */
  void reading(String orgId, String reader, long after, long nowNs) {
    Reading reading = new Reading(orgId, reader);
    leases.remove(reading); // to stand last
    leases.put(reading, new Lease(after, nowNs + leaseNs));
    expire(nowNs);
  }

  /** A reader reached the head, or gave up. */
  void done(String orgId, String reader) {
    leases.remove(new Reading(orgId, reader));
  }

  /** The highest offset that may be trimmed at most, given that {@code wanted} is to be. */
  long allowed(String orgId, long wanted, long nowNs) {
    expire(nowNs);
    long allowed = wanted;
    for (Map.Entry<Reading, Lease> entry : leases.entrySet()) {
      if (entry.getKey().orgId().equals(orgId)) {
        allowed = Math.min(allowed, entry.getValue().after());
      }
    }
    return allowed;
  }

  /** How many readers are remembered. */
  int size() {
    return leases.size();
  }

  private void expire(long nowNs) {
    Iterator<Lease> eldest = leases.values().iterator();
    while (eldest.hasNext() && eldest.next().untilNs - nowNs < 0) {
      eldest.remove();
    }
  }
}
