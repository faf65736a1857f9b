package dev.cortex.sim;

import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.gateway.GatewayModel.Heard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Compares what clients received with what the log owed them. */
final class Reckoning {

  private final MemoryLog log;

  Reckoning(MemoryLog log) {
    this.log = log;
  }

  /** The subscriptions of a client to channels of an org. */
  static List<Heard> of(Client client, String org) {
    return client.heard.stream().filter(one -> one.channel.orgId().equals(org)).toList();
  }

  /**
   * Fails when a client did not receive exactly what it was owed.
   *
   * @param more finds what else is wrong with an org; empty when nothing is
   */
  void check(Client client, Function<String, String> more) {
    Map<String, List<StoredEvent>> received = new HashMap<>();
    for (StoredEvent event : client.received) {
      received.computeIfAbsent(Traffic.org(event), o -> new ArrayList<>()).add(event);
    }
    for (String org : Traffic.ORGS) {
      List<Heard> heard = of(client, org);
      List<StoredEvent> got = received.getOrDefault(org, List.of());
      String fault = heard.size() == 1 ? order(got) : "";
      fault += more.apply(org);
      fault += counts(client, org, heard, got);
      Traffic.require(fault.isEmpty(), client.name() + ": " + fault + " of " + org + " received "
          + got.stream().map(StoredEvent::offset).toList() + " by " + heard);
    }
  }

  private static String order(List<StoredEvent> got) {
    for (int i = 1; i < got.size(); i++) {
      if (got.get(i).offset() <= got.get(i - 1).offset()) {
        return "out of order: " + got.get(i).offset() + ' ';
      }
    }
    return "";
  }

  /** Once what is owed; again at most what a subscription that has ended had delivered before. */
  private String counts(Client client, String org, List<Heard> heard, List<StoredEvent> got) {
    Map<Long, Integer> counts = new HashMap<>();
    got.forEach(event -> counts.merge(event.offset(), 1, Integer::sum));
    // of overlapping subscriptions that end, one may have counted on another that had not come that far
    long last = client.left() ? heard.stream().mapToLong(one -> one.through).min().orElse(0) : Long.MAX_VALUE;
    for (StoredEvent event : log.history(org)) {
      int count = counts.getOrDefault(event.offset(), 0);
      int owing = 0;
      int allowed = 0;
      int ended = 0;
      for (Heard one : heard) {
        if (owes(one, event, one.furthest)) {
          allowed++;
          owing += owes(one, event, one.through) ? 1 : 0;
          ended += one.ended ? 1 : 0;
        }
      }
      boolean optional = client.brokeDown() || event.offset() > last || (allowed == ended && heard.size() > 1);
      if (count < (owing == 0 || optional ? 0 : 1)) {
        return "missing: " + event.offset();
      }
      if (count > Math.min(allowed, ended + 1)) {
        return "too many: " + event.offset();
      }
    }
    return "";
  }

  private static boolean owes(Heard heard, StoredEvent event, long through) {
    return event.offset() > heard.after
        && event.offset() <= through
        && heard.channel.covers(event.agentId(), event.sessionId())
        && heard.losses.stream().noneMatch(l -> event.offset() > l.after() && event.offset() <= l.through());
  }
}
