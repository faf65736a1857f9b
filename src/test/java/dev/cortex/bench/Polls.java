package dev.cortex.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Polls that find nothing new, on the node that owns the polled orgs' rooms and on another one, in turns. */
final class Polls {

  private static final int ORGS = 16;
  private static final long RAMP_MS = 300;

  private final Fleet fleet;
  private final int connections;
  private final int rounds;

  Polls(Fleet fleet, int connections, int rounds) {
    this.fleet = fleet;
    this.connections = connections;
    this.rounds = rounds;
  }

  /**
   * Measures both nodes for that long each.
   *
   * @param warmMs before that, each
   */
  void run(Report report, long warmMs, long durationMs) throws IOException, InterruptedException, SQLException {
    var owner = fleet.node(0);
    var orgs = fleet.orgsOn(owner, ORGS);
    publish(fleet, orgs);
    try (var ownerLoop = warm(owner, orgs, warmMs);
        var otherLoop = warm(fleet.node(1), orgs, warmMs)) {
      var cases = List.of(new Case("owner", owner, ownerLoop), new Case("other node", fleet.node(1), otherLoop));
      var roundMs = Math.max(1, durationMs / rounds);
      for (var round = 0; round < rounds; round++) {
        for (var each : cases) {
          each.measure(roundMs);
        }
      }
      for (var each : cases) {
        report.add(each.rounds().merged().with(each.note(), each.rounds().merged().faults()));
        report.add(each.verdict());
      }
    }
  }

  /** One event in each org. */
  static void publish(Fleet fleet, List<String> orgs) throws IOException {
    try (var loop = new Loop(200)) {
      var left = orgs.iterator();
      loop.open(fleet.node(0).address(), new Entry("/broadcast", Fleet.SERVICE_TOKEN), line -> {
        if (!left.hasNext()) {
          return false;
        }
        line.post(Publisher.batch(left.next(), 0, 1, 100, 0), Ticks.nowUs());
        return true;
      });
      var stored = loop.finish(10_000, () -> 0);
      if (stored.accepted() != orgs.size()) {
        throw new IOException(stored.accepted() + " of " + orgs.size() + " events were accepted");
      }
    }
  }

  /** Connections to a node that have polled for a while; one that has asked for nothing would soon be closed. */
  private Loop warm(Node node, List<String> orgs, long warmMs) throws IOException, InterruptedException {
    var entries = new ArrayList<Entry>();
    for (var org : orgs) {
      var token = fleet.token(org);
      var cursor = node.get("/api/events/since?cursor=0", token).headers().firstValue("Cortex-Cursor").orElseThrow();
      entries.add(new Entry("/api/events/since?cursor=" + cursor, token));
    }
    var loop = new Loop(204);
    for (var i = 0; i < connections; i++) {
      loop.open(node.address(), entries.get(i % entries.size()), line -> {
        line.get(Ticks.nowUs());
        return true;
      });
    }
    loop.measure(0, warmMs, () -> 0);
    return loop;
  }

  /** One node that is polled, and what its rounds gave. */
  private final class Case {
    private final String name;
    private final Node node;
    private final Loop loop;
    private final Rounds rounds = new Rounds();
    private final long[] bySource = new long[3];
    private long polls;
    private long transactions;
    private double cpuUs;

    Case(String name, Node node, Loop loop) {
      this.name = name;
      this.node = node;
      this.loop = loop;
    }

    Rounds rounds() {
      return rounds;
    }

    void measure(long durationMs) throws IOException, InterruptedException, SQLException {
      var transactionsBefore = fleet.transactions();
      var before = node.metrics();
      var measured = loop.measure(RAMP_MS, durationMs, node.proc()::cpuUs);
      var after = node.metrics();
      var sources = List.of("memory", "room", "log");
      for (var i = 0; i < bySource.length; i++) {
        bySource[i] += after.polls(sources.get(i)) - before.polls(sources.get(i));
      }
      transactions += fleet.transactions() - transactionsBefore;
      polls += measured.answers();
      cpuUs += measured.cpuUs();
      var load = connections + " conns, empty polls, " + name;
      rounds.add(new Row("polls", load, measured.answers() / measured.seconds(), 0,
          measured.cpuUs() / Math.max(1, measured.answers()), measured.latencyUs(), measured.refused(), ""));
    }

    String note() {
      return String.format(Locale.ROOT, "%,.0f polls/s of one core; %.2f ms of processor time per 1,000",
          polls / Math.max(1, cpuUs) * 1e6, cpuUs / Math.max(1, polls));
    }

    Verdict verdict() {
      var text =
          String.format(
              Locale.ROOT,
              "%s: of %,d polls and those before and after counting, %,d were answered from its memory, %,d by the room"
                  + " in memory, %,d from the log; the database committed %,d transactions meanwhile"
                  + " (aim: none from the log, under 1 per 100 polls)",
              name, polls, bySource[0], bySource[1], bySource[2], transactions);
      var outOfMemory = bySource[0] + bySource[1] >= polls && bySource[2] == 0;
      return new Verdict("polls", text, outOfMemory && transactions * 100 < polls);
    }
  }
}
