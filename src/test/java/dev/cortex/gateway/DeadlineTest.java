package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.RawWebSocket.Frame;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What happens to clients that say nothing for a long time; in real time, so these tests wait, side by side. */
@Tag("process")
@Execution(ExecutionMode.CONCURRENT)
@Timeout(600)
class DeadlineTest {

  @TempDir Path folder;
  private DesktopServer server;

  @BeforeEach
  void start() throws Exception {
    server = DesktopServer.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static long secondsSince(long begunNs) {
    return (System.nanoTime() - begunNs) / 1_000_000_000L;
  }

  @Test
  void halfOpenHandshakesAreShownOut() throws Exception {
    long begun = System.nanoTime();
    List<RawHttp> silent = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      RawHttp http = server.http().patience(60_000);
      http.send(i % 2 == 0 ? "" : "GET /ws HTTP/1.1\r\nHost: localhost\r\nX");
      silent.add(http);
    }
    for (RawHttp http : silent) {
      assertThat(http.ends()).isTrue();
      http.close();
    }
    assertThat(secondsSince(begun)).isBetween(9L, 55L);
  }

  @Test
  void clientThatAnswersNoPingIsClosedAndOneThatDoesIsKept() throws Exception {
    long begun = System.nanoTime();
    try (RawWebSocket mute = server.webSocket("?org=o").patience(90_000);
        RawWebSocket alive = server.webSocket("?org=o").patience(90_000)) {
      Frame ping = alive.frame();
      assertThat(ping.opcode()).isEqualTo(RawWebSocket.PING);
      alive.frame(true, RawWebSocket.PONG, ping.payload());
      assertThat(mute.closed()).isEqualTo(4408);
      assertThat(secondsSince(begun)).isBetween(34L, 85L);
      assertThat(mute.ends()).isTrue();
      server.publish(DesktopServer.event("o", "still", 10));
      assertThat(alive.json().getString("id")).isEqualTo("still");
    }
  }

  @Test
  void slowBodyIsGivenUp() throws Exception {
    try (RawHttp http = server.http().patience(90_000)) {
      http.send("POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: 100\r\n\r\n{");
      assertThat(http.answer().status()).isEqualTo(503);
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void aConnectionStaysForTheNextPollHoweverQuicklyTheLastWasAnswered() throws Exception {
    try (RawHttp http = server.http().patience(6_000)) {
      String request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
      http.send(request);
      assertThat(http.answer().status()).isEqualTo(200);
      assertThat(http.ends()).isFalse();
      http.patience(60_000).send(request);
      assertThat(http.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void streamBehindAnotherRequestOutlivesIdleConnections() throws Exception {
    try (RawHttp http = server.http().patience(60_000)) {
      http.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/stream?channel=long HTTP/1.1\r\n"
          + "Host: localhost\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(200);
      assertThat(http.head().status()).isEqualTo(200);
      for (int comments = 0; comments <= 6; comments++) {
        assertThat(new String(http.chunk(), StandardCharsets.UTF_8)).startsWith(":");
      }
    }
  }
}
