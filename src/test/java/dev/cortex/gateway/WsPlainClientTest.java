package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
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
import org.junit.jupiter.params.provider.ValueSource;

/** A client that only connects and reads. */
@Timeout(300)
class WsPlainClientTest {

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

  private static void publish(String org, String id) throws Exception {
    server.publish("{\"id\":\"" + id + "\",\"orgId\":\"" + org + "\",\"type\":\"t\"}");
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
  void everyOrgIsHeardThoseThatAppearLaterIncluded() throws Exception {
    publish("all-before", "b0");
    try (RawWebSocket client = server.webSocket("")) {
      publish("all-before", "b1");
      publish("all-new", "n1");
      publish("all-new", "n2");
      publish("all-before", "b2");
      assertThat(ids(client, 4)).containsExactly("b1", "n1", "n2", "b2");
    }
  }

  @Test
  void orgThatSomeoneElseAskedForByNameIsHeardToo() throws Exception {
    publish("shared-ws", "s0");
    try (RawWebSocket everything = server.webSocket("");
        RawWebSocket named = server.webSocket("?org=shared-ws")) {
      publish("shared-ws", "s1");
      assertThat(ids(named, 1)).containsExactly("s1");
      assertThat(ids(everything, 1)).containsExactly("s1");
    }
  }

  @Test
  void orgThatAHeldPollWaitsForIsHeardToo() throws Exception {
    publish("shared-poll", "p0");
    String cursor = server.cursor("shared-poll");
    try (RawWebSocket everything = server.webSocket(""); RawHttp poll = server.http()) {
      poll.send(poll.request("GET", "/api/events/since?wait=20&cursor=" + cursor, ""));
      Patience.until("the poll is held", 60, () -> {
        publish("shared-poll", "p1");
        return true;
      });
      assertThat(poll.answer().status()).isEqualTo(200);
      assertThat(ids(everything, 1)).containsExactly("p1");
    }
  }

  @Test
  void orgsAndChannelsMayBePicked() throws Exception {
    try (RawWebSocket client = server.webSocket("?org=pick-a&org=pick-b&channel=pick-c:agent&channel=pick-d:agent:s")) {
      publish("pick-x", "x1");
      publish("pick-a", "a1");
      publish("pick-b", "b1");
      publish("pick-c", "agent", "any", "c1");
      publish("pick-c", "other", "any", "c2");
      publish("pick-d", "agent", "s", "d1");
      publish("pick-d", "agent", "t", "d2");
      publish("pick-a", "a2");
      assertThat(ids(client, 5)).containsExactly("a1", "b1", "c1", "d1", "a2");
    }
  }

  @Test
  void subscribeNoneHearsNothing() throws Exception {
    try (RawWebSocket client = server.webSocket("?subscribe=none")) {
      publish("none", "n1");
      assertThat(client.silentFor(300)).isTrue();
    }
  }

  @Test
  void sinceACursorIsEverythingMissedThenLiveWithNothingTwice() throws Exception {
    publish("miss", "m0");
    String cursor = server.cursor("miss");
    for (int i = 1; i <= 1_200; i++) {
      if (i % 400 == 1) {
        StringBuilder many = new StringBuilder("[");
        for (int k = i; k < i + 400; k++) {
          many.append(k == i ? "" : ",")
              .append("{\"id\":\"m").append(k).append("\",\"orgId\":\"miss\",\"type\":\"t\"}");
        }
        server.publish(many.append(']').toString());
      }
    }
    try (RawWebSocket client = server.webSocket("?since=" + cursor)) {
      publish("miss", "m1201");
      List<String> ids = ids(client, 1_201);
      for (int i = 0; i < ids.size(); i++) {
        assertThat(ids.get(i)).isEqualTo("m" + (i + 1));
      }
      publish("other-than-miss", "o1");
      assertThat(ids(client, 1)).as("orgs without a cursor are live").containsExactly("o1");
    }
  }

  @Test
  void sinceIsRepeatableForSeveralOrgsAndTakesTimes() throws Exception {
    publish("two-a", "a1");
    publish("two-b", "b1");
    String a = server.cursor("two-a");
    String b = server.cursor("two-b");
    publish("two-a", "a2");
    publish("two-b", "b2");
    try (RawWebSocket client = server.webSocket("?org=two-a&org=two-b&since=" + a + "&since=" + b)) {
      assertThat(ids(client, 2)).containsExactlyInAnyOrder("a2", "b2");
    }
    try (RawWebSocket client = server.webSocket("?org=two-a&since=1")) {
      assertThat(ids(client, 2)).containsExactly("a1", "a2");
    }
    try (RawWebSocket client = server.webSocket("?org=two-a&since=" + (System.currentTimeMillis() + 3_600_000))) {
      publish("two-a", "a3");
      assertThat(ids(client, 1)).containsExactly("a3");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"aaaaaaaaaaaaa.1", "zzzzzzzzzzzzz.9007199254740991"})
  void cursorOfAnotherLogClosesWith4410(String cursor) throws Exception {
    publish("gone", "g1");
    try (RawWebSocket client = server.webSocket("?org=gone&since=" + cursor)) {
      assertThat(client.closed()).isEqualTo(4410);
    }
    try (RawWebSocket client = server.webSocket("?since=" + cursor)) {
      assertThat(client.closed()).isEqualTo(4410);
    }
  }

  @Test
  void cursorAheadOfTheLogOrOfAnotherOrgClosesWith4410() throws Exception {
    publish("ahead", "h1");
    publish("beside", "s1");
    String ahead = server.cursor("ahead").replaceAll("\\..*", ".999999");
    try (RawWebSocket client = server.webSocket("?org=ahead&since=" + ahead)) {
      assertThat(client.closed()).isEqualTo(4410);
    }
    try (RawWebSocket client = server.webSocket("?org=ahead&since=" + server.cursor("beside"))) {
      assertThat(client.closed()).isEqualTo(4410);
    }
  }

  @Test
  void eventIsOneTextFrameWithEverythingTheServerAdds() throws Exception {
    try (RawWebSocket client = server.webSocket("?org=shape")) {
      publish("shape", "agent", "s", "e1");
      JsonObject event = client.json();
      assertThat(event.containsKey("op")).isFalse();
      assertThat(event.getMap().keySet())
          .contains("id", "orgId", "userId", "type", "payload", "timestamp", "offset", "cursor", "receivedAt",
              "sequence");
      assertThat(event.getString("userId")).isEqualTo("local");
      assertThat(event.getString("cursor")).isEqualTo(server.cursor("shape"));
    }
  }

  @Test
  void plainClientGetsNoControlFramesButMayAsk() throws Exception {
    try (RawWebSocket client = server.webSocket("?org=ask")) {
      assertThat(client.ask(new JsonObject("{\"op\":\"ping\",\"rid\":1}")).getString("op")).isEqualTo("pong");
    }
  }
}
