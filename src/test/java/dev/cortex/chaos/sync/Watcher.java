package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Seen;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Somebody who watches a log over a WebSocket that knows no protocol, and goes on from its cursor when it breaks. */
final class Watcher extends Thread implements AutoCloseable {

  private static final Duration LOOK = Duration.ofMillis(50);
  private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How a connection is made that gets everything after a cursor. */
  interface Opening {
    Socket open(String cursor) throws IOException, InterruptedException;
  }

  private final Opening opening;
  private final List<Seen> seen = new ArrayList<>();
  private final List<Integer> closeCodes = new ArrayList<>();
  private String cursor = "0";
  private String refusal = "never";
  private volatile boolean closed;

  Watcher(String name, Opening opening) {
    super(name);
    setDaemon(true);
    this.opening = opening;
  }

  /** Everything that came so far. */
  synchronized List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** How many events came so far. */
  synchronized int count() {
    return seen.size();
  }

  /** What became of it so far, for people. */
  synchronized String story() {
    return getName() + " got " + seen.size() + " events, the last at " + cursor + "; "
        + closeCodes.size() + " connections ended with " + new TreeSet<>(closeCodes) + "; last refused: " + refusal
        + (isAlive() ? "" : "; it runs no more");
  }

  /** How its connections ended so far. */
  synchronized List<Integer> closeCodes() {
    return List.copyOf(closeCodes);
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        try (Socket socket = opening.open(cursor)) {
          watch(socket);
        } catch (IOException unreachable) {
          refused(unreachable);
          LockSupport.parkNanos(RETRY_NS);
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch(Socket socket) throws InterruptedException {
    while (!closed && !socket.ended()) {
      Optional<JsonObject> event = socket.next(LOOK);
      if (event.isPresent()) {
        take(event.get());
      }
    }
    if (!closed) {
      ended(socket.closeCode());
    }
  }

  private synchronized void refused(IOException by) {
    refusal = by + ", " + by.getCause();
  }

  private synchronized void ended(int code) {
    closeCodes.add(code);
  }

  private synchronized void take(JsonObject event) {
    seen.add(Seen.of(event));
    cursor = event.getString("cursor");
  }

  @Override
  public void close() {
    closed = true;
    interrupt();
  }
}
