package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.NodeState;
import dev.cortex.testing.CloudNode;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.UserToken;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What becomes of connections to a cloud node: how long they may last, how they are let go and how they are resumed.
 */
@Timeout(300)
class CloudConnectionTest {

  private static final String ACME = UserToken.of("acme").text();

  @TempDir Path folder;
  private CloudNode node;

  @BeforeEach
  void start() throws Exception {
    node = CloudNode.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  private JsonObject publish(String id) throws IOException {
    return node.publish(ACME, new JsonObject().put("id", id).put("type", "test.happened").encode());
  }

  private static JsonObject welcomed(RawWebSocket client) throws IOException {
    return client.op("welcome");
  }

  private static JsonObject resume(String token, JsonObject... subscriptions) {
    return new JsonObject()
        .put("op", "resume")
        .put("rid", "again")
        .put("token", token)
        .put("subscriptions", new JsonArray(List.of(subscriptions)));
  }

  private static JsonObject from(String channel, String cursor) {
    return new JsonObject().put("channel", channel).put("cursor", cursor);
  }

  @Test
  void connectionsEndWithTheirTokenWithinASecond() throws Exception {
    publish("first"); // only where something happens a poll is held
    String cursor = node.ask("GET", "/api/events/since?cursor=0", "", "Authorization: Bearer " + ACME)
        .header("Cortex-Cursor");
    long expiresAt = (System.currentTimeMillis() / 1_000 + 5) * 1_000; // tokens count whole seconds
    String token = UserToken.of("acme").expiresAt(expiresAt).text();
    try (RawWebSocket plain = node.webSocket(token, "");
        RawWebSocket rich = node.richClient(token);
        RawHttp stream = node.stream(token, "");
        RawHttp poll = RawHttp.connect(node.port())) {
      String target = "/api/events/since?wait=20&cursor=" + cursor;
      poll.send(poll.request("GET", target, "", "Authorization: Bearer " + token));
      assertThat(poll.answer().status()).isEqualTo(401);
      assertThat(plain.closed()).isEqualTo(4401);
      assertThat(rich.closed()).isEqualTo(4401);
      assertThat(stream.ends()).isTrue();
      assertThat(System.currentTimeMillis()).isBetween(expiresAt, expiresAt + 12_000);
    }
  }

  @Test
  void drainTellsThoseItCanAndClosesTheOthersOneAfterTheOther() throws Exception {
    List<RawWebSocket> plain = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      plain.add(node.webSocket(ACME, ""));
    }
    ExecutorService watchers = Executors.newFixedThreadPool(plain.size());
    try (RawWebSocket rich = node.richClient(ACME);
        RawHttp stream = node.stream(ACME, "");
        RawHttp poll = RawHttp.connect(node.port())) {
      welcomed(rich);
      poll.send(poll.request("GET", "/api/events/since?cursor=0&wait=20", "", "Authorization: Bearer " + ACME));
      Patience.until("the poll is held", 60, () -> node.askInside("/health").json().getInteger("connections") == 11);
      long began = System.nanoTime();
      List<CompletableFuture<Long>> closes =
          plain.stream().map(one -> CompletableFuture.supplyAsync(() -> closedAfterMs(one, began), watchers)).toList();
      Future<Void> drained = node.drain(3_000);
      assertThat(rich.op("drain").getLong("reconnectWithinMs")).isEqualTo(3_000);
      assertThat(poll.answer().status()).isEqualTo(204);
      assertThat(node.ask("GET", "/readyz", "").status()).isEqualTo(503);
      assertThat(node.ask("GET", "/livez", "").status()).isEqualTo(200);
      assertThat(node.ask("GET", "/health", "").json().getString("status")).isEqualTo("DRAINING");
      List<Long> closedMs = new ArrayList<>();
      for (CompletableFuture<Long> one : closes) {
        closedMs.add(one.get(60, TimeUnit.SECONDS));
      }
      assertThat(Collections.max(closedMs) - Collections.min(closedMs)).as("spread of the closes, ms")
          .isGreaterThan(500);
      assertThat(rich.closed()).isEqualTo(1012);
      assertThat(stream.ends()).isTrue();
      drained.await(60, TimeUnit.SECONDS);
    } finally {
      watchers.shutdownNow();
      for (RawWebSocket client : plain) {
        client.close();
      }
    }
  }


