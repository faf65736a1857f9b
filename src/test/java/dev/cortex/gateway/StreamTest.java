package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Server-sent events, read as the standard says. */
@Timeout(300)
class StreamTest {

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
    Patience.until("no stream is left", 60, () -> server.metric("cortex_streams") == 0);
  }

  /** A reader of one stream. */
  private static final class Reader implements AutoCloseable {

    private final RawHttp http;
    private final StringBuilder pending = new StringBuilder();

    private Reader(String query, String... headers) throws IOException {
      http = server.http();
      http.send(http.request("GET", "/api/stream" + query, "", headers));
      RawHttp.Answer head = http.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-type")).startsWith("text/event-stream");
      assertThat(head.header("cache-control")).contains("no-store");
    }

    /** The lines of the next block that is no comment. */
    private List<String> block() throws IOException {
      while (true) {
        int end = pending.indexOf("\n\n");
        if (end < 0) {
          pending.append(new String(http.chunk(), StandardCharsets.UTF_8));
          continue;
        }
        String block = pending.substring(0, end);
        pending.delete(0, end + 2);
        if (!block.startsWith(":")) {
          return List.of(block.split("\n"));
        }
      }
    }

    private JsonObject event() throws IOException {
      List<String> lines = block();
      assertThat(lines).as("no event field, data on one line").hasSize(2);
      JsonObject event = new JsonObject(lines.get(1).substring("data: ".length()));
      assertThat(lines.get(0)).isEqualTo("id: " + event.getString("cursor"));
      return event;
    }

    @Override
    public void close() throws IOException {
      http.close();
    }
  }

  private static void publish(String org, String id) throws Exception {
    server.publish("{\"id\":\"" + id + "\",\"orgId\":\"" + org + "\",\"type\":\"t\"}");
  }

  @Test
  void eventsComeLiveAndLastEventIdResumes() throws Exception {
    String id;
    try (Reader reader = new Reader("?channel=live")) {
      publish("live", "1");
      publish("live-not", "x");
      publish("live", "2");
      assertThat(reader.event().getString("id")).isEqualTo("1");
      JsonObject second = reader.event();
      assertThat(second.getString("id")).isEqualTo("2");
      id = second.getString("cursor");
    }
    publish("live", "3");
    try (Reader reader = new Reader("?channel=live&since=0", "Last-Event-ID: " + id)) {
      publish("live", "4");
      assertThat(reader.event().getString("id")).as("the header is newer than the query").isEqualTo("3");
      assertThat(reader.event().getString("id")).isEqualTo("4");
    }
  }

  @Test
  void payloadWithLineBreaksStaysOnOneLine() throws Exception {
    try (Reader reader = new Reader("?channel=lines")) {
      server.publish("{\"id\":\"1\",\"orgId\":\"lines\",\"type\":\"t\","
          + "\"payload\":{\r\n\"a\" :\n\r1,\"b\":\"x\\ny\"}}");
      assertThat(reader.event().getJsonObject("payload").getString("b")).isEqualTo("x\ny");
    }
  }

  @Test
  void cursorOfAnotherLogIsAResyncWithACursorToGoOnFrom() throws Exception {
    publish("resync", "1");
    try (Reader reader = new Reader("?channel=resync&since=aaaaaaaaaaaaa.5")) {
      List<String> lines = reader.block();
      assertThat(lines).contains("event: resync").anyMatch(line -> line.contains("log_changed"));
      assertThat(lines.get(0)).isEqualTo("id: " + server.cursor("resync"));
      publish("resync", "2");
      assertThat(reader.event().getString("id")).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "?channel=a&channel=b", "?channel=a:b:c:d", "?channel=a&since=x", "?channel=a&since=1&since=2", "?since=1"})
  void wrongRequestIsRefused(String query) throws Exception {
    assertThat(server.get("/api/stream" + query).status()).isEqualTo(400);
  }

  @Test
  void cursorAheadIsToldInsideTheStream() throws Exception {
    publish("ahead", "1");
    String ahead = server.cursor("ahead").replaceAll("\\..*", ".9");
    try (Reader reader = new Reader("?channel=ahead&since=" + ahead)) {
      assertThat(reader.block()).contains("event: resync").anyMatch(line -> line.contains("cursor_ahead"));
    }
  }

  @Test
  void clientsThatLeaveAtAnyMomentLeaveNothingBehind() throws Exception {
    publish("leave", "1");
    List<RawHttp> clients = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      RawHttp http = server.http();
      http.send(http.request("GET", "/api/stream?channel=leave" + (i % 4 == 0 ? "" : "&since=0"), ""));
      if (i % 2 == 0) {
        http.reset();
      } else {
        clients.add(http);
      }
    }
    for (RawHttp http : clients) {
      http.close();
    }
    publish("leave", "2");
  }

  @Test
  void slowReaderOfALargeReplayGetsEverythingOnce() throws Exception {
    for (int i = 0; i < 20; i++) {
      StringBuilder many = new StringBuilder("[");
      for (int k = 0; k < 500; k++) {
        many.append(k == 0 ? "" : ",").append(DesktopServer.event("big", "b" + (i * 500 + k), 1_000));
      }
      server.publish(many.append(']').toString());
    }
    try (Reader reader = new Reader("?channel=big&since=0")) {
      publish("big", "b10000");
      for (int i = 0; i <= 10_000; i++) {
        assertThat(reader.event().getString("id")).isEqualTo("b" + i);
      }
    }
  }
}
