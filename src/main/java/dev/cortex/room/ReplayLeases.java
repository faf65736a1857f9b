package dev.cortex.room;

import dev.cortex.base.Pure;
import java.util.HashMap;
import java.util.Map;

/**
 * Who is reading old events, and where. Trimming stops before a reader in replay; a reader that has not asked for its
 * next page for a while loses that protection, so that a stuck client cannot keep the disk full, and is forgotten, so
 * that readers who never reach the head do not fill the memory.
 */
@Pure
final class ReplayLeases {

  private record Lease(long after, long untilNs) {}

  private final long leaseNs;
  private final Map<String, Map<String, Lease>> byOrg = new HashMap<>();
  private long tidyNs;
  private boolean tidied;

  ReplayLeases(long leaseNs) {
    this.leaseNs = leaseNs;
  }

  /** A reader of an org asked for what follows {@code after}. */
  void reading(String orgId, String reader, long after, long nowNs) {
    if (!tidied || nowNs - tidyNs >= leaseNs) {
      tidied = true;
      tidyNs = nowNs;
      byOrg.values().forEach(leases -> expire(leases, nowNs));
      byOrg.values().removeIf(Map::isEmpty);
    }
    byOrg.computeIfAbsent(orgId, org -> new HashMap<>()).put(reader, new Lease(after, nowNs + leaseNs));
  }

  /** How many readers are remembered. */
  int size() {
    return byOrg.values().stream().mapToInt(Map::size).sum();
  }

  /** A reader reached the head, or gave up. */
  void done(String orgId, String reader) {
    Map<String, Lease> leases = byOrg.get(orgId);
    if (leases != null) {
      leases.remove(reader);
      if (leases.isEmpty()) {
        byOrg.remove(orgId);
      }
    }
  }

  /** The highest offset that may be trimmed at most, given that {@code wanted} is to be. */
  long allowed(String orgId, long wanted, long nowNs) {
    Map<String, Lease> leases = byOrg.get(orgId);
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

  private static void expire(Map<String, Lease> leases, long nowNs) {
    leases.values().removeIf(lease -> lease.untilNs - nowNs < 0);
  }
}
