package dev.cortex.bench;

import java.io.IOException;

/** Durable publishing over keep-alive HTTP connections, the next request when the last was answered. */
final class Ingest {

  private static final long WARM_MS = 2_000;

  private final int connections;
  private final int batch;
  private final int payloadBytes;
  private long next;

  Ingest(int connections, int batch, int payloadBytes) {
    this.connections = connections;
    this.batch = batch;
    this.payloadBytes = payloadBytes;
  }

  /** Runs for this long after a warm-up. */
  Row run(Target target, long durationMs) throws IOException {
    try (var loop = new Loop(200)) {
      for (var i = 0; i < connections; i++) {
        loop.open(target.address(), Entry.open("/api/events"), this::post);
      }
      var measured = loop.measure(Math.min(WARM_MS, durationMs), durationMs, target::cpuUs);
      var load = connections + " HTTP conns, " + batch + " a request, " + payloadBytes + " B";
      return new Row("ingest", load, measured.accepted() / measured.seconds(), 0,
          measured.cpuUs() / Math.max(1, measured.accepted()), measured.latencyUs(), measured.refused(), "");
    }
  }

  private boolean post(HttpLine line) throws IOException {
    var body = Publisher.batch("bench", next, batch, payloadBytes, Ticks.nowUs());
    next += batch;
    line.post(batch == 1 ? body.substring(1, body.length() - 1) : body, Ticks.nowUs());
    return true;
  }
}
