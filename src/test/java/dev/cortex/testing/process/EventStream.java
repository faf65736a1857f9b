package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** A client of server-sent events, as a browser is one. */
public final class EventStream implements AutoCloseable {

  private final InputStream body;
  private final BufferedReader lines;

  /**
   * One event of the stream.
   *
   * @param id its cursor
   * @param name empty for a plain event
   */
  public record Sent(String id, String name, JsonObject data) {}

  private EventStream(InputStream body) {
    this.body = body;
    this.lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
  }

  /** Opens a stream of a channel after that cursor, which goes where a browser would put it. */
  public static EventStream open(HttpClient client, Ready server, String channel, String lastEventId)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/api/stream?channel=" + channel))
            .timeout(Duration.ofSeconds(60)) // until its head arrives
            .header("Last-Event-ID", lastEventId)
            .build();
    HttpResponse<InputStream> answer = client.send(request, BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      answer.body().close();
      throw new IOException("the stream was answered " + answer.statusCode());
    }
    return new EventStream(answer.body());
  }

  /** Waits for the next event; empty when the stream has ended. */
  public Optional<Sent> next() throws IOException {
    String id = "";
    String name = "";
    String data = "";
    String line = lines.readLine();
    while (line != null) {
      if (line.isEmpty() && !data.isEmpty()) {
        return Optional.of(new Sent(id, name, new JsonObject(data)));
      } else if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("event: ")) {
        name = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data = line.substring(6);
      }
      line = lines.readLine();
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
