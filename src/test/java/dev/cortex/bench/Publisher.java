package dev.cortex.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** Publishes numbered, stamped events over one pipelined HTTP connection, so that they stay in order. */
final class Publisher implements HttpLine.Answered, AutoCloseable {

  /** What came of a run: events sent, events accepted, requests refused, and whether the server could not keep up. */
  record Published(long events, long accepted, long refused, boolean overrun, double seconds) {}

  private static final int BATCH_MAX = 500;
  private static final int IN_FLIGHT_MAX = 1_000;

  private final Selector selector;
  private final HttpLine line;
  private final String org;
  private final int payloadBytes;
  private long next;
  private long accepted;
  private long refused;

  Publisher(InetSocketAddress server, Entry entry, String org, int payloadBytes) throws IOException {
    this.selector = Selector.open();
    this.line = new HttpLine(server, entry, selector);
    this.org = org;
    this.payloadBytes = payloadBytes;
  }

  /** Events sent since the start. */
  long sent() {
    return next;
  }

  /**
   * Open loop: events fall due at a fixed rate whatever the server does, and their stamp is the time they were due.
   *
   * @param tickUs how often a batch falls due, in microseconds
   */
  Published atRate(double eventsPerSecond, long tickUs, long durationMs) throws IOException {
    var before = new Published(next, accepted, refused, false, 0);
    var beganUs = Ticks.nowUs();
    var ticks = TimeUnit.MILLISECONDS.toMicros(durationMs) / tickUs;
    for (var tick = 0L; tick < ticks; tick++) {
      var dueUs = beganUs + tick * tickUs;
      attendUntil(dueUs);
      if (line.inFlight() > IN_FLIGHT_MAX) {
        return since(before, beganUs, true);
      }
      var target = before.events() + (long) (eventsPerSecond * (tick + 1) * tickUs / 1e6);
      while (next < target) {
        post((int) Math.min(BATCH_MAX, target - next), dueUs);
      }
    }
    return since(before, beganUs, !drain());
  }

  /**
   * Closed loop: a batch goes out whenever fewer than {@code inFlight} are on their way.
   *
   * @param arrived how many events have reached every subscriber since the start
   */
  Published inFlight(int batch, int inFlight, long durationMs, LongSupplier arrived) throws IOException {
    var before = new Published(next, accepted, refused, false, 0);
    var beganUs = Ticks.nowUs();
    var endUs = beganUs + TimeUnit.MILLISECONDS.toMicros(durationMs);
    while (Ticks.nowUs() < endUs) {
      if (next - arrived.getAsLong() <= (long) batch * (inFlight - 1)) {
        post(batch, Ticks.nowUs());
        attend(0);
      } else {
        attend(1);
      }
    }
    return since(before, beganUs, !drain());
  }

  private Published since(Published before, long beganUs, boolean overrun) {
    return new Published(
        next - before.events(),
        accepted - before.accepted(),
        refused - before.refused(),
        overrun,
        (Ticks.nowUs() - beganUs) / 1e6);
  }

  private void post(int count, long dueUs) throws IOException {
    line.post(batch(org, next, count, payloadBytes, dueUs), dueUs);
    next += count;
  }

  /** A JSON array of events with these numbers. */
  static String batch(String org, long first, int count, int payloadBytes, long dueUs) {
    var events = new StringJoiner(",", "[", "]");
    for (var number = first; number < first + count; number++) {
      events.add(
          "{\"orgId\":\"" + org + "\",\"type\":\"bench.tick\",\"payload\":"
              + Stamp.payload(number, dueUs, payloadBytes) + "}");
    }
    return events.toString();
  }

  private void attendUntil(long dueUs) throws IOException {
    for (var leftUs = dueUs - Ticks.nowUs(); leftUs > 0; leftUs = dueUs - Ticks.nowUs()) {
      if (leftUs > 1_500) {
        attend(leftUs / 1_000 - 1);
      } else {
        LockSupport.parkNanos(leftUs * 1_000);
      }
    }
    attend(0);
  }

  private void attend(long waitMs) throws IOException {
    if (waitMs > 0) {
      selector.select(waitMs);
    } else {
      selector.selectNow();
    }
    for (var key : selector.selectedKeys()) {
      ((HttpLine) key.attachment()).onReady(this);
    }
    selector.selectedKeys().clear();
  }

  /** Waits for the answers under way; false if they do not come within 15 s. */
  private boolean drain() throws IOException {
    var endUs = Ticks.nowUs() + 15_000_000;
    while (line.inFlight() > 0 && Ticks.nowUs() < endUs) {
      attend(10);
    }
    return line.inFlight() == 0;
  }

  @Override
  public void onAnswer(HttpLine answering, int status, long count, long dueUs) {
    accepted += count;
    if (status != 200) {
      refused++;
    }
  }

  @Override
  public void close() throws IOException {
    for (var key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
