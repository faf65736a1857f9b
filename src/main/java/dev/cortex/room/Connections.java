package dev.cortex.room;

import dev.cortex.base.Pure;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * How many connections each org has, by gateway, for its quota. The counts are told by gateways: they come with every
 * attach, so a new owner learns them, and go with their node.
 */
@Pure
final class Connections {

  private final ToIntFunction<String> most;
  private final Map<String, Map<String, Integer>> byOrg = new HashMap<>();

  /**
   * No connections.
   *
   * @param most how many an org may have; 0 is unlimited
   */
  Connections(ToIntFunction<String> most) {
    this.most = most;
  }

  /** Counts one more connection of an org; false, and not counted, when it has as many as it may. */
  boolean connect(String gateway, String orgId) {
    int limit = most.applyAsInt(orgId);
    if (limit > 0 && of(orgId) >= limit) {
      return false;
    }
    byOrg.computeIfAbsent(orgId, org -> new HashMap<>()).merge(gateway, 1, Integer::sum);
    return true;
  }

  /** A connection that was counted is gone. */
  void disconnect(String gateway, String orgId) {
    Map<String, Integer> gateways = byOrg.get(orgId);
    if (gateways != null) {
      gateways.computeIfPresent(gateway, (same, count) -> count > 1 ? count - 1 : null);
      if (gateways.isEmpty()) {
        byOrg.remove(orgId);
      }
    }
  }

  /** A gateway says how many connections of an org it has. */
  void announced(String gateway, String orgId, int count) {
    if (count > 0) {
      byOrg.computeIfAbsent(orgId, org -> new HashMap<>()).put(gateway, count);
    }
  }

  /** The connections of an org. */
  int of(String orgId) {
    int sum = 0;
    for (int count : byOrg.getOrDefault(orgId, Map.of()).values()) {
      sum += count;
    }
    return sum;
  }

  /** Forgets the gateways whose address does not satisfy that. */
  void retainGateways(Predicate<String> gateways) {
    byOrg.values().removeIf(counts -> {
      counts.keySet().removeIf(gateways.negate());
      return counts.isEmpty();
    });
  }

  /** Forgets these orgs. */
  void forget(Predicate<String> orgs) {
    byOrg.keySet().removeIf(orgs);
  }

  /** The orgs that have connections. */
  Set<String> orgs() {
    return Set.copyOf(byOrg.keySet());
  }
}
