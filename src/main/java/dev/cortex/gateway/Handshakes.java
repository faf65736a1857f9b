package dev.cortex.gateway;

import dev.cortex.base.Clock;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections that do not get on: no complete request head in time after connecting, or after the last answer.
 * Whoever holds thousands of half-spoken sentences open is shown out.
 */
final class Handshakes {

  private static final long FIRST_REQUEST_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long NEXT_REQUEST_NS = TimeUnit.SECONDS.toNanos(75);
  private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(2);

  private final Clock clock;
  private final Map<HttpConnection, Long> deadlines = new HashMap<>();
  private Optional<HttpServerRequest> latest = Optional.empty();

  Handshakes(Clock clock) {
    this.clock = clock;
  }

  /** A client connected. */
  void connected(HttpConnection connection) {
    deadlines.put(connection, clock.monotonicNs() + FIRST_REQUEST_NS);
    connection.closeHandler(closed -> deadlines.remove(connection));
  }

  /** A request head arrived whole: while it is served nothing is expected of the client. */
  void requested(HttpServerRequest request) {
    latest = Optional.of(request);
    deadlines.remove(request.connection());
  }

  /**
   * A request was answered; the connection may be used again, for a while. A client that is still sending what was
   * refused has a moment to read why.
   */
  void answered(HttpServerRequest request) {
    HttpConnection connection = request.connection();
    // a pipelined request begins while the answer before it is written, and may be one that is served for hours
    boolean nextBegan = latest.filter(next -> next != request && next.connection() == connection).isPresent();
    if (!nextBegan) {
      deadlines.put(connection, clock.monotonicNs() + (isWhole(request) ? NEXT_REQUEST_NS : LINGER_NS));
    }
  }

  /** One without a body is whole with its head, though its end is only told after it was answered at once. */
  private static boolean isWhole(HttpServerRequest request) {
    return request.isEnded()
        || (!request.headers().contains(HttpHeaders.CONTENT_LENGTH)
            && !request.headers().contains(HttpHeaders.TRANSFER_ENCODING));
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
