package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.FreePorts;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.ServerWebSocket;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands that talk to a running server, against one that notes what it hears. */
@Timeout(300)
class ClientCommandsTest {

  private record Heard(String authorization, String contentType, String body) {}

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> upgrades = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final InputStream realIn = System.in;
  private HttpServer server;
  private volatile String answer = "{\"accepted\":1,\"duplicates\":0,\"rejected\":0,\"results\":[{\"id\":\"x\"}]}";
  private volatile int status = 200;

  @BeforeEach
  void listen() throws Exception {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    server =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.body().onSuccess(body -> {
              heard.add(
                  new Heard(
                      String.valueOf(request.getHeader("Authorization")),
                      String.valueOf(request.getHeader("Content-Type")),
                      body.toString()));
              request.response().setStatusCode(status).end(answer);
            }))
            .webSocketHandler(this::serveTail)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
  }

  @AfterEach
  void restore() throws Exception {
    System.setOut(realOut);
    System.setErr(realErr);
    System.setIn(realIn);
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Test
  void optionsMakeOneEventWithAnIdAndTheExactPayload() throws Exception {
    int exit =
        run("publish", "--type", "a.b", "--org", "acme", "--payload", "{\"n\":1.10}", "--id", "i1", "--token", "t");
    assertThat(exit).isZero();
    assertThat(heard.poll(60, TimeUnit.SECONDS))
        .isEqualTo(
            new Heard(
                "Bearer t",
                "application/json",
                "[{\"id\":\"i1\",\"type\":\"a.b\",\"orgId\":\"acme\",\"payload\":{\"n\":1.10}}]"));
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("{\"id\":\"x\"}" + System.lineSeparator());
  }

  @Test
  void linesOfStandardInputAreBatchedAndABadOneIsNamed() throws Exception {
    String lines = "{\"type\":\"a\"}\n\nnonsense\n{\"type\":\"b\"}\n";
    System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
    assertThat(run("publish")).isEqualTo(1);
    assertThat(heard.poll(60, TimeUnit.SECONDS).body()).isEqualTo("[{\"type\":\"a\"},{\"type\":\"b\"}]");
    assertThat(heard).isEmpty();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("line 3: not a JSON object");
  }

  @Test
  void orgIsPutIntoEventsThatNameNone() throws Exception {
    assertThat(run("publish", "--org", "acme", "{\"type\":\"a\"}", "{\"orgId\":\"b\"}", "{}")).isZero();
    assertThat(heard.poll(60, TimeUnit.SECONDS).body())
        .isEqualTo("[{\"orgId\":\"acme\",\"type\":\"a\"},{\"orgId\":\"b\"},{\"orgId\":\"acme\"}]");
  }

  @Test
  void refusedConnectionIsNamedAndStoredNothing() throws Exception {
    int port = FreePorts.find(1, 0).get(0);
    String url = "http://127.0.0.1:" + port;
    int exit = Commands.commandLine().execute("publish", "--url", url, "{\"type\":\"a\"}");
    assertThat(exit).isEqualTo(69);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(url, "were not stored", "tools/run").doesNotContain("java.");
  }

  @Test
  void refusalEndsWithOne() {
    answer = "{\"rejected\":1,\"results\":[{\"id\":\"x\",\"status\":\"rejected\"}]}";
    status = 422;
    assertThat(run("publish", "{\"type\":\"a\"}")).isEqualTo(1);
    answer = "{\"title\":\"no\"}";
    assertThat(run("publish", "{\"type\":\"a\"}")).isEqualTo(1);
  }

  @Test
  void unreachableServerEndsWith69() throws Exception {
    server.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(run("publish", "{\"type\":\"a\"}")).isEqualTo(69);
    assertThat(run("tail", "--once")).isEqualTo(69);
  }

  @Test
  void wrongArgumentsEndWith64() {
    assertThat(Commands.run(new String[] {"publish", "--bogus"})).isEqualTo(Commands.USAGE);
    assertThat(Commands.run(new String[] {"publish", "--url", "ftp://x", "{}"})).isEqualTo(Commands.USAGE);
    assertThat(run("publish", "--payload", "{}")).isEqualTo(Commands.USAGE);
  }

  @Test
  void tailReconnectsAfterTheLastEventAndEndsAtAFinalCode() throws Exception {
    assertThat(run("tail", "--org", "acme")).isEqualTo(1);
    assertThat(List.copyOf(upgrades)).containsExactly("org=acme", "org=acme&since=aaaaaaaaaaaaa.1");
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "{\"orgId\":\"acme\",\"cursor\":\"aaaaaaaaaaaaa.1\"}",
            "{\"orgId\":\"acme\",\"cursor\":\"aaaaaaaaaaaaa.2\"}");
  }

  /** First an event and a restart; then the same event, another one and a final close. */
  private void serveTail(ServerWebSocket socket) {
    upgrades.add(socket.query());
    socket.writeTextMessage("{\"orgId\":\"acme\",\"cursor\":\"aaaaaaaaaaaaa.1\"}");
    if (upgrades.size() == 1) {
      socket.close((short) 1012);
    } else {
      socket.writeTextMessage("{\"orgId\":\"acme\",\"cursor\":\"aaaaaaaaaaaaa.2\"}");
      socket.close((short) 4410, "pruned");
    }
  }

  private int run(String... args) {
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--url";
    all[args.length + 1] = "http://127.0.0.1:" + server.actualPort();
    return Commands.run(all);
  }
}
