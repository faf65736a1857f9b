package dev.cortex.chaos.cluster;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Asks the internal listeners of nodes, which may not answer. */
final class Inside {

  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(ANSWER_MAX).build();

  /** What is at that path; empty when the node does not say. */
  Optional<String> text(int port, String path) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(ANSWER_MAX).build();
    try {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
    } catch (IOException silent) {
      return Optional.empty();
    }
  }

  /** The same as JSON. */
  Optional<JsonObject> json(int port, String path) throws InterruptedException {
    return text(port, path).map(JsonObject::new);
  }
}
