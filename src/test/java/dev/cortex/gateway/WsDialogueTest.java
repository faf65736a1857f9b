package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that speak {@code cortex.v1} ask, and the one frame that answers each request. */
@Timeout(300)
class WsDialogueTest {

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

  private static RawWebSocket client() throws Exception {
    return server.richClient("");
  }

  private static JsonObject ask(RawWebSocket client, String op, Object... pairs) throws Exception {
    JsonObject request = new JsonObject().put("op", op).put("rid", op + "-rid");
    for (int i = 0; i < pairs.length; i += 2) {
      request.put((String) pairs[i], pairs[i + 1]);
    }
    return client.ask(request);
  }

  private static void publish(String org, String agent, String session, String id) throws Exception {
    server.publish(new JsonObject()
        .put("id", id).put("orgId", org).put("type", "t").put("agentId", agent).put("sessionId", session).encode());
  }

  private static List<String> ids(RawWebSocket client, int count) throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(client.json().getString("id"));
    }
    return ids;
  }

  @Test
  void welcomeIsTheFirstFrameAndTellsTheLimits() throws Exception {
    try (RawWebSocket client = server.webSocket("", "Sec-WebSocket-Protocol: cortex.v1")) {
      JsonObject welcome = client.json();
      assertThat(welcome.getString("op")).isEqualTo("welcome");
      assertThat(welcome.getMap().keySet()).contains("connection", "resumeToken", "server", "profile", "limits");
      assertThat(welcome.getJsonObject("limits").getInteger("payloadBytes")).isEqualTo(65_536);
    }
  }

  @Test
  void subscribeTellsItsPlaceThenEventsCome() throws Exception {
    try (RawWebSocket client = client()) {
      JsonObject subscribed = ask(client, "subscribe", "channel", "sub:a");
      assertThat(subscribed.getString("op")).isEqualTo("subscribed");
      assertThat(subscribed.getString("channel")).isEqualTo("sub:a");
      assertThat(subscribed.getBoolean("recovered")).isTrue();
      assertThat(subscribed.getInteger("replayed")).isZero();
      publish("sub", "b", "s", "not");
      publish("sub", "a", "s", "yes");
      assertThat(ids(client, 1)).containsExactly("yes");
      publish("sub", "a", "t", "more");
      assertThat(ids(client, 1)).containsExactly("more");
      assertThat(ask(client, "subscribe", "channel", "sub:a", "since", subscribed.getString("cursor"))
          .getInteger("replayed")).isEqualTo(2);
      assertThat(ids(client, 2)).containsExactly("yes", "more");
    }
  }

  @Test
  void overlappingSubscriptionsDeliverEveryEventOnce() throws Exception {
    try (RawWebSocket client = client()) {
      for (String channel : List.of("lap:a:s", "lap", "lap:a", "lap:b")) {
        assertThat(ask(client, "subscribe", "channel", channel).getString("op")).isEqualTo("subscribed");
      }
      publish("lap", "a", "s", "1");
      publish("lap", "b", "s", "2");
      publish("lap", "c", "s", "3");
      assertThat(ids(client, 3)).containsExactly("1", "2", "3");
      assertThat(ask(client, "unsubscribe", "channel", "lap").getString("op")).isEqualTo("ok");
      publish("lap", "a", "s", "4");
      publish("lap", "c", "s", "not-1");
      publish("lap", "b", "s", "5");
      assertThat(ids(client, 2)).containsExactlyInAnyOrder("4", "5");
      assertThat(ask(client, "unsubscribe", "channel", "lap").getString("code")).isEqualTo("not_subscribed");
      ask(client, "unsubscribe", "channel", "lap:a");
      publish("lap", "a", "u", "not-2");
      publish("lap", "a", "s", "6");
      assertThat(ids(client, 1)).containsExactly("6");
    }
  }

  @Test
  void overlappingReplaysDeliverEveryEventOnce() throws Exception {
    for (int i = 1; i <= 50; i++) {
      publish("over", i % 2 == 0 ? "a" : "b", "s", "o" + i);
    }
    String start = server.cursor("over").replaceAll("\\..*", ".0");
    try (RawWebSocket client = client()) {
      client.text(new JsonObject().put("op", "subscribe").put("channel", "over:a").put("since", start).encode());
      client.text(new JsonObject().put("op", "subscribe").put("channel", "over").put("since", start).encode());
      List<String> seen = new ArrayList<>();
      while (seen.size() < 50) {
        JsonObject frame = client.json();
        if (!frame.containsKey("op")) {
          seen.add(frame.getString("id"));
        }
      }
      assertThat(seen).doesNotHaveDuplicates().hasSize(50);
      publish("over", "a", "s", "last");
      assertThat(ids(client, 1)).containsExactly("last");
    }
  }

  @Test
  void sinceASequenceIsEverythingOfTheSessionAfterIt() throws Exception {
    for (int i = 1; i <= 5; i++) {
      publish("seq", "a", "s", "q" + i);
      publish("seq", "a", "other", "x" + i);
    }
    try (RawWebSocket client = client()) {
      JsonObject subscribed =
          ask(client, "subscribe", "channel", "seq:a:s", "since", new JsonObject().put("sequence", 3));
      assertThat(subscribed.getBoolean("recovered")).isTrue();
      assertThat(ids(client, 2)).containsExactly("q4", "q5");
      ask(client, "subscribe", "channel", "seq:a:s", "since", new JsonObject().put("sequence", 0));
      assertThat(ids(client, 5)).containsExactly("q1", "q2", "q3", "q4", "q5");
      JsonObject refused = ask(client, "subscribe", "channel", "seq:a", "since", new JsonObject().put("sequence", 0));
      assertThat(refused.getString("code")).isEqualTo("bad_request");
      JsonObject ahead = ask(client, "subscribe", "channel", "seq:a:s", "since", new JsonObject().put("sequence", 77));
      assertThat(ahead.getString("code")).isEqualTo("cursor_ahead");
    }
  }

  @Test
  void cursorOfAnotherIncarnationIsAnsweredByResyncThenLive() throws Exception {
    publish("inc", "a", "s", "1");
    try (RawWebSocket client = client()) {
      JsonObject subscribed = ask(client, "subscribe", "channel", "inc", "since", "aaaaaaaaaaaaa.1");
      assertThat(subscribed.getString("op")).isEqualTo("subscribed");
      assertThat(subscribed.getBoolean("recovered")).isFalse();
      JsonObject resync = client.json();
      assertThat(resync.getString("op")).isEqualTo("resync");
      assertThat(resync.getString("reason")).isEqualTo("log_changed");
      publish("inc", "a", "s", "2");
      assertThat(ids(client, 1)).containsExactly("2");
    }
  }

  @Test
  void cursorAheadIsRefusedAndTheConnectionStays() throws Exception {
    publish("fore", "a", "s", "1");
    String ahead = server.cursor("fore").replaceAll("\\..*", ".2");
    try (RawWebSocket client = client()) {
      assertThat(ask(client, "subscribe", "channel", "fore", "since", ahead).getString("code"))
          .isEqualTo("cursor_ahead");
      assertThat(ask(client, "ping").getString("op")).isEqualTo("pong");
    }
  }

  @Test
  void publishIsAnsweredWithItsPlace() throws Exception {
    try (RawWebSocket client = client()) {
      JsonObject event = new JsonObject(
          "{\"id\":\"w\",\"orgId\":\"pub\",\"type\":\"t\",\"agentId\":\"a\",\"sessionId\":\"s\"}");
      JsonObject ok = ask(client, "publish", "event", event);
      assertThat(ok.getMap().keySet()).containsExactlyInAnyOrder("op", "rid", "id", "status", "offset", "sequence");
      assertThat(ok.getString("status")).isEqualTo("accepted");
      assertThat(ok.getLong("sequence")).isEqualTo(1);
      assertThat(ask(client, "publish", "event", event).getString("status")).isEqualTo("duplicate");
      assertThat(ask(client, "publish", "event", event.copy().put("type", "u")).getString("code"))
          .isEqualTo("idempotency_conflict");
      assertThat(ask(client, "publish", "event", event.copy().put("id", "v").put("sequence", 7)).getString("message"))
          .contains("2");
      for (Object wrong : new Object[] {new JsonArray(), 7, "text", new JsonObject(), true}) {
        JsonObject refused = ask(client, "publish", "event", wrong);
        assertThat(refused.getString("op")).isEqualTo("error");
        assertThat(refused.getString("message")).isNotEmpty();
      }
      assertThat(ask(client, "publish").getString("code")).isEqualTo("bad_request");
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "\"text\"|\"text\"", "7|7", "-1|-1", "9007199254740993|9007199254740993", "\"\\u00e9\\n\"|\"é\\n\"",
    "\"\\\"\"|\"\\\"\""})
  void ridComesBackAsItWasSent(String sent, String expected) throws Exception {
    try (RawWebSocket client = client()) {
      client.text("{\"op\":\"ping\",\"rid\":" + sent + "}");
      assertThat(client.json().getValue("rid")).isEqualTo(new JsonObject("{\"r\":" + expected + "}").getValue("r"));
      client.text("{\"rid\":" + sent + ",\"op\":\"nonsense\"}");
      assertThat(client.json().getValue("rid")).isEqualTo(new JsonObject("{\"r\":" + expected + "}").getValue("r"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "true", "1.5", "\"\""})
  void ridOfAnotherKindIsRefused(String rid) throws Exception {
    try (RawWebSocket client = client()) {
      client.text("{\"op\":\"ping\",\"rid\":" + rid + "}");
      assertThat(client.json().getString("code")).isEqualTo("bad_request");
      assertThat(ask(client, "ping").getString("op")).isEqualTo("pong");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "{\"op\":\"nonsense\",\"rid\":1}", "{\"op\":\"\",\"rid\":1}", "{\"op\":\"PING\",\"rid\":1}", "{\"rid\":1}",
    "{\"op\":7,\"rid\":1}", "{\"op\":\"subscribe\",\"rid\":1}",
    "{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a:b:c:d\"}",
    "{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a\",\"since\":\"x\"}",
    "{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a\",\"since\":-1}",
    "{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a\",\"since\":{}}",
    "{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a\",\"delta\":1}", "{\"op\":\"unsubscribe\",\"rid\":1}",
    "{\"op\":\"presence\",\"rid\":1,\"channel\":7}", "{\"op\":\"publish\",\"rid\":1}", "{\"op\":\"ack\",\"rid\":1}"})
  void wrongRequestIsAnErrorWithItsRidAndTheConnectionStays(String request) throws Exception {
    try (RawWebSocket client = client()) {
      client.text(request);
      JsonObject error = client.json();
      assertThat(error.getString("op")).isEqualTo("error");
      assertThat(error.getInteger("rid")).isEqualTo(1);
      assertThat(error.getString("message")).isNotEmpty().doesNotContain("Exception");
      assertThat(ask(client, "ping").getString("op")).isEqualTo("pong");
    }
  }

  @Test
  void answersComeInTheOrderOfTheRequests() throws Exception {
    try (RawWebSocket client = client()) {
      for (int i = 0; i < 300; i++) {
        String op = i % 3 == 0 ? "subscribe" : i % 3 == 1 ? "presence" : "ping";
        client.text("{\"op\":\"" + op + "\",\"rid\":" + i + ",\"channel\":\"order" + i + "\"}");
      }
      for (int i = 0; i < 300; i++) {
        assertThat(client.json().getInteger("rid")).isEqualTo(i);
      }
    }
  }

  @Test
  void presenceCountsConnectionsWhileTheyLast() throws Exception {
    try (RawWebSocket first = client(); RawWebSocket second = server.webSocket("?channel=pres:a")) {
      ask(first, "subscribe", "channel", "pres");
      JsonObject presence = ask(first, "presence", "channel", "pres");
      assertThat(presence.getInteger("total")).isEqualTo(2);
      assertThat(presence.getJsonArray("members").getJsonObject(0).getString("userId")).isEqualTo("local");
      second.reset();
      Patience.until("one is left", 60, () -> ask(first, "presence", "channel", "pres").getInteger("total") == 1);
      ask(first, "unsubscribe", "channel", "pres");
      assertThat(ask(first, "presence", "channel", "pres").getInteger("total")).isZero();
    }
  }

  @Test
  void pongTellsWhatIsCovered() throws Exception {
    try (RawWebSocket client = client()) {
      ask(client, "subscribe", "channel", "pong:a");
      publish("pong", "b", "s", "1");
      Patience.until("covered", 60, () -> server.cursor("pong").equals(ask(client, "ping").getString("cursor")));
    }
  }

  @Test
  void drainIsToldBeforeTheServerGoes(@TempDir Path other) throws Exception {
    DesktopServer going = DesktopServer.start(other);
    try (RawWebSocket rich = going.richClient(""); RawWebSocket plain = going.webSocket("")) {
      going.close();
      assertThat(rich.json().getString("op")).isEqualTo("drain");
      assertThat(rich.closed()).isEqualTo(1012);
      assertThat(plain.closed()).isEqualTo(1012);
    }
  }
}
