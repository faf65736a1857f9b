package dev.cortex.boot;

import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;

/** A running in-process subscription. */
public final class Subscription {

  private final WebSocket socket;
  private final Future<Short> ended;

  Subscription(WebSocket socket, Future<Short> ended) {
    this.socket = socket;
    this.ended = ended;
  }

  /** Ends the subscription; no event is handed over after the future succeeded. */
  public Future<Void> close() {
    return socket.close();
  }

  /**
   * Succeeds with the WebSocket close code when the subscription ended: 1000 after {@link #close}, 1012 when the server
   * stops, 4410 when the position cannot be served, 4413 when the subscriber fell behind the retained events.
   */
  public Future<Short> ended() {
    return ended;
  }
}