  private static long closedAfterMs(RawWebSocket client, long began) {
    try {
      assertThat(client.closed()).isEqualTo(1012);
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void drainingNodeTakesNoNewConnectionsAndStillTakesEvents() throws Exception {
    node.drain(0).await(60, TimeUnit.SECONDS);
    for (String target : List.of("/api/stream", "/api/ws")) {
      RawHttp.Answer refused = node.ask(
          "GET", target, "", "Authorization: Bearer " + ACME, "Upgrade: websocket", "Connection: Upgrade",
          "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.code()).isEqualTo("shutting_down");
      assertThat(refused.header("Retry-After")).isEqualTo("1");
    }
    assertThat(publish("late").getString("status")).isEqualTo("accepted");
  }

  @Test
  void streamIsToldWhenToComeBack() throws Exception {
    try (RawHttp stream = node.stream(ACME, "")) {
      stream.chunk();
      node.drain(100);
      String last = new String(stream.chunk(), StandardCharsets.UTF_8);
      assertThat(last).matches("retry: \\d{3,4}\n\n");
      assertThat(stream.chunk()).isEmpty();
    }
  }

  @Test
  void isolatedNodeSendsItsClientsAwayAndTakesThemAgainWhenItIsBack() throws Exception {
    try (RawWebSocket plain = node.webSocket(ACME, "");
        RawWebSocket rich = node.richClient(ACME)) {
      welcomed(rich);
      node.becomes(NodeState.ISOLATED);
      assertThat(rich.op("drain").getLong("reconnectWithinMs")).isEqualTo(1_000);
      assertThat(rich.closed()).isEqualTo(1012);
      assertThat(plain.closed()).isEqualTo(1012);
      assertThat(node.ask("GET", "/readyz", "").status()).isEqualTo(503);
      assertThat(node.ask("GET", "/api/stream", "", "Authorization: Bearer " + ACME).status()).isEqualTo(503);
      node.becomes(NodeState.READY);
      Patience.until("the node is ready", 60, () -> node.ask("GET", "/readyz", "").status() == 200);
      node.webSocket(ACME, "").close();
    }
  }

  @Test
  void clientsThatWaitedAtTheDoorOfANodeThatIsolatedMeanwhileAreSentAway() throws Exception {
    node.finds(false);
    String authorization = "Authorization: Bearer " + ACME;
    try (RawHttp socket = RawHttp.connect(node.port());
        RawHttp stream = RawHttp.connect(node.port())) {
      socket.send(socket.request("GET", "/api/ws", "", authorization, "Upgrade: websocket", "Connection: Upgrade",
          "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
      stream.send(stream.request("GET", "/api/stream", "", authorization));
      assertThat(node.ask("GET", "/livez", "").status()).as("an answer behind theirs").isEqualTo(200);
      node.becomes(NodeState.ISOLATED);
      node.finds(true);
      assertThat(stream.answer().status()).isEqualTo(503);
      assertThat(socket.head().status()).as("to be closed with a code of its own").isEqualTo(101);
      assertThat(node.askInside("/health").json().getInteger("connections")).isZero();
    }
  }

  @Test
  void resumeTakesUpEverySubscriptionFromTheClientsOwnCursors() throws Exception {
    String token;
    String cursor;
    try (RawWebSocket lost = node.richClient(ACME)) {
      token = welcomed(lost).getString("resumeToken");
      cursor = lost.ask(new JsonObject().put("op", "subscribe").put("rid", 1).put("channel", "acme:planner"))
          .getString("cursor");
    }
    node.publish(ACME, "{\"id\":\"p\",\"type\":\"t\",\"agentId\":\"planner\",\"sessionId\":\"s\"}");
    node.publish(ACME, "{\"id\":\"w\",\"type\":\"t\",\"agentId\":\"worker\",\"sessionId\":\"s\"}");
    try (RawWebSocket again = node.richClient(ACME)) {
      welcomed(again);
      again.text(resume(token, from("acme:planner", cursor), from("acme:worker", cursor)).encode());
      JsonObject planner = again.json();
      JsonObject worker = again.json();
      assertThat(planner.getString("op")).isEqualTo("subscribed");
      assertThat(planner.getString("channel")).isEqualTo("acme:planner");
      assertThat(planner.getInteger("replayed")).isEqualTo(1);
      assertThat(planner.containsKey("rid")).isFalse();
      assertThat(worker.getString("channel")).isEqualTo("acme:worker");
      assertThat(again.json()).isEqualTo(new JsonObject().put("op", "ok").put("rid", "again"));
      assertThat(List.of(again.json().getString("id"), again.json().getString("id")))
          .containsExactlyInAnyOrder("p", "w");
      node.publish(ACME, "{\"id\":\"live\",\"type\":\"t\",\"agentId\":\"planner\",\"sessionId\":\"s\"}");
      assertThat(again.json().getString("id")).isEqualTo("live");
    }
  }

  @Test
  void resumeIsForTheSamePrincipalAndItsOwnChannels() throws Exception {
    String token;
    try (RawWebSocket lost = node.richClient(ACME)) {
      token = welcomed(lost).getString("resumeToken");
    }
    try (RawWebSocket other = node.richClient(UserToken.of("acme").user("user-2").text());
        RawWebSocket same = node.richClient(UserToken.of("acme").channels("acme:planner").text())) {
      welcomed(other);
      welcomed(same);
      assertThat(other.ask(resume(token, from("acme", null))).getString("code")).isEqualTo("unauthorized");
      assertThat(same.ask(resume(token + "x", from("acme:planner", null))).getString("code"))
          .isEqualTo("unauthorized");
      assertThat(same.ask(resume(token, from("acme:planner", null), from("globex", null))).getString("code"))
          .isEqualTo("forbidden");
      assertThat(same.ask(resume(token, from("acme:planner", "nonsense"))).getString("code"))
          .isEqualTo("cursor_invalid");
      assertThat(same.ask(resume(token)).getString("op")).isEqualTo("ok");
      JsonObject[] many = new JsonObject[200];
      for (int i = 0; i < many.length; i++) {
        many[i] = from("acme:planner:s" + i, null);
      }
      assertThat(same.ask(resume(token, many)).getString("code")).isEqualTo("rate_limited");
    }
  }

  @Test
  void presenceTellsUsersByTheirTokens() throws Exception {
    try (RawWebSocket one = node.webSocket(UserToken.of("acme").user("ann").text(), "");
        RawWebSocket two = node.webSocket(UserToken.of("acme").user("bob").text(), "");
        RawWebSocket asking = node.richClient(ACME)) {
      welcomed(asking);
      JsonObject present = asking.ask(new JsonObject().put("op", "presence").put("rid", 1).put("channel", "acme"));
      assertThat(present.getInteger("total")).isEqualTo(2);
      assertThat(present.getJsonArray("members").encode()).contains("ann").contains("bob");
      assertThat(one.silentFor(50)).isTrue();
      assertThat(two.silentFor(50)).isTrue();
    }
  }
}
