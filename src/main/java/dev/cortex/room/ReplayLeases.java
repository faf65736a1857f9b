package dev.cortex.room;

import dev.cortex.base.Pure;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who is reading old events, and where. Trimming stops before a reader in replay; a reader that has not asked for its
 * next page for a while loses that protection, so that a stuck client cannot keep the disk full.
 */
@Pure
final class ReplayLeases {

  private record Lease(long after, long untilNs) {}

  private final long leaseNs;
  /** Of each org in the order in which they run out. */
  private final Map<String, LinkedHashMap<String, Lease>> byOrg = new HashMap<>();

  ReplayLeases(long leaseNs) {
    this.leaseNs = leaseNs;
  }

  /** A reader of an org asked for what follows {@code after}. */
  void reading(String orgId, String reader, long after, long nowNs) {
    LinkedHashMap<String, Lease> leases = byOrg.computeIfAbsent(orgId, org -> new LinkedHashMap<>());
    leases.remove(reader); // to stand last
    leases.put(reader, new Lease(after, nowNs + leaseNs));
    expire(leases, nowNs);
  }

  /** A reader reached the head, or gave up. */
  void done(String orgId, String reader) {
    LinkedHashMap<String, Lease> leases = byOrg.get(orgId);
    if (leases != null) {
      leases.remove(reader);
      if (leases.isEmpty()) {
        byOrg.remove(orgId);
      }
    }
  }

  /** The highest offset that may be trimmed at most, given that {@code wanted} is to be. */
  long allowed(String orgId, long wanted, long nowNs) {
    LinkedHashMap<String, Lease> leases = byOrg.get(orgId);
    if (leases == null) {
      return wanted;
    }
    expire(leases, nowNs);
    long allowed = wanted;
    for (Lease lease : leases.values()) {
      allowed = Math.min(allowed, lease.after);
    }
    if (leases.isEmpty()) {
      byOrg.remove(orgId);
    }
    return allowed;
  }

  /** Leases held, the expired ones among them that nobody has come across. */
  int size() {
    return byOrg.values().stream().mapToInt(Map::size).sum();
  }

  private static void expire(LinkedHashMap<String, Lease> leases, long nowNs) {
    Iterator<Lease> eldest = leases.values().iterator();
    while (eldest.hasNext() && eldest.next().untilNs - nowNs < 0) {
      eldest.remove();
    }
  }
}
