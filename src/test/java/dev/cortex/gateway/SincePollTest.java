package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawHttp.Answer;
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
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class SincePollTest {

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

  private static void publish(String org, int from, int count, int payloadLength) throws Exception {
    JsonArray events = new JsonArray();
    for (int i = from; i < from + count; i++) {
      events.add(new JsonObject(DesktopServer.event(org, "e" + i, payloadLength)));
    }
    server.publish(events.encode());
  }

  private static Answer since(String query) throws Exception {
    return server.get("/api/events/since?" + query);
  }

  @Test
  void pagingToTheEndIsTheWholeLogExactlyOnceInOrder() throws Exception {
    for (int i = 0; i < 5; i++) {
      publish("pages", i * 250, 250, 20);
    }
    for (int limit : new int[] {1_000, 500, 333, 7}) {
      List<String> ids = new ArrayList<>();
      String cursor = "0";
      boolean more = true;
      while (more) {
        Answer answer = since("orgId=pages&limit=" + limit + "&cursor=" + cursor);
        assertThat(answer.status()).isEqualTo(200);
        JsonObject page = answer.json();
        JsonArray events = page.getJsonArray("events");
        assertThat(events.size()).isBetween(1, limit);
        events.forEach(event -> ids.add(((JsonObject) event).getString("id")));
        cursor = page.getString("cursor");
        assertThat(answer.header("Cortex-Cursor")).isEqualTo(cursor);
        assertThat(Integer.parseInt(answer.header("Cortex-Next-Poll-After-Ms"))).isPositive();
        assertThat(events.getJsonObject(events.size() - 1).getString("cursor")).isEqualTo(cursor);
        more = page.getBoolean("hasMore");
      }
      assertThat(ids).hasSize(1_250);
      for (int i = 0; i < ids.size(); i++) {
        assertThat(ids.get(i)).isEqualTo("e" + i);
      }
      Answer end = since("cursor=" + cursor);
      assertThat(end.status()).isEqualTo(204);
      assertThat(end.header("Cortex-Cursor")).isEqualTo(cursor);
      assertThat(end.header("Cortex-Next-Poll-After-Ms")).isNotEmpty();
      assertThat(end.body()).isEmpty();
    }
  }

  @Test
  void largeEventsComeInPagesOfBoundedSize() throws Exception {
    publish("heavy", 0, 200, 60_000);
    int seen = 0;
    String cursor = "0";
    for (boolean more = true; more;) {
      Answer answer = since("orgId=heavy&limit=1000&cursor=" + cursor);
      assertThat(answer.body().length).isLessThan(6 << 20);
      seen += answer.json().getJsonArray("events").size();
      cursor = answer.json().getString("cursor");
      more = answer.json().getBoolean("hasMore");
    }
    assertThat(seen).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "orgId=o&limit=0", "orgId=o&limit=1001", "orgId=o&limit=-1", "orgId=o&limit=x", "orgId=o&limit=", "orgId=o&wait=31",
    "orgId=o&wait=-1", "orgId=o&wait=1.5", "orgId=o&limit=99999999999", "cursor=1", "", "orgId=a:b&cursor=1", "orgId=",
    "orgId=o&cursor=abc", "orgId=o&cursor=aaaaaaaaaaaaa.", "orgId=o&cursor=aaaaaaaaaaaaa.-1",
    "orgId=o&cursor=aaaaaaaaaaaaa.01", "orgId=o&cursor=1aaaaaaaaaaaa.1", "orgId=o&cursor=AAAAAAAAAAAAA.1",
    "orgId=o&cursor=aaaaaaaaaaaaa.1.2", "orgId=o&cursor=aaaaaaaaaaaaa.99999999999999999999", "orgId=o&cursor="})
  void wrongParameterIsRefused(String query) throws Exception {
    Answer answer = since(query);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
  }

  @Test
  void positionThatCannotBeServedIsGoneWithTheReason() throws Exception {
    publish("gone", 0, 3, 10);
    publish("gone-other", 0, 3, 10);
    Answer changed = since("orgId=gone&cursor=aaaaaaaaaaaaa.2");
    assertThat(changed.status()).isEqualTo(410);
    assertThat(changed.code()).isEqualTo("log_changed");
    Answer ahead = since("orgId=gone&cursor=" + server.cursor("gone").replaceAll("\\..*", ".4"));
    assertThat(ahead.status()).isEqualTo(410);
    assertThat(ahead.code()).isEqualTo("cursor_ahead");
    Answer foreign = since("orgId=gone&cursor=" + server.cursor("gone-other"));
    assertThat(foreign.status()).isEqualTo(400);
    assertThat(foreign.code()).isEqualTo("cursor_invalid");
    assertThat(since("cursor=aaaaaaaaaaaaa.2").status()).isEqualTo(410);
  }

  @Test
  void orgWithoutEventsHasNothingNew() throws Exception {
    assertThat(since("orgId=never-seen&cursor=0").status()).isEqualTo(204);
    assertThat(since("orgId=never-seen").status()).isEqualTo(204);
  }

  @Test
  void timeIsReadAgainstReceipt() throws Exception {
    publish("time", 0, 3, 10);
    long now = System.currentTimeMillis();
    assertThat(since("orgId=time&cursor=" + (now - 3_600_000)).json().getJsonArray("events")).hasSize(3);
    assertThat(since("orgId=time&cursor=" + (now + 3_600_000)).status()).isEqualTo(204);
    assertThat(since("orgId=time&cursor=9007199254740991").status()).isEqualTo(204);
  }

  @Test
  void heldRequestIsWokenByAnEvent() throws Exception {
    publish("held", 0, 1, 10);
    String cursor = server.cursor("held");
    try (RawHttp http = server.http().patience(25_000)) {
      http.send(http.request("GET", "/api/events/since?wait=20&cursor=" + cursor, ""));
      http.patience(300);
      assertThat(silent(http)).as("held while nothing is new").isTrue();
      http.patience(60_000);
      long begun = System.nanoTime();
      publish("held", 1, 1, 10);
      Answer answer = http.answer();
      assertThat((System.nanoTime() - begun) / 1_000_000)
          .as("milliseconds from publish to the answer")
          .isLessThan(15_000);
      assertThat(answer.json().getJsonArray("events").getJsonObject(0).getString("id")).isEqualTo("e1");
    }
  }

  private static boolean silent(RawHttp http) throws Exception {
    try {
      http.line();
      return false;
    } catch (java.net.SocketTimeoutException nothing) {
      return true;
    }
  }

  @Test
  void heldRequestIsAnsweredAfterItsTime() throws Exception {
    publish("late", 0, 1, 10);
    String cursor = server.cursor("late");
    long begun = System.nanoTime();
    Answer answer = since("wait=1&cursor=" + cursor);
    assertThat((System.nanoTime() - begun) / 1_000_000).isBetween(900L, 60_000L);
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Cortex-Cursor")).isEqualTo(cursor);
  }

  @Test
  void requestThatHasSomethingToReadIsNotHeld() throws Exception {
    publish("ready", 0, 1, 10);
    long begun = System.nanoTime();
    assertThat(since("orgId=ready&wait=20&cursor=0").status()).isEqualTo(200);
    assertThat((System.nanoTime() - begun) / 1_000_000).as("not held").isLessThan(18_000);
  }

  @Test
  void clientsThatLeaveWhileHeldLeaveNothingBehind() throws Exception {
    publish("left", 0, 1, 10);
    String cursor = server.cursor("left");
    List<RawHttp> clients = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      RawHttp http = server.http();
      http.send(http.request("GET", "/api/events/since?wait=25&cursor=" + cursor, ""));
      clients.add(http);
    }
    for (RawHttp http : clients) {
      http.reset();
    }
    publish("left", 1, 1, 10);
    assertThat(since("cursor=" + cursor).json().getJsonArray("events")).hasSize(1);
  }

  @Test
  void pollsAndSocketsAgree() throws Exception {
    try (RawWebSocket client = server.webSocket("?org=agree")) {
      publish("agree", 0, 100, 10);
      JsonArray polled = since("orgId=agree&cursor=0").json().getJsonArray("events");
      for (int i = 0; i < 100; i++) {
        assertThat(client.json()).isEqualTo(polled.getJsonObject(i));
      }
    }
  }

  @Test
  void orgsAreApart() throws Exception {
    publish("apart-a", 0, 5, 10);
    publish("apart-b", 5, 5, 10);
    JsonArray events = since("orgId=apart-a&cursor=0").json().getJsonArray("events");
    assertThat(events).hasSize(5).allSatisfy(event -> assertThat(((JsonObject) event).getString("orgId"))
        .isEqualTo("apart-a"));
  }
}
