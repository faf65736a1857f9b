package dev.cortex.testing;

import dev.cortex.boot.CortexOptions;
import dev.cortex.boot.CortexServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A desktop server in this process, on a free port, with every client of the cast a call away. */
public final class DesktopServer implements AutoCloseable {

  private static final int START_SECONDS_MAX = 60;

  private final CortexServer server;

  private DesktopServer(CortexServer server) {
    this.server = server;
  }

  /**
   * Starts one.
   *
   * @param sets configuration as {@code key=value}
   */
  public static DesktopServer start(Path dataDir, String... sets) throws TimeoutException {
    CortexOptions options = CortexOptions.local().environment(Map.of()).dataDir(dataDir).port(0);
    for (String set : sets) {
      int equals = set.indexOf('=');
      options = options.set(set.substring(0, equals), set.substring(equals + 1));
    }
    return new DesktopServer(CortexServer.start(options).await(START_SECONDS_MAX, TimeUnit.SECONDS));
  }

  /** The port in use. */
  public int port() {
    return server.port();
  }

  /** Opens a connection on which nothing was said yet. */
  public RawHttp http() throws IOException {
    return RawHttp.connect(port());
  }

  /** Sends one GET on a connection of its own. */
  public RawHttp.Answer get(String target) throws IOException {
    try (RawHttp http = http()) {
      return http.ask("GET", target, "");
    }
  }

  /** Posts JSON on a connection of its own. */
  public RawHttp.Answer post(String target, String json) throws IOException {
    return post(target, "application/json", json);
  }

  /** Posts a body of some type on a connection of its own. */
  public RawHttp.Answer post(String target, String contentType, String body) throws IOException {
    try (RawHttp http = http()) {
      return http.ask("POST", target, body, "Content-Type: " + contentType);
    }
  }

  /** Publishes one event and returns its result; fails when it was not accepted or a duplicate. */
  public JsonObject publish(String json) throws IOException {
    RawHttp.Answer answer = post("/api/events", json);
    if (answer.status() != 200) {
      throw new IOException("not published: " + answer.status() + ' ' + answer.text());
    }
    return answer.json().getJsonArray("results").getJsonObject(0);
  }

  /** Opens a WebSocket; {@code query} is empty or begins with a question mark. */
  public RawWebSocket webSocket(String query, String... headers) throws IOException {
    return RawWebSocket.open(port(), "/ws" + query, headers);
  }

  /** Opens a WebSocket that speaks {@code cortex.v1} and reads its welcome. */
  public RawWebSocket richClient(String query) throws IOException {
    RawWebSocket client = webSocket(query, "Sec-WebSocket-Protocol: cortex.v1");
    JsonObject welcome = client.json();
    if (!"welcome".equals(welcome.getString("op"))) {
      throw new IOException("no welcome: " + welcome);
    }
    return client;
  }

  /** A cursor at the head of an org's log. */
  public String cursor(String orgId) throws IOException {
    return get("/api/events/since?limit=1&cursor=9007199254740991&orgId=" + orgId).header("Cortex-Cursor");
  }

  /** A number out of the metrics, by the whole name of its sample. */
  public double metric(String sample) throws IOException {
    for (String line : get("/metrics").text().split("\n")) {
      if (line.startsWith(sample + ' ')) {
        return Double.parseDouble(line.substring(sample.length() + 1));
      }
    }
    throw new IOException("no sample " + sample);
  }

  /** An event as JSON with a payload of one field that is about that many characters long. */
  public static String event(String orgId, String id, int payloadLength) {
    String filling = "x".repeat(payloadLength);
    return new JsonObject()
        .put("id", id)
        .put("orgId", orgId)
        .put("type", "test.happened")
        .put("payload", new JsonObject().put("filling", filling))
        .encode();
  }

  /** Bytes of a text. */
  public static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws TimeoutException {
    server.close().await(START_SECONDS_MAX, TimeUnit.SECONDS);
  }
}
