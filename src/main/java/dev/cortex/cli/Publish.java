package dev.cortex.cli;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.cortex.config.ConfigException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The {@code publish} command: sends events to a running server and prints the fate of each, one JSON a line. */
@Command(
    name = "publish",
    description = "Publishes events: from arguments, from options, or from standard input, one JSON object a line.")
final class Publish implements Callable<Integer> {

  private static final int BATCH_EVENTS_MAX = 500;
  private static final int BATCH_CHARS_MAX = 1 << 20;
  private static final int UNREACHABLE = 69;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(40);

  @Mixin private ServerAddress address = new ServerAddress();

  @Parameters(paramLabel = "JSON", description = "events, each a JSON object")
  private List<String> events = new ArrayList<>();

  @Option(names = "--type", paramLabel = "TYPE", description = "publish one event of this type")
  private Optional<String> type = Optional.empty();

  @Option(names = "--org", paramLabel = "ORG", description = "org of events that name none")
  private Optional<String> org = Optional.empty();

  @Option(names = "--payload", paramLabel = "JSON", description = "its payload, a JSON object")
  private Optional<String> payload = Optional.empty();

  @Option(names = "--agent", paramLabel = "AGENT", description = "its agent; comes with --session")
  private Optional<String> agent = Optional.empty();

  @Option(names = "--session", paramLabel = "SESSION", description = "its session; comes with --agent")
  private Optional<String> session = Optional.empty();

  @Option(names = "--id", paramLabel = "ID", description = "its id; default: a fresh one")
  private Optional<String> id = Optional.empty();

  private boolean refused;

  /** For the command-line library, which fills in the options. */
  Publish() {}

  @Override
  public Integer call() {
    URI server = URI.create("");
    try {
      ServerAddress.Target target = address.find(System.getenv());
      server = target.url();
      Sender sender = new Sender(target);
      if (type.isPresent()) {
        sender.send(List.of(composed()));
      } else if (Stream.of(payload, agent, session, id).anyMatch(Optional::isPresent)) {
        throw new IllegalArgumentException("--payload, --agent, --session and --id come with --type");
      } else if (!events.isEmpty()) {
        sender.send(events.stream().map(text -> event("argument", text)).toList());
      } else {
        sendInput(sender);
      }
      return refused ? 1 : 0;
    } catch (ConfigException | IllegalArgumentException e) {
      System.err.println("error: " + e.getMessage());
      return Commands.USAGE;
    } catch (ConnectException | HttpConnectTimeoutException e) {
      System.err.println(
          "error: no server answers at " + server + "; these events were not stored; tools/run starts a server");
      return UNREACHABLE;
    } catch (IOException e) {
      System.err.println("error: no answer from the server: " + e + "; whether the events were stored is not known");
      return UNREACHABLE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private String composed() {
    JsonObject event = new JsonObject();
    event.put("id", id.orElseGet(() -> UuidCreator.getTimeOrderedEpoch().toString()));
    event.put("type", type.orElse(""));
    org.ifPresent(value -> event.put("orgId", value));
    agent.ifPresent(value -> event.put("agentId", value));
    session.ifPresent(value -> event.put("sessionId", value));
    String head = event.encode();
    // The payload's text goes as it came: numbers keep every digit.
    String open = head.substring(0, head.length() - 1);
    payload.ifPresent(text -> parsed("--payload", text));
    return payload.map(text -> open + ",\"payload\":" + text + "}").orElse(head);
  }

  /** Sends what standard input holds as it comes: a batch ends when no further line is waiting. */
  private void sendInput(Sender sender) throws IOException, InterruptedException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<String> batch = new ArrayList<>();
    int chars = 0;
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        try {
          batch.add(event("line " + number, line));
          chars += line.length();
        } catch (IllegalArgumentException e) {
          System.err.println("error: " + e.getMessage());
          refused = true;
        }
      }
      if (!batch.isEmpty() && (batch.size() == BATCH_EVENTS_MAX || chars >= BATCH_CHARS_MAX || !lines.ready())) {
        sender.send(batch);
        batch.clear();
        chars = 0;
      }
    }
    if (!batch.isEmpty()) {
      sender.send(batch);
    }
  }

  /** Sends batches to one server, one after the other, and reports their fates. */
  private final class Sender {

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();
    private final ServerAddress.Target target;

    Sender(ServerAddress.Target target) {
      this.target = target;
    }

    void send(List<String> batch) throws IOException, InterruptedException {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(target.resolve("/api/events"))
              .timeout(TIMEOUT)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("[" + String.join(",", batch) + "]"));
      target.token().ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      report(response.statusCode(), response.body());
    }
  }

  private void report(int status, String body) {
    try {
      JsonObject answer = new JsonObject(body);
      JsonArray results = answer.getJsonArray("results");
      if (results == null) {
        System.err.println("error: HTTP " + status + " " + answer.encode());
        refused = true;
        return;
      }
      for (int i = 0; i < results.size(); i++) {
        System.out.println(results.getJsonObject(i).encode());
      }
      refused |= status != 200 || answer.getInteger("rejected", 0) > 0;
    } catch (DecodeException | ClassCastException e) {
      System.err.println("error: HTTP " + status + " and no answer of a Cortex server");
      refused = true;
    }
  }

  /** The text of an event as it came, with the org of {@code --org} where it names none. */
  private String event(String where, String text) {
    JsonObject event = parsed(where, text);
    if (org.isEmpty() || event.containsKey("orgId") || event.containsKey("tenantId")) {
      return text;
    }
    String named = new JsonObject().put("orgId", org.get()).encode();
    String rest = text.strip().substring(1);
    return named.substring(0, named.length() - 1) + (event.isEmpty() ? "" : ",") + rest;
  }

  private static JsonObject parsed(String where, String text) {
    try {
      return new JsonObject(text);
    } catch (DecodeException e) {
      throw new IllegalArgumentException(where + ": not a JSON object", e);
    }
  }
}
