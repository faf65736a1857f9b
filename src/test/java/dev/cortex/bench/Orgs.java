package dev.cortex.bench;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/** Very many orgs, each touched once: what their rooms cost the nodes, and whether that is given back. */
final class Orgs {

  private static final int BATCH = 500;
  private static final int PAYLOAD_BYTES = 100;
  private static final long TOUCH_MS = 600_000;
  private static final long LEAVE_MS = 300_000;
  private static final long KEPT_KIB = 16 * 1024;
  private static final String STORED =
      "SELECT (SELECT count(*) FROM realtime_events), (SELECT count(DISTINCT org_id) FROM realtime_events),"
          + " (SELECT count(*) FROM org_heads)";

  private final Fleet fleet;
  private final int orgs;
  private int next;

  Orgs(Fleet fleet, int orgs) {
    this.fleet = fleet;
    this.orgs = orgs;
  }

  /** What a node holds, after a collection. */
  private record Held(long heapKib, long residentKib, long rooms) {}

  /** Touches every org once, waits until the rooms have left, and compares. */
  void run(Report report) throws IOException, InterruptedException, TimeoutException, SQLException {
    var before = held(report, "before");
    report.add(touch());
    var peak = held(report, "all touched");
    awaitNoRooms();
    var after = held(report, "rooms gone");
    report.add(stored());
    report.add(memory(before, peak, after));
  }

  private Row touch() throws IOException {
    try (var loop = new Loop(200)) {
      for (var node : fleet.nodes()) {
        // rooms that were touched first leave after 60 s: more at once would only wait longer in the nodes
        loop.open(node.address(), new Entry("/broadcast", Fleet.SERVICE_TOKEN), this::post);
      }
      var done = loop.finish(TOUCH_MS, fleet::cpuUs);
      var load = orgs + " orgs, " + BATCH + " a request";
      return new Row("orgs", load, done.accepted() / done.seconds(), 0, done.cpuUs() / Math.max(1, done.accepted()),
          done.latencyUs(), done.refused() + orgs - done.accepted(),
          String.format(Locale.ROOT, "touched in %.1f s", done.seconds()));
    }
  }

  private boolean post(HttpLine line) throws IOException {
    if (next == orgs) {
      return false;
    }
    var events = new StringJoiner(",", "[", "]");
    for (var end = Math.min(orgs, next + BATCH); next < end; next++) {
      events.add("{\"orgId\":\"org-" + next + "\",\"type\":\"bench.tick\",\"payload\":"
          + Stamp.payload(next, 0, PAYLOAD_BYTES) + "}");
    }
    line.post(events.toString(), Ticks.nowUs());
    return true;
  }

  private List<Held> held(Report report, String when) throws IOException, InterruptedException {
    var all = new ArrayList<Held>();
    for (var node : fleet.nodes()) {
      // the resident size first: a collection may give memory back that the load needed
      var resident = node.proc().residentKib();
      node.proc().ask("GC.run");
      var metrics = node.metrics();
      var held = new Held(metrics.heapKib(), resident, metrics.rooms());
      all.add(held);
      var note = String.format(Locale.ROOT, "heap after collection %.1f MiB, resident %.0f MiB, %,d rooms",
          held.heapKib() / 1024.0, held.residentKib() / 1024.0, held.rooms());
      report.add(new Row("orgs", node.name() + ' ' + when, 0, 0, 0, new Histogram(60_000_000L, 3), 0, note));
    }
    return all;
  }

  private void awaitNoRooms() throws IOException, InterruptedException, TimeoutException {
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(LEAVE_MS);
    for (var node : fleet.nodes()) {
      while (node.metrics().rooms() > 0) {
        if (Ticks.nowUs() > endUs) {
          throw new TimeoutException(node.name() + " still has rooms after " + LEAVE_MS + " ms");
        }
        TimeUnit.SECONDS.sleep(1);
      }
    }
  }

  private Verdict stored() throws SQLException {
    try (var connection = fleet.database().connect();
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery(STORED)) {
      row.next();
      var text = String.format(Locale.ROOT, "the log holds %,d events of %,d orgs and %,d heads (aim: %,d of each)",
          row.getLong(1), row.getLong(2), row.getLong(3), orgs);
      return new Verdict(
          "orgs", text, row.getLong(1) == orgs && row.getLong(2) == orgs && row.getLong(3) == orgs);
    }
  }

  private static Verdict memory(List<Held> before, List<Held> peak, List<Held> after) {
    var rooms = Math.max(1, peak.stream().mapToLong(Held::rooms).sum());
    var grown = 0L;
    var given = 0L;
    var kept = 0L;
    for (var i = 0; i < before.size(); i++) {
      grown += peak.get(i).heapKib() - before.get(i).heapKib();
      given += peak.get(i).heapKib() - after.get(i).heapKib();
      kept = Math.max(kept, after.get(i).heapKib() - before.get(i).heapKib());
    }
    var text =
        String.format(
            Locale.ROOT,
            "%,d rooms at the peak: %.2f KiB of heap each more than before, %.2f KiB each more than when they were"
                + " gone; then a node kept at most %.1f MiB more than before (aim: at most %d MiB)",
            rooms, grown / (double) rooms, given / (double) rooms, kept / 1024.0, KEPT_KIB / 1024);
    return new Verdict("orgs", text, kept <= KEPT_KIB);
  }
}
