package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp.Answer;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The payload limit is one number of bytes at every door. */
@Timeout(300)
class PayloadLimitTest {

  private static final int LIMIT = 65_536;

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

  /** A payload of exactly that many bytes, filled with a character of 1 to 4 bytes. */
  private static String payload(int bytes, String character) {
    int filling = bytes - "{\"f\":\"\"}".length();
    int width = character.getBytes(StandardCharsets.UTF_8).length;
    String payload = "{\"f\":\"" + "y".repeat(filling % width) + character.repeat(filling / width) + "\"}";
    assertThat(payload.getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
    return payload;
  }

  private static String event(String payload) {
    return "{\"orgId\":\"limit\",\"type\":\"t\",\"payload\":" + payload + "}";
  }

  @ParameterizedTest
  @CsvSource({
    "65535,x", "65536,x", "65537,x", "65535,é", "65536,é", "65537,é", "65535,€", "65536,€", "65537,€", "65535,😀",
    "65536,😀", "65537,😀"})
  void payloadIsMeasuredInBytesAtEveryDoor(int bytes, String character) throws Exception {
    String payload = payload(bytes, character);
    boolean fits = bytes <= LIMIT;
    String expected = fits ? "accepted" : "payload_too_large";

    Answer one = server.post("/api/events", event(payload));
    assertThat(fate(one)).isEqualTo(expected);
    assertThat(one.status()).isEqualTo(fits ? 200 : 422);

    Answer array = server.post("/ingest", "[{\"orgId\":\"limit\",\"type\":\"t\"}," + event(payload) + "]");
    assertThat(array.status()).isEqualTo(200);
    assertThat(fate(array.json().getJsonArray("results").getJsonObject(1))).isEqualTo(expected);

    Answer cloudEvent = server.post("/api/events", "application/cloudevents+json",
        "{\"specversion\":\"1.0\",\"id\":\"" + bytes + character.codePointAt(0) + "\",\"source\":\"/s\",\"type\":\"t\","
            + "\"orgid\":\"limit\",\"data\":" + payload + "}");
    assertThat(fate(cloudEvent)).isEqualTo(expected);

    try (RawWebSocket client = server.richClient("?subscribe=none")) {
      client.text("{\"op\":\"publish\",\"rid\":\"p\",\"event\":" + event(payload) + "}");
      JsonObject answer = client.json();
      assertThat(answer.getString("rid")).isEqualTo("p");
      assertThat(answer.getString("op")).isEqualTo(fits ? "ok" : "error");
      assertThat(fits ? answer.getString("status") : answer.getString("code")).isEqualTo(expected);
      assertThat(client.ask(new JsonObject("{\"op\":\"ping\",\"rid\":1}")).getString("op")).isEqualTo("pong");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100_000, 200_000})
  void muchLargerPayloadOverWebSocketIsStillAnsweredPolitely(int bytes) throws Exception {
    try (RawWebSocket client = server.richClient("?subscribe=none")) {
      client.text("{\"op\":\"publish\",\"rid\":\"p\",\"event\":" + event(payload(bytes, "x")) + "}");
      assertThat(client.json().getString("code")).isEqualTo("payload_too_large");
      assertThat(client.ask(new JsonObject("{\"op\":\"ping\",\"rid\":1}")).getString("op")).isEqualTo("pong");
    }
  }

  @Test
  void fiveHundredLargestPayloadsFitInOneBody() throws Exception {
    String one = event(payload(LIMIT, "x"));
    StringBuilder all = new StringBuilder("[").append(one);
    for (int i = 1; i < 500; i++) {
      all.append(',').append(one);
    }
    Answer answer = server.post("/api/events", all.append(']').toString());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getInteger("accepted")).isEqualTo(500);
  }

  private static String fate(Answer answer) {
    return fate(answer.json().getJsonArray("results").getJsonObject(0));
  }

  private static String fate(JsonObject result) {
    String status = result.getString("status");
    return status.equals("rejected") ? result.getJsonObject("error").getString("code") : status;
  }
}
