package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawHttp.Answer;
import dev.cortex.testing.RawWebSocket;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes, right and wrong. */
@Timeout(600)
class WsHandshakeTest {

  private static final String UPGRADE = "Upgrade: websocket";
  private static final String CONNECTION = "Connection: Upgrade";
  private static final String VERSION = "Sec-WebSocket-Version: 13";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

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
    assertThat(server.get("/health").status()).isEqualTo(200);
  }

  private static Answer ask(String method, String... headers) throws IOException {
    try (RawHttp http = server.http()) {
      return http.ask(method, "/ws", "", headers);
    }
  }

  @Test
  void answerToTheHandshakeIsTheOneOfTheStandard() throws Exception {
    try (RawWebSocket client = server.webSocket("")) {
      assertThat(client.responseHead()).containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assertThat(client.responseHead()).doesNotContainIgnoringCase("sec-websocket-extensions");
    }
  }

  @Test
  void compressionIsNotAgreedTo() throws Exception {
    try (RawWebSocket client = server.webSocket(
        "", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Extensions: x")) {
      assertThat(client.responseHead()).doesNotContainIgnoringCase("sec-websocket-extensions");
    }
  }

  @Test
  void knownSubprotocolIsChosenAmongOthersAndUnknownOnesAreNot() throws Exception {
    try (RawWebSocket client = server.webSocket("", "Sec-WebSocket-Protocol: mqtt, cortex.v1")) {
      assertThat(client.responseHead()).containsIgnoringCase("sec-websocket-protocol: cortex.v1");
      assertThat(client.json().getString("op")).isEqualTo("welcome");
    }
    try (RawWebSocket client = server.webSocket("", "Sec-WebSocket-Protocol: mqtt")) {
      assertThat(client.responseHead()).doesNotContainIgnoringCase("sec-websocket-protocol");
      assertThat(client.silentFor(200)).as("a plain client is told nothing").isTrue();
    }
  }

  @Test
  void incompleteHandshakeIsRefused() throws Exception {
    assertThat(ask("GET").status()).isIn(400, 426);
    assertThat(ask("GET", UPGRADE, CONNECTION, VERSION).status()).isEqualTo(400);
    assertThat(ask("GET", UPGRADE, VERSION, KEY).status()).isEqualTo(400);
    assertThat(ask("GET", CONNECTION, VERSION, KEY).status()).isIn(400, 426);
    assertThat(ask("POST", UPGRADE, CONNECTION, VERSION, KEY).status()).isIn(400, 405);
    assertThat(ask("HEAD", UPGRADE, CONNECTION, VERSION, KEY).status()).isIn(400, 405);
    assertThat(ask("GET", "Upgrade: h2c", CONNECTION, VERSION, KEY).status()).isIn(400, 426);
    assertThat(ask("GET", "Upgrade: xwebsocketx", CONNECTION, VERSION, KEY).status()).isIn(400, 426);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "1", "12", "14", "255", "x", "-1", "99999999999999999999"})
  void otherVersionIsRefusedWithoutHarm(String version) throws Exception {
    try (RawHttp http = server.http()) {
      Answer answer =
          http.ask("GET", "/ws", "", UPGRADE, CONNECTION, KEY, "Sec-WebSocket-Version: " + version);
      assertThat(answer.status()).isIn(400, 426);
    }
  }

  @Test
  void handshakeWithABodyIsNoHandshake() throws Exception {
    try (RawHttp http = server.http()) {
      http.send("GET /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n" + UPGRADE + "\r\n" + CONNECTION + "\r\n"
          + VERSION + "\r\n" + KEY + "\r\n\r\nhello");
      assertThat(http.answer().status()).isIn(101, 400);
    }
  }

  @Test
  void clientsThatLeaveDuringTheHandshakeLeaveNothingBehind() throws Exception {
    for (int i = 0; i < 200; i++) {
      RawHttp http = server.http();
      http.send("GET /ws" + (i % 3 == 0 ? "?since=0" : "") + " HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + "\r\n"
          + CONNECTION + "\r\n" + VERSION + "\r\n" + KEY + "\r\n\r\n");
      if (i % 2 == 0) {
        http.reset();
      } else {
        http.close();
      }
    }
  }
}
