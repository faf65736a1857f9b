package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A WebSocket client of a server process: frames in the order they came, and how it ended. */
public final class Socket implements WebSocket.Listener, AutoCloseable {

  /** The close code of a connection that broke. */
  public static final int BROKEN = 1006;

  private static final long CONNECT_SECONDS_MAX = 60;

  private final BlockingQueue<JsonObject> frames = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final StringBuilder partial = new StringBuilder();
  private WebSocket socket;

  private Socket() {}

  /** A client that gets events and nothing else. */
  public static Socket plain(HttpClient client, Ready server, String query)
      throws IOException, InterruptedException {
    return connected(client.newWebSocketBuilder(), server.webSocket("/ws" + query));
  }

  /** A client of a cloud node that gets events and nothing else. */
  public static Socket plain(HttpClient client, Ready node, String token, String query)
      throws IOException, InterruptedException {
    return connected(withToken(client, token), node.webSocket("/api/ws" + query));
  }

  /** A client of a cloud node that speaks the protocol. */
  public static Socket rich(HttpClient client, Ready node, String token) throws IOException, InterruptedException {
    return connected(withToken(client, token).subprotocols("cortex.v1"), node.webSocket("/api/ws"));
  }

  private static WebSocket.Builder withToken(HttpClient client, String token) {
    return client.newWebSocketBuilder().header("Authorization", "Bearer " + token);
  }

  /** A client that speaks the protocol. */
  public static Socket rich(HttpClient client, Ready server) throws IOException, InterruptedException {
    return connected(client.newWebSocketBuilder().subprotocols("cortex.v1"), server.webSocket("/ws"));
  }

  private static Socket connected(WebSocket.Builder builder, URI address) throws IOException, InterruptedException {
    Socket opened = new Socket();
    try {
      opened.socket =
          builder
              .buildAsync(address, opened)
              .get(CONNECT_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("not connected", e);
    }
    return opened;
  }

  /** Sends a frame; false when the connection is no more. */
  public boolean send(JsonObject frame) throws InterruptedException {
    try {
      socket.sendText(frame.encode(), true).get(CONNECT_SECONDS_MAX, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      closed.complete(BROKEN);
      return false;
    }
  }

  /** The next frame; empty when none came in that time. */
  public Optional<JsonObject> next(Duration atMost) throws InterruptedException {
    return Optional.ofNullable(frames.poll(atMost.toNanos(), TimeUnit.NANOSECONDS));
  }

  /** The next frame; an error when none comes soon. */
  public JsonObject next() throws InterruptedException {
    return next(Duration.ofSeconds(60)).orElseThrow(() -> new AssertionError("no frame; closed " + closed));
  }

  /** Whether the connection has ended and every frame was taken. */
  public boolean ended() {
    return closed.isDone() && frames.isEmpty();
  }

  /** The close code of a connection that has ended, {@link #BROKEN} without one or before. */
  public int closeCode() {
    return closed.getNow(BROKEN);
  }

  /** The close code, {@link #BROKEN} without one. */
  public int closeCode(Duration atMost) throws Exception {
    return closed.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      frames.add(new JsonObject(partial.toString()));
      partial.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int statusCode, String reason) {
    closed.complete(statusCode);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    closed.complete(BROKEN);
  }

  @Override
  public void close() {
    socket.abort();
    closed.complete(BROKEN);
  }
}
