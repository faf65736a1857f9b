package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonObject;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that do not read, or not fast enough: they get everything once and in order, and cost the others nothing. */
@Timeout(600)
class SlowReaderTest {

  private static final int EVENTS = 20_000;
  private static final int BATCH = 100;
  private static final int NARROW = 8 * 1024;

  @TempDir static Path folder;
  static DesktopServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @AfterEach
  void nothingIsLeftBehind() throws Exception {
    Patience.until("no connection is left", 60, () -> server.metric("cortex_connections") == 0);
  }

  private static void publish(String org, int from, int count) throws Exception {
    StringBuilder many = new StringBuilder("[");
    for (int i = from; i < from + count; i++) {
      many.append(i == from ? "" : ",").append(DesktopServer.event(org, "e" + i, 900));
    }
    server.publish(many.append(']').toString());
  }

  private static void everyEventOnceInOrder(RawWebSocket client, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      assertThat(client.textFrame()).contains("\"id\":\"e" + i + "\"");
    }
  }

  @Test
  void readerThatStoppedGetsEveryEventOnceInOrderAndOthersAreNotDisturbed() throws Exception {
    Histogram delays = new Histogram(3);
    long heapBefore = heapUsed();
    try (RawWebSocket stopped = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?org=slow");
        RawWebSocket quick = server.webSocket("?org=slow");
        RawWebSocket bystander = server.webSocket("?org=bystander")) {
      CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
        try {
          everyEventOnceInOrder(quick, 0, EVENTS);
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      });
      for (int i = 0; i < EVENTS; i += BATCH) {
        publish("slow", i, BATCH);
        if (i % 1_000 == 0) {
          long begun = System.nanoTime();
          server.publish(DesktopServer.event("bystander", "b" + i, 10));
          assertThat(bystander.json().getString("id")).isEqualTo("b" + i);
          delays.recordValue((System.nanoTime() - begun) / 1_000_000);
        }
      }
      reading.get(300, TimeUnit.SECONDS);
      assertThat(delays.getValueAtPercentile(90)).as("milliseconds from publish to bystander").isLessThan(5_000);
      assertThat(heapUsed() - heapBefore).as("bytes held for one that does not read").isLessThan(64L << 20);
      everyEventOnceInOrder(stopped, 0, EVENTS);
      publish("slow", EVENTS, 1);
      everyEventOnceInOrder(stopped, EVENTS, EVENTS + 1);
    }
  }

  private static long heapUsed() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void richClientIsToldThatItLagsAndThatItCaughtUp() throws Exception {
    try (RawWebSocket client =
        RawWebSocket.openNarrow(server.port(), NARROW, "/ws?org=told", "Sec-WebSocket-Protocol: cortex.v1")) {
      assertThat(client.op("welcome").getString("profile")).isEqualTo("local");
      for (int i = 0; i < 6_000; i += BATCH) {
        publish("told", i, BATCH);
      }
      List<String> told = new ArrayList<>();
      int next = 0;
      while (next < 6_000 || !told.contains("caughtup") || !told.contains("ok")) {
        JsonObject frame = client.json();
        if (!frame.containsKey("op")) {
          assertThat(frame.getString("id")).isEqualTo("e" + next++);
        } else if (frame.getString("op").equals("backpressure")) {
          told.add(frame.getString("level"));
          assertThat(frame.getInteger("limit")).isEqualTo(500);
          assertThat(frame.getString("channel")).isEqualTo("told");
        } else {
          told.add(frame.getString("op"));
          assertThat(frame.getString("cursor")).isNotEmpty();
        }
      }
      assertThat(told).containsSubsequence("high", "lagging", "full", "caughtup", "ok");
      assertThat(told).containsOnlyOnce("lagging").containsOnlyOnce("caughtup");
    }
  }

  @Test
  void requestsOfASlowReaderAreAnsweredWhileItsBacklogGoesOn() throws Exception {
    for (int i = 0; i < EVENTS; i += 500) {
      publish("backlog", i, 500);
    }
    try (RawWebSocket client = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?org=backlog&since=1")) {
      everyEventOnceInOrder(client, 0, 100);
      client.text("{\"op\":\"ping\",\"rid\":1}");
      int events = 100;
      JsonObject frame = client.json();
      while (!frame.containsKey("op")) {
        assertThat(frame.getString("id")).isEqualTo("e" + events++);
        frame = client.json();
      }
      assertThat(events).as("events before the answer").isLessThan(5_000);
      everyEventOnceInOrder(client, events, EVENTS);
    }
  }

  @Test
  void slowReaderIsHeardWhileWhatItMissedIsSentFromMemory() throws Exception {
    try (RawWebSocket client = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?org=memory")) {
      for (int i = 0; i < 3_000; i += BATCH) {
        publish("memory", i, BATCH);
      }
      client.text("{\"op\":\"ping\",\"rid\":1}").frame(true, RawWebSocket.PING, new byte[] {9});
      int events = 0;
      boolean pong = false;
      boolean answer = false;
      while (!pong || !answer) {
        RawWebSocket.Frame frame = client.frame();
        pong |= frame.opcode() == RawWebSocket.PONG;
        boolean text = frame.opcode() == RawWebSocket.TEXT;
        answer |= text && frame.text().contains("\"op\":\"pong\"");
        events += text ? 1 : 0;
      }
      assertThat(events).as("events before the answers").isLessThan(1_500);
    }
  }

  @Test
  void connectionsThatBreakInTheMiddleOfAPassDisturbNobody() throws Exception {
    try (RawWebSocket steady = server.webSocket("?org=break"); RawWebSocket other = server.webSocket("?org=break")) {
      int sent = 0;
      for (int round = 0; round < 20; round++) {
        RawWebSocket[] breaking = new RawWebSocket[10];
        for (int i = 0; i < breaking.length; i++) {
          breaking[i] = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?org=break");
        }
        publish("break", sent, BATCH);
        for (RawWebSocket client : breaking) {
          client.reset();
        }
        publish("break", sent + BATCH, BATCH);
        sent += 2 * BATCH;
      }
      everyEventOnceInOrder(steady, 0, sent);
      everyEventOnceInOrder(other, 0, sent);
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }

  @Test
  void clientThatAsksAndNeverReadsIsBounded() throws Exception {
    long heapBefore = heapUsed();
    byte[] ask = RawWebSocket.encoded(
        0x81, true, DesktopServer.utf8("{\"op\":\"" + "nonsense".repeat(100) + "\",\"rid\":\"" + "r".repeat(100)
            + "\"}"));
    try (RawWebSocket client = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?subscribe=none")) {
      byte[] many = new byte[ask.length * 100];
      for (int i = 0; i < 100; i++) {
        System.arraycopy(ask, 0, many, i * ask.length, ask.length);
      }
      CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> {
        try {
          for (int i = 0; i < 1_000; i++) {
            client.send(many);
          }
        } catch (java.io.IOException closed) {
          // the server, or the end of the test, has had enough
        }
      });
      assertThatExceptionOfType(TimeoutException.class)
          .as("100 MB of requests are not taken from a client that reads nothing")
          .isThrownBy(() -> flooding.get(3, TimeUnit.SECONDS));
      assertThat(heapUsed() - heapBefore).isLessThan(32L << 20);
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }

  @Test
  void pingFloodOfAClientThatNeverReadsEndsItsConnection() throws Exception {
    byte[] ping = RawWebSocket.encoded(0x89, true, new byte[125]);
    byte[] many = new byte[ping.length * 100];
    for (int i = 0; i < 100; i++) {
      System.arraycopy(ping, 0, many, i * ping.length, ping.length);
    }
    try (RawWebSocket client = RawWebSocket.openNarrow(server.port(), NARROW, "/ws?subscribe=none")) {
      client.send(many);
      Patience.until("the connection ends", 60, () -> server.metric("cortex_connections") == 0);
    }
    try (RawWebSocket client = server.webSocket("?subscribe=none")) {
      client.send(many);
      assertThat(client.closed()).isEqualTo(4429);
    }
    try (RawWebSocket client = server.webSocket("?subscribe=none")) {
      client.send(Arrays.copyOf(many, 40 * ping.length));
      for (int i = 0; i < 40; i++) {
        assertThat(client.frame().opcode()).isEqualTo(RawWebSocket.PONG);
      }
    } catch (SocketTimeoutException unanswered) {
      throw new AssertionError("few pings are all answered", unanswered);
    }
  }

  @Test
  void aThousandQuickConnectionsLeaveNoSubscriptionsBehind() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      RawWebSocket client = server.webSocket(switch (i % 4) {
        case 0 -> "";
        case 1 -> "?org=churn" + i % 10;
        case 2 -> "?channel=churn1:a&since=1";
        default -> "?org=churn2&since=1";
      });
      if (i % 10 == 0) {
        server.publish(DesktopServer.event("churn" + i % 30, "c" + i, 10));
      }
      if (i % 2 == 0) {
        client.reset();
      } else {
        client.close();
      }
    }
    Patience.until("no connection is left", 60, () -> server.metric("cortex_connections") == 0);
    try (RawWebSocket client = server.richClient("")) {
      for (int i = 0; i < 30; i++) {
        JsonObject presence =
            client.ask(new JsonObject().put("op", "presence").put("rid", i).put("channel", "churn" + i));
        assertThat(presence.getInteger("total")).isZero();
      }
    }
  }
}
