package dev.cortex.testing.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The lines a process writes to one of its streams, read to the end on a thread of their own. */
final class Output {

  private final List<String> lines = new ArrayList<>();
  private final Thread reader;
  private boolean ended;

  Output(String name, InputStream stream) {
    reader = new Thread(() -> read(stream), name);
    reader.setDaemon(true);
    reader.start();
  }

  /** The first line; empty when the stream ended without one, an error when it takes too long. */
  String first(Duration atMost) throws InterruptedException {
    long deadlineNs = System.nanoTime() + atMost.toNanos();
    synchronized (lines) {
      while (lines.isEmpty() && !ended) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
        if (leftMs <= 0) {
          throw new AssertionError("no line within " + atMost);
        }
        lines.wait(leftMs);
      }
      return lines.isEmpty() ? "" : lines.get(0);
    }
  }

  /** Every line, once the stream has ended. */
  List<String> all() throws InterruptedException {
    reader.join(5_000);
    return soFar();
  }

  /** Every line until now. */
  List<String> soFar() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  private void read(InputStream stream) {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      String line = in.readLine();
      while (line != null) {
        add(line);
        line = in.readLine();
      }
    } catch (IOException e) {
      add("(the stream broke: " + e.getMessage() + ')');
    } finally {
      synchronized (lines) {
        ended = true;
        lines.notifyAll();
      }
    }
  }

  private void add(String line) {
    synchronized (lines) {
      lines.add(line);
      lines.notifyAll();
    }
  }
}
