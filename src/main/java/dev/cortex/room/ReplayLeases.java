package dev.cortex.room;

import dev.cortex.base.Pure;
import java.util.HashMap;
import java.util.Map;

/**
 * Who is reading old events, and where. Trimming stops before a reader in replay; a reader that has not asked for its
 * next page for a while loses that protection, so that a stuck client cannot keep the disk full.
 */
@Pure
final class ReplayLeases {

  private record Lease(long after, long untilNs) {}

  private final long leaseNs;
  private final Map<String, Map<String, Lease>> byOrg = new HashMap<>();

  ReplayLeases(long leaseNs) {
    this.leaseNs = leaseNs;
  }

  /** A reader of an org asked for what follows {@code after}. */
  void reading(String orgId, String reader, long after, long nowNs) {
    byOrg.computeIfAbsent(orgId, org -> new HashMap<>()).put(reader, new Lease(after, nowNs + leaseNs));
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
    leases.values().removeIf(lease -> lease.untilNs - nowNs < 0);
    long allowed = wanted;
    for (Lease lease : leases.values()) {
      allowed = Math.min(allowed, lease.after);
    }
    if (leases.isEmpty()) {
      byOrg.remove(orgId);
    }
    return allowed;
  }
}
