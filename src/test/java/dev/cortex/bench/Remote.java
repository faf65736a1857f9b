package dev.cortex.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/**
 * Fan-out on a node that does not own the org's room, against the same on the node that does. Both orgs have their
 * rooms on the same node, the publisher talks to that node in both cases, and the rounds take turns.
 */
final class Remote {

  private static final double P50_MORE_MS = 1;
  private static final double P99_TIMES = 2;
  private static final int BATCH = 50;
  private static final int IN_FLIGHT = 4;

  private final Fleet fleet;
  private final int connections;
  private final int payloadBytes;
  private final int rounds;

  /** What is measured in one round. */
  private interface Measure {
    Row of(Fanout fanout) throws IOException, InterruptedException;
  }

  Remote(Fleet fleet, int connections, int payloadBytes, int rounds) {
    this.fleet = fleet;
    this.connections = connections;
    this.payloadBytes = payloadBytes;
    this.rounds = rounds;
  }

  /**
   * Measures each rate and case for that long in all.
   *
   * @param warmMs before that, as fast as it goes, for each case
   */
  void run(Report report, List<Integer> eventsPerSecond, long warmMs, long durationMs)
      throws IOException, InterruptedException, TimeoutException {
    var owner = fleet.node(0);
    var orgs = fleet.orgsOn(owner, 2);
    try (var local = fanout(orgs.get(0), owner);
        var remote = fanout(orgs.get(1), fleet.node(1))) {
      alternate(local, remote, 2, fanout -> fanout.closed(BATCH, IN_FLIGHT, Math.max(1, warmMs / 4)));
      var roundMs = Math.max(1, durationMs / rounds);
      for (var rate : eventsPerSecond) {
        var both = alternate(local, remote, rounds, fanout -> fanout.steady(rate, roundMs));
        add(report, both);
        report.add(latency(both));
      }
      var both = alternate(local, remote, rounds, fanout -> fanout.closed(BATCH, IN_FLIGHT, roundMs));
      add(report, both);
      report.add(throughput(both));
    }
  }

  /** The rounds of the owner and of the other node. */
  private record Both(Rounds owner, Rounds other) {}

  private Fanout fanout(String org, Node node) throws IOException, InterruptedException, TimeoutException {
    var token = fleet.token(org);
    var subscribers = new Subscribers(node.address(), "/api/ws?token=" + token, connections);
    var publisher = new Publisher(fleet.node(0).address(), new Entry("/api/events", token), org, payloadBytes);
    return new Fanout(subscribers, publisher, fleet::cpuUs, payloadBytes);
  }

  private static Both alternate(Fanout owner, Fanout other, int rounds, Measure measure)
      throws IOException, InterruptedException {
    var both = new Both(new Rounds(), new Rounds());
    for (var round = 0; round < rounds; round++) {
      // who is first changes as well
      for (var turn = 0; turn < 2; turn++) {
        var isOwner = (round + turn) % 2 == 0;
        owner.rest(!isOwner);
        other.rest(isOwner);
        (isOwner ? both.owner() : both.other()).add(measure.of(isOwner ? owner : other));
      }
    }
    return both;
  }

  private static void add(Report report, Both both) {
    var owner = both.owner().merged();
    var other = both.other().merged();
    report.add(owner.with("owner; " + perRound(both.owner()) + owner.note(), owner.faults()));
    report.add(other.with("other node; " + perRound(both.other()) + other.note(), other.faults()));
  }

  private static String perRound(Rounds rounds) {
    return "p99 by round " + rounds.span(row -> row.percentileMs(99)) + " ms; ";
  }

  private static Verdict latency(Both both) {
    var owner = both.owner().merged();
    var other = both.other().merged();
    var more = other.percentileMs(50) - owner.percentileMs(50);
    var times = other.percentileMs(99) / owner.percentileMs(99);
    var middle =
        both.other().median(row -> row.percentileMs(99)) / both.owner().median(row -> row.percentileMs(99));
    var text =
        String.format(
            Locale.ROOT,
            "other against owner at %s: p50 %+.2f ms (aim: at most +%.0f ms), p99 %+.2f ms, x %.2f, of the middle"
                + " rounds x %.2f (aim: at most x %.0f)",
            owner.load(), more, P50_MORE_MS, other.percentileMs(99) - owner.percentileMs(99), times, middle, P99_TIMES);
    return new Verdict("remote", text, more <= P50_MORE_MS && times <= P99_TIMES);
  }

  private static Verdict throughput(Both both) {
    var owner = both.owner().median(Row::deliveriesPerSecond);
    var other = both.other().median(Row::deliveriesPerSecond);
    var text =
        String.format(
            Locale.ROOT,
            "other against owner, closed loop, middle rounds: %,.0f of %,.0f deliveries/s, x %.2f (no aim but all"
                + " delivered)",
            other, owner, other / owner);
    return new Verdict("remote", text, both.owner().merged().faults() + both.other().merged().faults() == 0);
  }
}
