package dev.cortex.gateway;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.AskSetAside;
import dev.cortex.bus.Message.AskSync;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.GiveUp;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.Push;
import dev.cortex.bus.Message.SendAgain;
import dev.cortex.bus.Message.SetAside;
import dev.cortex.bus.Message.SetAsideEvent;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.RefusedException;
import dev.cortex.testing.BareGateway;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.process.FreePorts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The doors of a desktop that syncs with a cloud; bridge and room are played by the test. */
@Timeout(300)
class SyncDoorTest {

  private static final String[] SIGNED = {
    "Content-Type: application/json",
    "webhook-id: msg_1",
    "webhook-timestamp: 1764000000",
    "webhook-signature: v1,abc"};

  private final List<Message> asked = new CopyOnWriteArrayList<>();
  private int callbackPort;
  private BareGateway desktop;

  @BeforeEach
  void start() throws Exception {
    callbackPort = FreePorts.find(1, 0).get(0);
    desktop = BareGateway.desktop(
        "sync.cloud_url=https://cloud.example",
        "sync.token=secret",
        "sync.orgs=acme",
        "sync.callback_url=https://tunnel.example/ingest",
        "sync.callback_port=" + callbackPort);
  }

  @AfterEach
  void stop() throws Exception {
    desktop.close();
  }

  private void bridge(Function<Message, Future<? extends Message>> role) throws Exception {
    desktop.plays(Addresses.SYNC, question -> {
      asked.add(question);
      return role.apply(question);
    });
  }

  private static Future<Answer> answer(int status, String json) {
    return Future.succeededFuture(new Answer(status, json.getBytes(StandardCharsets.UTF_8)));
  }

  private static String[] with(String[] headers, String... more) {
    List<String> all = new ArrayList<>(List.of(headers));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void pushReachesTheBridgeAsItCame() throws Exception {
    bridge(push -> answer(200, "{\"status\":\"applied\",\"cursor\":\"alog000000000.7\"}"));
    assertThat(desktop.callbackPort()).isEqualTo(callbackPort);
    for (int port : new int[] {desktop.port(), callbackPort}) {
      asked.clear();
      RawHttp.Answer answer = BareGateway.ask(port, "POST", "/ingest", "{ \"any\" : \"body\" }", SIGNED);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.json().getString("status")).isEqualTo("applied");
      assertThat(asked).singleElement().isInstanceOfSatisfying(Push.class, push -> {
        assertThat(push.id()).isEqualTo("msg_1");
        assertThat(push.timestamp()).isEqualTo("1764000000");
        assertThat(push.signature()).isEqualTo("v1,abc");
        assertThat(new String(push.body(), StandardCharsets.UTF_8)).isEqualTo("{ \"any\" : \"body\" }");
      });
    }
  }

