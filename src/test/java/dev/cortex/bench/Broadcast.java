package dev.cortex.bench;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Durable publishing of a back-end service on one node with PostgreSQL, against plain connections that insert the same
 * rows into the same tables of the same server. The rounds take turns.
 */
final class Broadcast {

  /**
   * One way to publish.
   *
   * @param connections HTTP connections of the service
   * @param batch events a request, and rows a commit of the plain connections
   */
  record Load(int connections, int batch) {}

  private static final String ROWS =
      "SELECT "
          + Stream.of("realtime_events", "event_keys", "sessions")
              .flatMap(table -> Stream.of("bench", "plain").map(whose ->
                  "(SELECT count(*) FROM " + table + " WHERE org_id LIKE '" + whose + "-%')"))
              .collect(Collectors.joining(", "));

  private static final double AIM = 0.5;
  private static final int ORGS = 8;
  private static final int WRITERS = 4;
  private static final long RAMP_MS = 300;

  private final Fleet fleet;
  private final int payloadBytes;
  private final int rounds;
  private long next;
  private int writers;
  private long accepted;

  Broadcast(Fleet fleet, int payloadBytes, int rounds) {
    this.fleet = fleet;
    this.payloadBytes = payloadBytes;
    this.rounds = rounds;
  }

  /**
   * Measures each load for that long in all, and the plain inserts as long.
   *
   * @param warmMs before that, each
   */
  void run(Report report, List<Load> loads, long warmMs, long durationMs)
      throws IOException, InterruptedException, SQLException {
    for (var load : loads) {
      try (var loop = new Loop(200);
          var plain = new PlainWriters(fleet.database(), writers, WRITERS, load.batch(), payloadBytes)) {
        writers += WRITERS;
        for (var i = 0; i < load.connections(); i++) {
          var session = "s" + i;
          loop.open(fleet.node(0).address(), new Entry("/broadcast", Fleet.SERVICE_TOKEN),
              line -> post(line, session, load.batch()));
        }
        loop.measure(0, warmMs, fleet::cpuUs);
        plain.measure(0, warmMs);
        var server = new Rounds();
        var inserts = new Rounds();
        var roundMs = Math.max(1, durationMs / rounds);
        for (var round = 0; round < rounds; round++) {
          server.add(row(load, loop.measure(RAMP_MS, roundMs, fleet::cpuUs)));
          inserts.add(plain.measure(RAMP_MS, roundMs));
        }
        report.add(server.merged());
        report.add(inserts.merged());
        report.add(verdict(server, inserts));
        accepted += loop.accepted();
      }
    }
    report.add(rows());
  }

  /** Whether both wrote the same rows for an event, and the log holds every event that was called accepted. */
  private Verdict rows() throws SQLException {
    try (var connection = fleet.database().connect();
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery(ROWS)) {
      row.next();
      var events = row.getLong(1);
      var text =
          String.format(
              Locale.ROOT,
              "the log holds %,d of %,d events that were accepted; keys an event: server %.3f, plain %.3f; sessions:"
                  + " %d and %d",
              events, accepted, row.getLong(3) / (double) events, row.getLong(4) / (double) row.getLong(2),
              row.getLong(5), row.getLong(6));
      var same = row.getLong(3) == events && row.getLong(4) == row.getLong(2);
      return new Verdict("broadcast", text, events == accepted && same);
    }
  }

  private boolean post(HttpLine line, String session, int count) throws IOException {
    var org = "bench-" + next / count % ORGS;
    var events = new StringJoiner(",", "[", "]");
    for (var i = 0; i < count; i++) {
      events.add(
          "{\"orgId\":\"" + org + "\",\"agentId\":\"bench\",\"sessionId\":\"" + session
              + "\",\"type\":\"bench.tick\",\"payload\":" + Stamp.payload(next++, 0, payloadBytes) + "}");
    }
    line.post(events.toString(), Ticks.nowUs());
    return true;
  }

  private Row row(Load load, Loop.Measured measured) {
    var text = load.connections() + " HTTP conns, " + load.batch() + " a request, " + payloadBytes + " B";
    return new Row("broadcast", text, measured.accepted() / measured.seconds(), 0,
        measured.cpuUs() / Math.max(1, measured.accepted()), measured.latencyUs(),
        measured.refused() + Math.abs(measured.answers() * load.batch() - measured.accepted()), "");
  }

  private static Verdict verdict(Rounds server, Rounds inserts) {
    var ratio = server.median(Row::eventsPerSecond) / inserts.median(Row::eventsPerSecond);
    var text =
        String.format(
            Locale.ROOT,
            "server against %s, middle rounds: x %.2f (aim: at least x %.1f); by round %s against %s events/s",
            inserts.merged().load(), ratio, AIM, server.span(Row::eventsPerSecond),
            inserts.span(Row::eventsPerSecond));
    return new Verdict("broadcast", text, ratio >= AIM);
  }
}
