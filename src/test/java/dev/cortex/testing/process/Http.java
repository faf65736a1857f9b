package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A plain HTTP client of a server process. */
public final class Http {

  private static final int BEGUN_MAX = 5;
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Optional<String> token;

  /** A client that shows no token. */
  public Http() {
    this.token = Optional.empty();
  }

  /** A client that shows that token. */
  public Http(String token) {
    this.token = Optional.of(token);
  }

  /**
   * What the server answered.
   *
   * @param body empty when there was none
   */
  public record Answer(int status, JsonObject body) {

    /** The fate of each event of a publish, in order. */
    public List<JsonObject> results() {
      JsonArray results = body.getJsonArray("results", new JsonArray());
      return IntStream.range(0, results.size()).mapToObj(results::getJsonObject).toList();
    }

    /** The events of a poll, in order. */
    public List<JsonObject> events() {
      JsonArray events = body.getJsonArray("events", new JsonArray());
      return IntStream.range(0, events.size()).mapToObj(events::getJsonObject).toList();
    }
  }

  /** The client itself, for what is no plain request. */
  public HttpClient client() {
    return client;
  }

  /** Publishes JSON text: one event or an array of them. */
  public Answer publish(Ready server, String json) throws IOException, InterruptedException {
    return post(server, "/api/events", json);
  }

  /** Posts JSON text to a path. */
  public Answer post(Ready server, String path, String json) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(server.uri(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json)));
  }

  /** Gets a path. */
  public Answer get(Ready server, String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(server.uri(path)));
  }

  /**
   * Every event of an org after a cursor, page by page. Where the log becomes another one between two pages, it is read
   * from that cursor again.
   */
  public List<JsonObject> all(Ready server, String orgId, String cursor) throws IOException, InterruptedException {
    List<JsonObject> all = new ArrayList<>();
    String next = cursor;
    int begun = 1;
    boolean more = true;
    while (more) {
      Answer page = get(server, "/api/events/since?limit=1000&orgId=" + orgId + "&cursor=" + next);
      if (page.status() == 410 && !next.equals(cursor) && begun < BEGUN_MAX) {
        begun++;
        all.clear();
        next = cursor;
        continue;
      }
      if (page.status() != 200 && page.status() != 204) {
        throw new AssertionError("since " + next + ": " + page);
      }
      all.addAll(page.events());
      next = page.body().getString("cursor", next);
      more = page.body().getBoolean("hasMore", false);
    }
    return all;
  }

  private Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
    token.ifPresent(shown -> request.header("Authorization", "Bearer " + shown));
    HttpResponse<String> answer = client.send(request.timeout(ANSWER_MAX).build(), BodyHandlers.ofString());
    boolean json = answer.headers().firstValue("Content-Type").orElse("").contains("json");
    return new Answer(answer.statusCode(), json ? new JsonObject(answer.body()) : new JsonObject());
  }
}
