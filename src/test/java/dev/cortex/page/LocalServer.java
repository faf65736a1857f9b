package dev.cortex.page;

import dev.cortex.boot.CortexOptions;
import dev.cortex.boot.CortexServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A desktop server on a free port, and a plain HTTP client beside it. */
final class LocalServer implements AutoCloseable {

  private static final int START_SECONDS_MAX = 60;

  private final CortexServer server;
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private LocalServer(CortexServer server) {
    this.server = server;
  }

  /** Starts one on a free port. */
  static LocalServer start(Path dataDir) throws TimeoutException {
    return start(dataDir, 0);
  }

  /** Starts one where another has been. */
  static LocalServer start(Path dataDir, int port) throws TimeoutException {
    CortexOptions options = CortexOptions.local().environment(Map.of()).dataDir(dataDir).port(port);
    return new LocalServer(CortexServer.start(options).await(START_SECONDS_MAX, TimeUnit.SECONDS));
  }

  int port() {
    return server.port();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  /** Publishes as a local tool does; returns the HTTP status. */
  int ingest(String orgId, String type, JsonObject payload) throws IOException, InterruptedException {
    JsonObject event = new JsonObject().put("orgId", orgId).put("type", type).put("payload", payload);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url("/ingest")))
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(event.encode()))
            .build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }

  /** The types of everything an org's log holds, in order. */
  List<String> typesOf(String orgId) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url("/api/events/since?cursor=0&orgId=" + orgId)))
            .timeout(Duration.ofSeconds(60))
            .build();
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() == 204) {
      return List.of();
    }
    JsonArray events = new JsonObject(answer.body()).getJsonArray("events");
    return events.stream().map(event -> ((JsonObject) event).getString("type")).toList();
  }

  @Override
  public void close() throws TimeoutException {
    server.close().await(START_SECONDS_MAX, TimeUnit.SECONDS);
  }
}
