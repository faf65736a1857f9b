package dev.cortex.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.HdrHistogram.Histogram;

/** A closed loop over keep-alive connections: each sends its next request when the last one was answered. */
final class Loop implements HttpLine.Answered, AutoCloseable {

  /** What a connection asks for next. */
  interface Sender {

    /** Sends one request; false when there is nothing more to send. */
    boolean send(HttpLine line) throws IOException;
  }

  /**
   * What came of a while.
   *
   * @param accepted events that the answers called accepted
   * @param refused answers of another status than the wanted one
   * @param cpuUs processor time of the server
   */
  record Measured(long answers, long accepted, long refused, double seconds, double cpuUs, Histogram latencyUs) {}

  private static final long DRAIN_MS = 30_000;

  private final int wantedStatus;
  private final Selector selector;
  private final Map<HttpLine, Sender> lines = new LinkedHashMap<>();
  private final Histogram latencyUs = new Histogram(60_000_000L, 3);
  private long answers;
  private long accepted;
  private long refused;
  private boolean going;

  /** A loop without connections yet, whose requests are to be answered with that status. */
  Loop(int wantedStatus) throws IOException {
    this.wantedStatus = wantedStatus;
    this.selector = Selector.open();
  }

  /** Opens one more connection. */
  void open(InetSocketAddress server, Entry entry, Sender sender) throws IOException {
    lines.put(new HttpLine(server, entry, selector), sender);
  }

  /** Events accepted since the start, in the answers of all times. */
  long accepted() {
    return accepted;
  }

  /**
   * Goes on for that long, then waits for the answers under way.
   *
   * @param rampMs before counting begins
   */
  Measured measure(long rampMs, long durationMs, DoubleSupplier cpuUs) throws IOException {
    begin();
    attend(rampMs);
    var before = new Measured(answers, accepted, refused, Ticks.nowUs() / 1e6, cpuUs.getAsDouble(), latencyUs);
    latencyUs.reset();
    attend(durationMs);
    var after = since(before, cpuUs);
    drain(DRAIN_MS);
    return after;
  }

  /** Goes on until no connection has more to send; an {@link IOException} when that takes too long. */
  Measured finish(long timeoutMs, DoubleSupplier cpuUs) throws IOException {
    var before = new Measured(answers, accepted, refused, Ticks.nowUs() / 1e6, cpuUs.getAsDouble(), latencyUs);
    latencyUs.reset();
    begin();
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(timeoutMs);
    while (inFlight() > 0) {
      if (Ticks.nowUs() > endUs) {
        throw new IOException(inFlight() + " requests unanswered after " + timeoutMs + " ms");
      }
      select(10);
    }
    return since(before, cpuUs);
  }

  private void begin() throws IOException {
    going = true;
    for (var line : lines.keySet()) {
      lines.get(line).send(line);
    }
  }

  private Measured since(Measured before, DoubleSupplier cpuUs) {
    return new Measured(
        answers - before.answers(),
        accepted - before.accepted(),
        refused - before.refused(),
        Ticks.nowUs() / 1e6 - before.seconds(),
        cpuUs.getAsDouble() - before.cpuUs(),
        latencyUs.copy());
  }

  private void attend(long durationMs) throws IOException {
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(durationMs);
    while (Ticks.nowUs() < endUs) {
      select(10);
    }
  }

  private void drain(long timeoutMs) throws IOException {
    going = false;
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(timeoutMs);
    while (inFlight() > 0) {
      if (Ticks.nowUs() > endUs) {
        throw new IOException(inFlight() + " requests unanswered " + timeoutMs + " ms after the last");
      }
      select(10);
    }
  }

  private int inFlight() {
    return lines.keySet().stream().mapToInt(HttpLine::inFlight).sum();
  }

  private void select(long waitMs) throws IOException {
    selector.select(waitMs);
    for (var key : selector.selectedKeys()) {
      ((HttpLine) key.attachment()).onReady(this);
    }
    selector.selectedKeys().clear();
  }

  @Override
  public void onAnswer(HttpLine line, int status, long count, long dueUs) throws IOException {
    latencyUs.recordValue(Math.min(59_000_000L, Ticks.nowUs() - dueUs));
    answers++;
    accepted += count;
    if (status != wantedStatus) {
      refused++;
    }
    if (going) {
      lines.get(line).send(line);
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
