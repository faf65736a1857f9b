package dev.cortex.gateway;

import dev.cortex.base.Clock;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections that do not get on: no complete request head in time after connecting, or after the last answer.
 * Whoever holds thousands of half-spoken sentences open is shown out.
 */
final class Handshakes {

  private static final long FIRST_REQUEST_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long NEXT_REQUEST_NS = TimeUnit.SECONDS.toNanos(75);

  private final Clock clock;
  private final Map<HttpConnection, Long> deadlines = new HashMap<>();

  Handshakes(Clock clock) {
    this.clock = clock;
  }

  /** A client connected. */
  void connected(HttpConnection connection) {
    deadlines.put(connection, clock.monotonicNs() + FIRST_REQUEST_NS);
    connection.closeHandler(closed -> deadlines.remove(connection));
  }

  /** A request head arrived whole: while it is served nothing is expected of the client. */
  void requested(HttpConnection connection) {
    deadlines.remove(connection);
  }

  /** A request was answered; the connection may be used again, for a while. */
  void answered(HttpConnection connection) {
    deadlines.put(connection, clock.monotonicNs() + NEXT_REQUEST_NS);
  }

  /** Closes what is overdue. To be called about once a second. */
  void tick() {
    long now = clock.monotonicNs();
    deadlines.entrySet().stream()
        .filter(entry -> entry.getValue() - now < 0)
        .map(Map.Entry::getKey)
        .toList()
        .forEach(connection -> {
          deadlines.remove(connection);
          connection.close();
        });
  }
}
