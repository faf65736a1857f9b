package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Numbered events of one org, {@code e1}, {@code e2} …: made, published, and read back. */
final class Events {

  private static final Duration EXIT_MAX = Duration.ofSeconds(60);
  private static final int BATCH = 500;

  private final Http http;
  private final String org;
  private final int payloadChars;

  Events(Http http, String org, int payloadChars) {
    this.http = http;
    this.org = org;
    this.payloadChars = payloadChars;
  }

  JsonObject event(int number) {
    return new JsonObject()
        .put("id", "e" + number)
        .put("orgId", org)
        .put("type", "step.done")
        .put("payload", new JsonObject().put("n", number).put("text", "x".repeat(payloadChars)));
  }

  /** Publishes the events from..to, a batch at a time; all must be accepted. */
  void publish(Ready server, int from, int to) throws Exception {
    for (int first = from; first <= to; first += BATCH) {
      JsonArray batch = new JsonArray();
      IntStream.rangeClosed(first, Math.min(to, first + BATCH - 1)).mapToObj(this::event).forEach(batch::add);
      Http.Answer answer = http.publish(server, batch.encode());
      assertThat(answer.status()).as(answer.body().encode()).isEqualTo(200);
      assertThat(answer.body().getInteger("accepted")).isEqualTo(batch.size());
    }
  }

  /** Publishes one event and gives its result. */
  JsonObject publish(Ready server, int number) throws Exception {
    return http.publish(server, event(number).encode()).results().get(0);
  }

  /** The ids of everything after a cursor. */
  List<String> ids(Ready server, String cursor) throws Exception {
    return http.all(server, org, cursor).stream().map(event -> event.getString("id")).toList();
  }

  /** The cursor of the last event. */
  String headCursor(Ready server) throws Exception {
    List<JsonObject> all = http.all(server, org, "0");
    return all.get(all.size() - 1).getString("cursor");
  }

  /** {@code e<from>} to {@code e<to>}. */
  static List<String> names(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(n -> "e" + n).toList();
  }

  /** Stops a server as its launcher does. */
  static void stop(ServerProcess server) throws InterruptedException {
    server.terminate();
    assertThat(server.exitCode(EXIT_MAX)).isZero();
  }
}
