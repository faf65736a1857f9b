package dev.cortex.bench;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Desktops that poll a node and find nothing new, each with its own name, token, cursor and connection: at a fixed
 * rate, one after the other, and as fast as it goes.
 */
final class Desktops implements HttpLine.Answered {

  private static final int ORGS = 100;
  private static final int IN_FLIGHT_MAX = 64;
  private static final int NO_CONTENT = 204;
  private static final long DRAIN_US = 30_000_000;

  private final Fleet fleet;
  private final int desktops;
  private final List<HttpLine> lines = new ArrayList<>();
  private final Histogram latencyUs = new Histogram(60_000_000L, 3);
  private int turn;
  private int inFlight;
  private long answers;
  private long refused;
  private long toldMsMin = Long.MAX_VALUE;
  private long toldMsMax = -1;

  Desktops(Fleet fleet, int desktops) {
    this.fleet = fleet;
    this.desktops = desktops;
  }

  /**
   * Measures each case for that long.
   *
   * @param warmMs before that, as fast as it goes
   */
  void run(Report report, List<Integer> pollsPerSecond, long warmMs, long durationMs)
      throws IOException, InterruptedException {
    var node = fleet.node(0);
    var orgs = fleet.orgsOn(node, Math.min(ORGS, desktops));
    Polls.publish(fleet, orgs);
    var idleUs = idle(node, durationMs);
    try (var selector = Selector.open()) {
      open(node, orgs, selector);
      asFastAsItGoes(selector, warmMs);
      for (var rate : pollsPerSecond) {
        measure(report, node, durationMs, rate + " polls/s", idleUs, () -> atRate(selector, rate, durationMs));
      }
      measure(
          report, node, durationMs, IN_FLIGHT_MAX + " under way", idleUs, () -> asFastAsItGoes(selector, durationMs));
      for (var key : selector.keys()) {
        key.channel().close();
      }
    }
  }

  /** What happens while a case is measured. */
  private interface Polling {
    void go() throws IOException;
  }

  /** Processor time of the node for that long when nobody asks. */
  private static double idle(Node node, long durationMs) throws InterruptedException {
    var beforeUs = node.proc().cpuUs();
    TimeUnit.MILLISECONDS.sleep(durationMs);
    return node.proc().cpuUs() - beforeUs;
  }

  private void open(Node node, List<String> orgs, Selector selector) throws IOException, InterruptedException {
    var cursors = new ArrayList<String>();
    for (var org : orgs) {
      var answer = node.get("/api/events/since?orgId=" + org + "&cursor=0", fleet.token(org));
      cursors.add(answer.headers().firstValue("Cortex-Cursor").orElseThrow());
    }
    for (var i = 0; i < desktops; i++) {
      var org = orgs.get(i % orgs.size());
      var path = "/api/events/since?orgId=" + org + "&limit=500&cursor=" + cursors.get(i % orgs.size());
      var entry = new Entry(path, fleet.token(org, "user-" + i), "install-" + i + "/1");
      lines.add(new HttpLine(node.address(), entry, selector));
      turn = i; // asked at once, since a connection that says nothing is closed soon
      ask(Ticks.nowUs());
      if (inFlight >= IN_FLIGHT_MAX) {
        select(selector, 10);
      }
    }
    drain(selector);
  }

  private void measure(Report report, Node node, long durationMs, String load, double idleUs, Polling polling)
      throws IOException, InterruptedException {
    var before = node.metrics();
    var cpuBefore = node.proc().cpuUs();
    latencyUs.reset();
    answers = 0;
    refused = 0;
    toldMsMin = Long.MAX_VALUE;
    toldMsMax = -1;
    polling.go();
    var cpuUs = node.proc().cpuUs() - cpuBefore;
    var after = node.metrics();
    report.add(
        new Row(
            "desktops",
            String.format(Locale.ROOT, "%,d desktops, %s", desktops, load),
            answers * 1_000.0 / durationMs,
            0,
            cpuUs / Math.max(1, answers),
            latencyUs.copy(),
            refused,
            String.format(
                Locale.ROOT,
                "%.3f s of processor time per 1,000 polls (%.3f above an idle node); told to come again in %,d to"
                    + " %,d ms",
                cpuUs / 1e3 / Math.max(1, answers),
                (cpuUs - idleUs) / 1e3 / Math.max(1, answers),
                toldMsMin,
                toldMsMax)));
    report.add(bySource(before, after));
  }

  private Verdict bySource(Exposition before, Exposition after) {
    var log = after.polls("log") - before.polls("log");
    var text =
        String.format(
            Locale.ROOT,
            "of %,d polls %,d were answered from the gateway's memory, %,d by the room in memory, %,d from the log"
                + " (aim: none from the log)",
            answers, after.polls("memory") - before.polls("memory"), after.polls("room") - before.polls("room"), log);
    return new Verdict("desktops", text, log == 0);
  }

  private void atRate(Selector selector, int pollsPerSecond, long durationMs) throws IOException {
    var beganUs = Ticks.nowUs();
    var count = pollsPerSecond * durationMs / 1_000;
    for (var i = 0L; i < count; i++) {
      var dueUs = beganUs + i * 1_000_000 / pollsPerSecond;
      for (var leftUs = dueUs - Ticks.nowUs(); leftUs > 0; leftUs = dueUs - Ticks.nowUs()) {
        select(selector, Math.max(1, leftUs / 1_000));
      }
      ask(dueUs);
    }
    drain(selector);
  }

  private void asFastAsItGoes(Selector selector, long durationMs) throws IOException {
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(durationMs);
    while (Ticks.nowUs() < endUs) {
      while (inFlight < Math.min(IN_FLIGHT_MAX, desktops)) {
        ask(Ticks.nowUs());
      }
      select(selector, 1);
    }
    drain(selector);
  }

  private void ask(long dueUs) throws IOException {
    inFlight++;
    lines.get(turn).get(dueUs);
    turn = (turn + 1) % lines.size();
  }

  private void drain(Selector selector) throws IOException {
    var endUs = Ticks.nowUs() + DRAIN_US;
    while (inFlight > 0) {
      if (Ticks.nowUs() > endUs) {
        throw new IOException(inFlight + " polls were not answered");
      }
      select(selector, 10);
    }
  }

  private void select(Selector selector, long waitMs) throws IOException {
    selector.select(waitMs);
    for (var key : selector.selectedKeys()) {
      ((HttpLine) key.attachment()).onReady(this);
    }
    selector.selectedKeys().clear();
  }

  @Override
  public void onAnswer(HttpLine line, int status, long accepted, long dueUs) {
    inFlight--;
    answers++;
    latencyUs.recordValue(Math.min(59_000_000L, Ticks.nowUs() - dueUs));
    if (status != NO_CONTENT) {
      refused++;
    }
    toldMsMin = Math.min(toldMsMin, line.nextPollAfterMs());
    toldMsMax = Math.max(toldMsMax, line.nextPollAfterMs());
  }
}
