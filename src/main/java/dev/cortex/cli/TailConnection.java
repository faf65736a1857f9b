package dev.cortex.cli;

import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One connection of a tail, from the handshake to its end. */
final class TailConnection implements WebSocket.Listener {

  /** The server pings every 25 s, so a longer silence means a dead connection. */
  private static final long SILENCE_MS_MAX = 60_000;

  private static final Set<Integer> FINAL_CODES = Set.of(1007, 1008, 1009, 4400, 4403, 4410);

  /**
   * How a connection ended.
   *
   * @param opened whether the handshake succeeded
   * @param isFinal whether another attempt would end the same way
   * @param outputClosed whether nobody reads what is printed
   * @param reason for people
   */
  record End(boolean opened, boolean isFinal, boolean outputClosed, String reason) {}

  private final HttpClient http;
  private final ServerAddress.Target target;
  private final TailCursors cursors;
  private final PrintStream out;
  private final StringBuilder partial = new StringBuilder();
  private final CompletableFuture<End> ended = new CompletableFuture<>();
  private volatile long heardNs = System.nanoTime();

  /** A connection that prints to that stream. */
  TailConnection(HttpClient http, ServerAddress.Target target, TailCursors cursors, PrintStream out) {
    this.http = http;
    this.target = target;
    this.cursors = cursors;
    this.out = out;
  }

  /** Connects, prints until the end, and says how it ended. */
  End run() throws InterruptedException {
    WebSocket.Builder builder = http.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(5));
    target.token().ifPresent(secret -> builder.header("Authorization", "Bearer " + secret));
    WebSocket socket;
    try {
      socket = open(builder);
    } catch (ExecutionException e) {
      return unopened(e.getCause());
    }
    while (true) {
      try {
        End end = ended.get(1, TimeUnit.SECONDS);
        socket.abort();
        cursors.lost(System.currentTimeMillis() - (System.nanoTime() - heardNs) / 1_000_000);
        return end;
      } catch (TimeoutException e) {
        if (System.nanoTime() - heardNs > SILENCE_MS_MAX * 1_000_000) {
          ended.complete(new End(true, false, false, "nothing heard for " + SILENCE_MS_MAX / 1_000 + " s"));
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("an end never fails", e);
      }
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    heardNs = System.nanoTime();
    partial.append(data);
    if (last) {
      String envelope = partial.toString();
      partial.setLength(0);
      if (cursors.isNew(envelope)) {
        out.println(envelope);
      }
      if (out.checkError()) {
        ended.complete(new End(true, true, true, "output closed"));
      }
    }
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
    heardNs = System.nanoTime();
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    String text = "the server closed the connection: " + code + (reason.isEmpty() ? "" : " " + reason);
    ended.complete(new End(true, FINAL_CODES.contains(code), false, text));
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    ended.complete(new End(true, false, false, "connection lost: " + error));
  }

  /** At the door of a desktop, or else at that of a cloud node. */
  private WebSocket open(WebSocket.Builder builder) throws InterruptedException, ExecutionException {
    try {
      return builder.buildAsync(target.webSocket(cursors.path()), this).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused && refused.getResponse().statusCode() == 404) {
        return builder.buildAsync(target.webSocket("/api" + cursors.path()), this).get();
      }
      throw e;
    }
  }

  private static End unopened(Throwable cause) {
    if (cause instanceof WebSocketHandshakeException refused) {
      int status = refused.getResponse().statusCode();
      boolean isFinal = status >= 400 && status < 500 && status != 429;
      return new End(false, isFinal, false, "the server refused the connection: HTTP " + status);
    }
    return new End(false, false, false, "no connection to the server: " + cause);
  }
}
