package dev.cortex.testing.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows that the line does to a connection what it says, and nothing else. */
@Timeout(120)
final class LinkTest {

  private final AtomicInteger served = new AtomicInteger();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpServer server;
  private Link link;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    link = Link.to(server.getAddress().getPort());
  }

  @AfterEach
  void stop() throws IOException {
    link.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    served.incrementAndGet();
    lines.add(exchange.getRequestURI().toString());
    byte[] text = ("got " + body.length).getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(200, text.length);
    exchange.getResponseBody().write(text);
    exchange.close();
  }

  private String post(String path, String body) throws Exception {
    return post(path, body, Duration.ofSeconds(60));
  }

  private String post(String path, String body, Duration atMost) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(link.url() + path))
            .timeout(atMost)
            .POST(BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    return answer.body();
  }

  private void breaks(String path) {
    assertThatThrownBy(() -> post(path, "x")).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsSaidArrivesOnOneConnection() throws Exception {
    assertThat(post("/a", "x".repeat(300_000))).isEqualTo("got 300000");
    assertThat(post("/b", "")).isEqualTo("got 0");
    assertThat(link.connections()).isEqualTo(1);
    assertThat(link.open()).isEqualTo(1);
  }

  @Test
  void aCutResetsWhatThereIsAndWhatComes() throws Exception {
    post("/a", "x");
    link.cut();
    breaks("/b");
    assertThat(link.open()).isZero();
    link.mend();
    assertThat(post("/c", "x")).isEqualTo("got 1");
    assertThat(served).hasValue(2);
  }

  @Test
  void aRefusingLineHasNobodyListening() throws Exception {
    link.refuse();
    assertThatThrownBy(() -> post("/a", "x")).isInstanceOf(ConnectException.class);
    link.mend();
    assertThat(post("/b", "x")).isEqualTo("got 1");
  }

  @Test
  void aHalfOpenLineSaysNothingAndStaysSilentWhenTheLineIsMended() throws Exception {
    post("/a", "x");
    link.swallow();
    assertThatThrownBy(() -> post("/b", "x", Duration.ofSeconds(1))).isInstanceOf(HttpTimeoutException.class);
    int silent = link.open();
    link.mend();
    // the client gave the silent connection up at its timeout and makes another one
    assertThat(post("/c", "x")).isEqualTo("got 1");
    assertThat(served).hasValue(2);
    assertThat(silent).isPositive();
  }

  @Test
  void aLostAnswerIsOfARequestThatWasServed() throws Exception {
    link.loseAnswers("POST /a", 1, 1);
    breaks("/a");
    assertThat(served).hasValue(1);
    assertThat(post("/b", "x")).isEqualTo("got 1");
    link.loseAnswers("POST /a", 0, 1);
    assertThat(post("/a", "x")).isEqualTo("got 1");
    assertThat(link.lostAnswers()).isEqualTo(1);
  }

  @Test
  void aShareOfTheAnswersIsLostAndTheSameOnesBySeed() throws Exception {
    String first = fates(7);
    assertThat(fates(7)).isEqualTo(first);
    assertThat(first).contains("lost").contains("came");
  }

  private String fates(long seed) throws Exception {
    link.loseAnswers("POST /", 0.4, seed);
    StringBuilder fates = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      try {
        post("/" + i, "x");
        fates.append("came ");
      } catch (IOException lost) {
        fates.append("lost ");
      }
    }
    return fates.toString();
  }

  @Test
  void aBarredRequestReachesNobody() throws Exception {
    link.bar("wait=");
    breaks("/a?wait=25");
    assertThat(served).hasValue(0);
    assertThat(post("/a?limit=1", "x")).isEqualTo("got 1");
  }

  @Test
  void theFirstLineOfARequestIsAltered() throws Exception {
    link.replace("wait=25", "wait=00");
    post("/a?wait=25&b=wait", "wait=25");
    assertThat(lines).containsExactly("/a?wait=00&b=wait");
    link.replace("", "");
    post("/a?wait=25", "");
    assertThat(lines).last().isEqualTo("/a?wait=25");
  }

  @Test
  void aDelayHoldsBothWays() throws Exception {
    post("/a", "x");
    link.delay(Duration.ofMillis(60));
    long begunNs = System.nanoTime();
    post("/b", "x");
    assertThat(Duration.ofNanos(System.nanoTime() - begunNs)).isGreaterThanOrEqualTo(Duration.ofMillis(120));
  }

  @Test
  void theEndOfOneSideReachesTheOther() throws Exception {
    try (java.net.Socket socket = new java.net.Socket(InetAddress.getLoopbackAddress(), link.port())) {
      socket.getOutputStream().write("GET /a HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)).endsWith("got 0");
    }
    Await.until("both sides have ended", Duration.ofSeconds(60), () -> link.open() == 0);
  }
}
