package dev.cortex.bench;

import dev.cortex.testing.LocalPostgres;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/** How fast the database takes the rows of events from plain connections, each writing batch after batch. */
final class PlainWriters implements AutoCloseable {

  private final List<PlainWriter> writers = new ArrayList<>();
  private final int batch;
  private final int payloadBytes;
  private final ExecutorService threads;
  private final LongAdder written = new LongAdder();

  /**
   * Opens the connections.
   *
   * @param firstNumber of the writers, whose numbers are never used again
   */
  PlainWriters(LocalPostgres.Database database, int firstNumber, int connections, int batch, int payloadBytes)
      throws SQLException {
    this.batch = batch;
    this.payloadBytes = payloadBytes;
    this.threads = Executors.newFixedThreadPool(connections);
    for (var i = 0; i < connections; i++) {
      writers.add(new PlainWriter(database.connect(), firstNumber + i, payloadBytes));
    }
  }

  /** Writes for that long; a row whose latencies are unknown. */
  Row measure(long rampMs, long durationMs) throws IOException, InterruptedException {
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(rampMs + durationMs);
    var running = writers.stream().map(writer -> threads.submit(writing(writer, endUs))).toList();
    TimeUnit.MILLISECONDS.sleep(rampMs);
    var before = written.sum();
    var beganUs = Ticks.nowUs();
    try {
      for (var each : running) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("plain inserts: " + e.getCause().getMessage(), e);
    }
    var rate = (written.sum() - before) / ((Ticks.nowUs() - beganUs) / 1e6);
    var load = writers.size() + " SQL conns, " + batch + " a commit, " + payloadBytes + " B";
    return new Row("inserts", load, rate, 0, 0, new Histogram(60_000_000L, 3), 0, "");
  }

  private Callable<Void> writing(PlainWriter writer, long endUs) {
    return () -> {
      while (Ticks.nowUs() < endUs) {
        writer.write(batch);
        written.add(batch);
      }
      return null;
    };
  }

  @Override
  public void close() throws SQLException {
    threads.shutdown();
    for (var writer : writers) {
      writer.close();
    }
  }
}
