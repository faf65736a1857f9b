package dev.cortex.bench;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Durable publishing over keep-alive HTTP connections, the next request when the last was answered. */
final class Ingest implements HttpLine.Answered {

  private static final long WARM_MS = 2_000;

  private final int connections;
  private final int batch;
  private final int payloadBytes;
  private final Histogram latencyUs = new Histogram(60_000_000L, 3);
  private long next;
  private long accepted;
  private long refused;
  private boolean going = true;

  Ingest(int connections, int batch, int payloadBytes) {
    this.connections = connections;
    this.batch = batch;
    this.payloadBytes = payloadBytes;
  }

  /** Runs for this long after a warm-up. */
  Row run(Target target, long durationMs) throws IOException {
    try (var selector = Selector.open()) {
      for (var i = 0; i < connections; i++) {
        post(new HttpLine(target.address(), "/api/events", selector));
      }
      attend(selector, Math.min(WARM_MS, durationMs));
      latencyUs.reset();
      var before = accepted;
      var cpuBefore = target.cpuUs();
      var began = Ticks.nowUs();
      attend(selector, durationMs);
      var seconds = (Ticks.nowUs() - began) / 1e6;
      var measured = accepted - before;
      var cpuUs = (target.cpuUs() - cpuBefore) / Math.max(1, measured);
      going = false;
      attend(selector, 200);
      for (var key : selector.keys()) {
        key.channel().close();
      }
      var load = connections + " HTTP conns, " + batch + " a request, " + payloadBytes + " B";
      return new Row("ingest", load, measured / seconds, 0, cpuUs, latencyUs, refused, "");
    }
  }

  private void attend(Selector selector, long durationMs) throws IOException {
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(durationMs);
    while (Ticks.nowUs() < endUs) {
      selector.select(10);
      for (var key : selector.selectedKeys()) {
        ((HttpLine) key.attachment()).onReady(this);
      }
      selector.selectedKeys().clear();
    }
  }

  private void post(HttpLine line) throws IOException {
    var body = Publisher.batch("bench", next, batch, payloadBytes, Ticks.nowUs());
    next += batch;
    line.post(batch == 1 ? body.substring(1, body.length() - 1) : body, Ticks.nowUs());
  }

  @Override
  public void onAnswer(HttpLine line, int status, long count, long dueUs) throws IOException {
    latencyUs.recordValue(Math.min(59_000_000L, Ticks.nowUs() - dueUs));
    accepted += count;
    if (status != 200) {
      refused++;
    }
    if (going) {
      post(line);
    }
  }
}
