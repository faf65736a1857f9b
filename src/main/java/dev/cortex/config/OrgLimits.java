package dev.cortex.config;

import dev.cortex.base.Pure;
import dev.cortex.config.CortexConfig.Limits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The limits that hold for each org: those of all, with what {@code limits.overrides} says of single ones. */
@Pure
public final class OrgLimits {

  private final Limits common;
  private final Map<String, Limits> byOrg = new LinkedHashMap<>();

  /** The limits of a checked configuration. */
  public OrgLimits(Limits configured) {
    this.common = configured;
    for (String override : configured.overrides()) {
      String org = org(override);
      byOrg.put(org, with(byOrg.getOrDefault(org, configured), override));
    }
  }

  /** The limits of one org. */
  public Limits of(String orgId) {
    return byOrg.isEmpty() ? common : byOrg.getOrDefault(orgId, common);
  }

  /** The limits of whoever belongs to these orgs: those of the only one, else those of all. */
  public Limits of(Set<String> orgs) {
    return orgs.size() == 1 ? of(orgs.iterator().next()) : common;
  }

  /** Whether the same limits hold for every org. */
  public boolean uniform() {
    return byOrg.isEmpty();
  }

  /** Whether publishes of some org are limited, by a rate or by what is stored. */
  public boolean limitPublishes() {
    return limitsPublishes(common) || byOrg.values().stream().anyMatch(OrgLimits::limitsPublishes);
  }

  private static boolean limitsPublishes(Limits limits) {
    return throttles(limits) || limits.storedBytes() > 0;
  }

  /** Whether these limits hold publishes to rates: of the org, its agents or sessions. */
  public static boolean throttles(Limits limits) {
    return limits.eventsPerSecond() > 0
        || limits.bytesPerSecond() > 0
        || limits.agentEventsPerSecond() > 0
        || limits.sessionEventsPerSecond() > 0;
  }

  /**
   * A rule between limits that is broken.
   *
   * @param key the key at fault
   * @param rule what is wrong with it and what is allowed
   * @param involved the keys one of which has to change
   */
  record Problem(String key, String rule, List<String> involved) {}

  /** What does not fit together; empty when all is well. */
  List<Problem> problems(int payloadBytesMax) {
    List<Problem> problems = new ArrayList<>();
    check("limits.", common, payloadBytesMax, problems);
    byOrg.forEach((org, limits) -> check(org + '.', limits, payloadBytesMax, problems));
    Set<String> seen = new HashSet<>();
    for (String override : common.overrides()) {
      String key = override.substring(0, override.indexOf('='));
      if (!seen.add(key)) {
        problems.add(new Problem("limits.overrides", key + " is there twice", List.of("limits.overrides")));
      }
    }
    return problems;
  }

  private void check(String prefix, Limits limits, int payloadBytesMax, List<Problem> problems) {
    if (limits.burst() > 0 && limits.burst() < limits.eventsPerSecond()) {
      String rule = prefix + "burst (" + limits.burst() + ") is below " + prefix + "events_per_second ("
          + limits.eventsPerSecond() + "); raise it, or 0 for two seconds' worth";
      problems.add(problem(limits, rule, "limits.burst", "limits.events_per_second"));
    }
    if (limits.bytesPerSecond() > 0 && limits.bytes().atOnce() < payloadBytesMax) {
      String rule = prefix + "bytes_per_second (" + limits.bytesPerSecond()
          + ") never lets the largest payload through; allowed: 0, or from " + (payloadBytesMax + 1) / 2;
      problems.add(problem(limits, rule, "limits.bytes_per_second", "message_contract.max_payload_size_kb"));
    }
  }

  /** What is wrong with all orgs is wrong where their key was set; with a single one, where its overrides were. */
  private Problem problem(Limits limits, String rule, String key, String other) {
    return limits == common
        ? new Problem(key, rule, List.of(key, other))
        : new Problem("limits.overrides", rule, List.of("limits.overrides", key, other));
  }

  private static String org(String override) {
    return override.substring(0, override.lastIndexOf('.', override.indexOf('=')));
  }

  private static Limits with(Limits l, String override) {
    int equals = override.indexOf('=');
    String key = override.substring(override.lastIndexOf('.', equals) + 1, equals);
    long value = Long.parseLong(override.substring(equals + 1));
    return new Limits(
        key.equals("events_per_second") ? (int) value : l.eventsPerSecond(),
        key.equals("burst") ? (int) value : l.burst(),
        key.equals("bytes_per_second") ? value : l.bytesPerSecond(),
        key.equals("connections") ? (int) value : l.connections(),
        key.equals("subscriptions_per_connection") ? (int) value : l.subscriptionsPerConnection(),
        key.equals("consumer_groups") ? (int) value : l.consumerGroups(),
        key.equals("stored_bytes") ? value : l.storedBytes(),
        key.equals("agent_events_per_second") ? (int) value : l.agentEventsPerSecond(),
        key.equals("session_events_per_second") ? (int) value : l.sessionEventsPerSecond(),
        key.equals("connection_events_per_second") ? (int) value : l.connectionEventsPerSecond(),
        l.overrides());
  }
}
