package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What large bodies at the same time do to a server with a desktop's heap. */
@Tag("process")
@Timeout(600)
class LargeBodyTest {

  private static final int BODIES = 4;
  private static final int EVENTS = 496;
  private static final int PAYLOAD = 64 * 1024 - 16;

  @TempDir Path dataDir;

  @Test
  void largeBodiesAtTheSameTimeAreServedOrToldToComeAgainAndEndNothing() throws Exception {
    // stands above the command line, where the cast asks for a smaller heap
    Map<String, String> desktopHeap = Map.of("_JAVA_OPTIONS", "-Xmx256m -XX:+ExitOnOutOfMemoryError");
    try (ServerProcess server =
        ServerProcess.launch(desktopHeap, "--port", "0", "--data-dir", dataDir.toString(), "--no-banner")) {
      Ready ready = server.ready();
      HttpClient client = HttpClient.newHttpClient();
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < BODIES; i++) {
        answers.add(client.sendAsync(large(ready, "org" + i), BodyHandlers.ofString()));
      }

      int served = 0;
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        // a refusal may come as a reset, for it comes while the body is still being sent
        int status = answer.handle((response, reset) -> reset != null ? 503 : response.statusCode()).get();
        assertThat(status).isIn(200, 503);
        served += status == 200 ? 1 : 0;
      }
      String small = "{\"orgId\":\"calm\",\"type\":\"still.here\"}";
      assertThat(new Http().publish(ready, small).status()).isEqualTo(200);
      assertThat(served).isPositive();
    }
  }

  private static HttpRequest large(Ready ready, String orgId) {
    String event = "{\"orgId\":\"" + orgId + "\",\"type\":\"big\",\"payload\":{\"x\":\"" + "x".repeat(PAYLOAD) + "\"}}";
    String body = "[" + String.join(",", Collections.nCopies(EVENTS, event)) + "]";
    return HttpRequest.newBuilder(URI.create(ready.url() + "/api/events"))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }
}