  @Test
  void refusalOfTheBridgeIsAProblem() throws Exception {
    bridge(push -> Future.failedFuture(new RefusedException(ErrorCode.BAD_SIGNATURE, "this clock shows 17")));
    RawHttp.Answer answer = desktop.ask("POST", "/ingest", "{}", SIGNED);
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.code()).isEqualTo("bad_signature");
    assertThat(answer.json().getString("detail")).isEqualTo("this clock shows 17");
  }

  @Test
  void withoutABridgeNoSignatureVerifies() throws Exception {
    for (int port : new int[] {desktop.port(), callbackPort}) {
      RawHttp.Answer answer = BareGateway.ask(port, "POST", "/ingest", "{}", SIGNED);
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.code()).isEqualTo("bad_signature");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"webhook-id", "webhook-timestamp", "webhook-signature"})
  void whoDoesNotSignIsNotRead(String missing) throws Exception {
    bridge(push -> answer(200, "{}"));
    String[] rest =
        java.util.Arrays.stream(SIGNED).filter(header -> !header.startsWith(missing)).toArray(String[]::new);
    for (String[] headers : new String[][] {rest, with(rest, missing + ":"), with(SIGNED, missing + ": again")}) {
      RawHttp.Answer answer = BareGateway.ask(callbackPort, "POST", "/ingest", "{}", headers);
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.code()).isEqualTo("bad_signature");
    }
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""})
  void pushOfAnotherTypeIsNotAccepted(String type) throws Exception {
    bridge(push -> answer(200, "{}"));
    String[] headers = SIGNED.clone();
    headers[0] = type.isEmpty() ? "X-Nothing: 1" : "Content-Type: " + type;
    assertThat(desktop.ask("POST", "/ingest", "{}", headers).status()).isEqualTo(415);
    assertThat(BareGateway.ask(callbackPort, "POST", "/ingest", "{}", with(SIGNED, "ce-specversion: 1.0")).status())
        .isEqualTo(415);
    assertThat(asked).isEmpty();
  }

  @Test
  void pushOfMoreThanFourMebibytesIsRefused() throws Exception {
    bridge(push -> answer(200, "{}"));
    String fits = "x".repeat(PushRoute.BODY_MAX);
    assertThat(BareGateway.ask(callbackPort, "POST", "/ingest", fits, SIGNED).status()).isEqualTo(200);
    RawHttp.Answer answer =
        BareGateway.ask(callbackPort, "POST", "/ingest", "", with(SIGNED, "Content-Length: " + (fits.length() + 1)));
    assertThat(answer.status()).isEqualTo(413);
    assertThat(asked).hasSize(1);
  }

  @Test
  void strangersWhoSendSlowlyTakeNoRoomFromThoseWhoPublishHere() throws Exception {
    bridge(push -> answer(200, "{}"));
    desktop.plays(Addresses.INGEST, question ->
        Future.succeededFuture(new Ingested(List.of(Outcome.accepted("x", 1, 0)), Budget.UNLIMITED)));
    List<Socket> slow = new ArrayList<>();
    try {
      for (long held = 0; held < PushRoute.TOGETHER_MAX; held += PushRoute.BODY_MAX) {
        slow.add(stranger());
      }
      String body = "{\"type\":\"a.b\",\"orgId\":\"acme\",\"payload\":{\"x\":\"" + "x".repeat(60_000) + "\"}}";
      until("no more of theirs is read", 60, () -> {
        for (int i = 0; i < slow.size(); i++) {
          if (slow.get(i).getInputStream().available() > 0) {
            // refused, for the question below came before the last of its bytes
            slow.get(i).close();
            slow.set(i, stranger());
          }
        }
        return BareGateway.ask(callbackPort, "POST", "/ingest", "[1,2,3]", SIGNED).status() == 503;
      });
      assertThat(desktop.ask("POST", "/api/events", body, "Content-Type: application/json").status()).isEqualTo(200);
    } finally {
      for (Socket stranger : slow) {
        stranger.close();
      }
    }
    until("pushes are read again", 60, () ->
        BareGateway.ask(callbackPort, "POST", "/ingest", "{}", SIGNED).status() == 200);
  }

  /** Somebody who sends all of a push but its last byte. */
  private Socket stranger() throws IOException {
    String head = "POST /ingest HTTP/1.1\r\nHost: t\r\n" + String.join("\r\n", SIGNED)
        + "\r\nContent-Length: " + PushRoute.BODY_MAX + "\r\n\r\n";
    Socket stranger = new Socket(InetAddress.getByName("127.0.0.1"), callbackPort);
    stranger.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    stranger.getOutputStream().write(new byte[PushRoute.BODY_MAX - 1]);
    return stranger;
  }

  @Test
  void tunnelsDoorAsksForNoHostAndHasNothingElse() throws Exception {
    bridge(push -> answer(200, "{}"));
    String[] foreign = {
      "Host: tunnel.example",
      "X-Forwarded-For: 203.0.113.7",
      "Origin: https://evil.example",
      "Sec-Fetch-Site: cross-site"};
    assertThat(BareGateway.ask(callbackPort, "POST", "/ingest", "{}", with(SIGNED, foreign)).status()).isEqualTo(200);
    for (String target : new String[] {
      "/", "/health", "/metrics", "/livez", "/api/events", "/api/events/since?orgId=acme", "/api/stream", "/console",
      "/client/cortex.js", "/ws", "/ingest", "/api/sync", "/ingest/", "//ingest"}) {
      RawHttp.Answer answer = BareGateway.ask(callbackPort, "GET", target, "", foreign);
      assertThat(answer.status()).as(target).isEqualTo(404);
      assertThat(answer.header("access-control-allow-origin")).isEmpty();
    }
    for (String method : new String[] {"PUT", "DELETE", "HEAD"}) {
      assertThat(BareGateway.ask(callbackPort, method, "/ingest", "", foreign).status()).isEqualTo(404);
    }
    assertThat(BareGateway.ask(callbackPort, "POST", "/api/events", "{}", SIGNED).status()).isEqualTo(404);
    RawHttp.Answer preflight = BareGateway.ask(
        callbackPort, "OPTIONS", "/ingest", "",
        "Origin: http://localhost:3691", "Access-Control-Request-Method: POST");
    assertThat(preflight.status()).isEqualTo(404);
    assertThat(preflight.header("access-control-allow-origin")).isEmpty();
  }

  @Test
  void tunnelsDoorUpgradesNobody() throws Exception {
    RawHttp.Answer answer = BareGateway.ask(
        callbackPort, "GET", "/ws", "", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    assertThat(answer.status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /ingest", "GET, /api/sync", "GET, /api/sync/set-aside?orgId=acme", "POST, /api/sync/set-aside/again",
    "POST, /api/sync/set-aside/give-up"})
  void strangersDoNotPassTheMainDoor(String method, String target) throws Exception {
    bridge(question -> answer(200, "{}"));
    String body = method.equals("POST") ? "{\"orgId\":\"acme\"}" : "";
    for (String stranger : new String[] {
      "Host: evil.example", "Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
      "X-Forwarded-For: 203.0.113.7", "Host: 127.0.0.1.evil.example"}) {
      RawHttp.Answer answer = desktop.ask(method, target, body, with(SIGNED, stranger));
      assertThat(answer.status()).as(stranger).isEqualTo(403);
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void stateIsWhatTheBridgeSays() throws Exception {
    bridge(question -> answer(200, "{\"mode\":\"push\",\"orgs\":[{\"orgId\":\"acme\"}],\"lagMs\":3}"));
    RawHttp.Answer answer = desktop.ask("GET", "/api/sync", "");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getJsonArray("orgs")).hasSize(1);
    assertThat(asked).containsExactly(new AskSync());
  }

  @Test
  void healthTellsHowTheSyncStandsAndAsksOnceASecondAtMost() throws Exception {
    desktop.playsRoom(question -> Future.failedFuture("nothing else is asked"));
    bridge(question -> answer(
        200, "{\"mode\":\"held\",\"lagMs\":3,\"outboxDepth\":2,\"breaker\":\"closed\",\"setAside\":4,\"orgs\":[]}"));
    long begun = System.nanoTime();
    for (int i = 0; i < 10; i++) {
      RawHttp.Answer answer = desktop.ask("GET", "/health", "");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.json().getJsonObject("sync")).isEqualTo(new JsonObject()
          .put("mode", "held").put("lagMs", 3).put("outboxDepth", 2).put("breaker", "closed")
          .put("setAside", 4));
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
    assertThat(asked.size()).isBetween(1, (int) seconds + 2);
  }

  @Test
  void healthNeitherWaitsForTheBridgeNorFailsWithIt() throws Exception {
    desktop.playsRoom(question -> Future.failedFuture("nothing else is asked"));
    JsonObject without = desktop.ask("GET", "/health", "").json();
    assertThat(without.getString("status")).isEqualTo("UP");
    assertThat(without.getJsonObject("sync").getString("mode")).isEqualTo("off");
    bridge(question -> Promise.<Answer>promise().future());
    long begun = System.nanoTime();
    JsonObject silent = without;
    while (silent.getJsonObject("sync").getString("mode").equals("off")) {
      assertThat((System.nanoTime() - begun) / 1_000_000).isLessThan(60_000);
      long asking = System.nanoTime();
      silent = desktop.ask("GET", "/health", "").json();
      assertThat((System.nanoTime() - asking) / 1_000_000)
          .as("an answer that never comes is not waited for")
          .isLessThan(20_000);
    }
    assertThat(silent.getString("status")).isEqualTo("UP");
    assertThat(silent.getJsonObject("sync").getString("mode")).isEqualTo("offline");
  }

  @Test
  void whatWasSetAsideIsShownAsItIs() throws Exception {
    byte[] json = "{\"id\":\"e1\",\"payload\":{\"n\":1.0000000000000000001}}".getBytes(StandardCharsets.UTF_8);
    desktop.playsRoom(question -> {
      asked.add(question);
      return Future.succeededFuture(new SetAside(List.of(
          new SetAsideEvent("e1", "forbidden", "not \"there\"", 17, true, false, json),
          new SetAsideEvent("e2", "session_elsewhere", "used", 18, false, false, json))));
    });
    RawHttp.Answer answer = desktop.ask("GET", "/api/sync/set-aside?orgId=acme", "");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains("1.0000000000000000001");
    JsonArray events = answer.json().getJsonArray("events");
    assertThat(events).hasSize(2);
    JsonObject first = events.getJsonObject(0);
    assertThat(first.getMap().keySet())
        .containsExactly("id", "code", "message", "refusedAt", "again", "givenUp", "event");
    assertThat(first.getString("message")).isEqualTo("not \"there\"");
    assertThat(events.getJsonObject(1).getString("hint")).contains("under a new sessionId");
    assertThat(first.getJsonObject("event").getString("id")).isEqualTo("e1");
    assertThat(asked).containsExactly(new AskSetAside("acme"));
    assertThat(desktop.ask("GET", "/api/sync/set-aside", "").status()).isEqualTo(400);
    assertThat(desktop.ask("GET", "/api/sync/set-aside?orgId=a:b", "").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "session_elsewhere, under a new sessionId", "forbidden, leave userId out", "payload_too_large, give it up",
    "body_too_large, give it up", "sequence_conflict, an earlier event of its session"})
  void whatWasSetAsideTellsWhatCanBeDoneUntilItIs(String code, String hint) throws Exception {
    byte[] json = "{\"id\":\"e\"}".getBytes(StandardCharsets.UTF_8);
    desktop.playsRoom(question -> Future.succeededFuture(new SetAside(List.of(
        new SetAsideEvent("waits", code, "no", 17, false, false, json),
        new SetAsideEvent("goes", code, "no", 17, true, false, json)))));
    JsonArray events = desktop.ask("GET", "/api/sync/set-aside?orgId=acme", "").json().getJsonArray("events");
    assertThat(events.getJsonObject(0).getString("hint")).contains(hint);
    assertThat(events.getJsonObject(1).containsKey("hint")).isFalse();
  }

  /** A room that set two events aside, and notes what it is asked to do. */
  private void roomWithTwoSetAside(SyncState state) throws Exception {
    byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
    List<SetAsideEvent> two =
        Stream.of("a", "b").map(id -> new SetAsideEvent(id, "forbidden", "no", 17, false, false, json)).toList();
    desktop.playsRoom(question -> {
      if (question instanceof AskSetAside) {
        return Future.succeededFuture(new SetAside(two));
      }
      asked.add(question);
      return Future.succeededFuture(state);
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"again", "give-up"})
  void nothingIsDoneWhenOneOfTheIdsIsNotSetAside(String what) throws Exception {
    roomWithTwoSetAside(new SyncState(new Desktop("me", "i1"), Optional.empty(), 12, 9, Optional.empty(), 1));
    RawHttp.Answer answer = desktop.ask(
        "POST", "/api/sync/set-aside/" + what, "{\"orgId\":\"acme\",\"ids\":[\"a\",\"x7\",\"y8\"]}",
        "Content-Type: application/json");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.code()).isEqualTo("not_found");
    assertThat(answer.json().getString("detail")).contains("x7").doesNotContain("y8");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"again", "give-up"})
  void listThatIsFullDoesNotTellThatAnIdIsNotSetAside(String what) throws Exception {
    byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
    List<SetAsideEvent> full = IntStream.range(0, 1_000)
        .mapToObj(i -> new SetAsideEvent("e" + i, "forbidden", "no", 17, false, false, json)).toList();
    desktop.playsRoom(question -> Future.succeededFuture(question instanceof AskSetAside
        ? new SetAside(full)
        : new SyncState(new Desktop("me", "i1"), Optional.empty(), 12, 9, Optional.empty(), 1)));
    assertThat(desktop.ask(
        "POST", "/api/sync/set-aside/" + what, "{\"orgId\":\"acme\",\"ids\":[\"x7\"]}",
        "Content-Type: application/json").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"again", "give-up"})
  void wishThatIsNotUnderstoodIsToldWhy(String what) throws Exception {
    roomWithTwoSetAside(new SyncState(new Desktop("me", "i1"), Optional.empty(), 12, 9, Optional.empty(), 1));
    String json = "Content-Type: application/json";
    String path = "/api/sync/set-aside/" + what;
    String other = "{\"orgId\":\"acme\",\"ids\":[\"a\"],\"id\":\"a\"}";
    RawHttp.Answer unknown = desktop.ask("POST", path, other, json);
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.json().getString("detail")).contains("no id");
    RawHttp.Answer empty = desktop.ask("POST", path, "", json);
    assertThat(empty.status()).isEqualTo(400);
    assertThat(empty.json().getString("detail")).contains("there is no body");
    assertThat(asked).isEmpty();
  }

  @Test
  void someOrAllOfItIsSentAgain() throws Exception {
    roomWithTwoSetAside(new SyncState(new Desktop("me", "i1"), Optional.empty(), 12, 9, Optional.empty(), 1));
    String json = "Content-Type: application/json";
    RawHttp.Answer answer =
        desktop.ask("POST", "/api/sync/set-aside/again", "{\"orgId\":\"acme\",\"ids\":[\"a\",\"b\"]}", json);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getJsonObject("outbox"))
        .isEqualTo(new JsonObject().put("head", 12).put("confirmed", 9).put("setAside", 1));
    desktop.ask("POST", "/api/sync/set-aside/again", "{\"orgId\":\"acme\"}", json);
    assertThat(asked)
        .containsExactly(new SendAgain("acme", List.of("a", "b")), new SendAgain("acme", List.of()));
    for (String wrong : new String[] {
      "{}", "[]", "{\"orgId\":\"acme\",\"ids\":\"a\"}", "{\"orgId\":\"acme\",\"ids\":[7]}", "{\"orgId\":7}",
      "{\"orgId\":\"acme\",\"orgId\":\"acme\"}", "{\"orgId\":\"acme\"} x", ""}) {
      assertThat(desktop.ask("POST", "/api/sync/set-aside/again", wrong, json).status()).as(wrong).isEqualTo(400);
    }
    assertThat(desktop.ask("POST", "/api/sync/set-aside/again", "{}", "Content-Type: text/plain").status())
        .isEqualTo(415);
    assertThat(asked).hasSize(2);
  }

  @Test
  void whatIsLeftOutForEverIsNamed() throws Exception {
    roomWithTwoSetAside(new SyncState(new Desktop("me", "i1"), Optional.empty(), 13, 9, Optional.empty(), 0));
    String json = "Content-Type: application/json";
    String path = "/api/sync/set-aside/give-up";
    RawHttp.Answer answer = desktop.ask("POST", path, "{\"orgId\":\"acme\",\"ids\":[\"a\"]}", json);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getJsonObject("outbox"))
        .isEqualTo(new JsonObject().put("head", 13).put("confirmed", 9).put("setAside", 0));
    for (String wrong : new String[] {
      "{}", "{\"orgId\":\"acme\"}", "{\"orgId\":\"acme\",\"ids\":[]}", "{\"orgId\":\"acme\",\"ids\":\"a\"}"}) {
      assertThat(desktop.ask("POST", path, wrong, json).status()).as(wrong).isEqualTo(400);
    }
    assertThat(asked).containsExactly(new GiveUp("acme", List.of("a")));
  }

  @Test
  void withoutACloudTheSyncIsOff() throws Exception {
    try (BareGateway alone = BareGateway.desktop()) {
      alone.playsRoom(question -> Future.failedFuture("nothing else is asked"));
      assertThat(alone.callbackPort()).isZero();
      assertThat(alone.ask("GET", "/api/sync", "").json()).isEqualTo(new JsonObject().put("mode", "off"));
      assertThat(alone.ask("GET", "/api/sync/set-aside?orgId=acme", "").json().getJsonArray("events")).isEmpty();
      assertThat(alone
          .ask("POST", "/api/sync/set-aside/again", "{\"orgId\":\"acme\"}", "Content-Type: application/json")
          .status()).isEqualTo(404);
      assertThat(alone.ask("GET", "/health", "").json().containsKey("sync")).isFalse();
    }
  }
}
