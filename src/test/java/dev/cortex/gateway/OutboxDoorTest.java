package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.AskOutbox;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.bus.Source;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Hash128;
import dev.cortex.event.Outcome;
import dev.cortex.event.RefusedException;
import dev.cortex.testing.BareGateway;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.UserToken;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cloud node's public door serves to desktops; what lies behind it is played by the test. */
@Timeout(300)
class OutboxDoorTest {

  private static final String ACME = "Authorization: Bearer " + UserToken.of("acme").text();
  private static final String DESKTOP = "Cortex-Desktop: laptop/i1";
  private static final String JSON = "Content-Type: application/json";
  private static final String EVENTS = "[{\"id\":\"a\",\"type\":\"t\"},{\"id\":\"b\",\"type\":\"t\"}]";

  private final List<Message> asked = new CopyOnWriteArrayList<>();
  private BareGateway cloud;

  @BeforeEach
  void start() throws Exception {
    cloud = BareGateway.cloud();
  }

  @AfterEach
  void stop() throws Exception {
    cloud.close();
  }

  private void ingests(Outcome... outcomes) throws Exception {
    cloud.plays(Addresses.INGEST, question -> {
      asked.add(question);
      return Future.succeededFuture(new Ingested(List.of(outcomes), Budget.UNLIMITED));
    });
  }

  @Test
  void outboxIsTakenWithItsNumbers() throws Exception {
    ingests(Outcome.duplicate("a", 0, 0), Outcome.accepted("b", 12, 3));
    RawHttp.Answer answer =
        cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, DESKTOP, "Cortex-Outbox-First: 9007199254740991");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getJsonArray("results").getJsonObject(0)).isEqualTo(
        new JsonObject().put("id", "a").put("status", "duplicate").put("offset", null));
    assertThat(answer.json().getJsonArray("results").getJsonObject(1).getLong("offset")).isEqualTo(12);
    assertThat(asked).singleElement().isInstanceOfSatisfying(Ingest.class, ingest -> {
      assertThat(ingest.source())
          .isEqualTo(new Source.Outbox(new Desktop("laptop", "i1"), "user user-1", 9_007_199_254_740_991L, List.of()));
      assertThat(ingest.principal().name()).isEqualTo("user-1");
    });
  }

  @Test
  void emptyOutboxIsAnsweredWithNothing() throws Exception {
    ingests();
    RawHttp.Answer answer = cloud.ask("POST", "/api/events", "[]", ACME, JSON, DESKTOP, "Cortex-Outbox-First: 1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getJsonArray("results")).isEmpty();
  }

  @Test
  void gapIsAConflictOfTheWholeRequest() throws Exception {
    Outcome gap = Outcome.refused("a", ErrorCode.OUTBOX_GAP, "the next number is 3");
    ingests(gap, gap);
    RawHttp.Answer answer = cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, DESKTOP, "Cortex-Outbox-First: 9");
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
    assertThat(answer.code()).isEqualTo("outbox_gap");
    assertThat(answer.json().getString("detail")).isEqualTo("the next number is 3");
  }

  @Test
  void gapThatTheRoomTellsByRefusingIsTheSame() throws Exception {
    cloud.plays(Addresses.INGEST, question ->
        Future.failedFuture(new RefusedException(ErrorCode.OUTBOX_GAP, "the next number is 3")));
    RawHttp.Answer answer = cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, DESKTOP, "Cortex-Outbox-First: 9");
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.code()).isEqualTo("outbox_gap");
  }

  @Test
  void fatesOfSingleEventsDecideTheStatusAsForEveryProducer() throws Exception {
    Outcome refused = Outcome.refused("a", ErrorCode.SEQUENCE_CONFLICT, "used");
    ingests(refused, Outcome.refused("b", ErrorCode.OVERLOADED, "later"));
    String first = "Cortex-Outbox-First: 9";
    assertThat(cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, DESKTOP, first).status()).isEqualTo(503);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "Cortex-Outbox-First: 1 | X-Nothing: 1",
    "X-Nothing: 1 | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: 0 | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: 01 | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: -1 | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: x | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: 9007199254740992 | Cortex-Desktop: laptop/i1",
    "Cortex-Outbox-First: 1 | Cortex-Desktop: laptop",
    "Cortex-Outbox-First: 1 | Cortex-Desktop: laptop/i1/x",
    "Cortex-Outbox-First: 1 | Cortex-Desktop: /i1",
    "Cortex-Outbox-First: 1 | Cortex-Desktop: lap top/i1"})
  void halfOrMalformedHeadersAreRefused(String first, String desktop) throws Exception {
    ingests(Outcome.accepted("a", 1, 0));
    RawHttp.Answer answer = cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, first, desktop);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.code()).isEqualTo("bad_request");
    assertThat(asked).isEmpty();
  }

  @Test
  void repeatedHeadersAreRefused() throws Exception {
    String first = "Cortex-Outbox-First: 1";
    assertThat(cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, first, first, DESKTOP).code())
        .isEqualTo("bad_request");
    assertThat(cloud.ask("POST", "/api/events", EVENTS, ACME, JSON, first, DESKTOP, DESKTOP).code())
        .isEqualTo("bad_request");
  }

  @Test
  void onlyTheCloudsPublicDoorTakesAnOutbox() throws Exception {
    ingests(Outcome.accepted("a", 1, 0));
    RawHttp.Answer inside = BareGateway.ask(
        cloud.internalPort(), "POST", "/api/events", EVENTS, ACME, JSON, DESKTOP, "Cortex-Outbox-First: 1");
    assertThat(inside.code()).isEqualTo("bad_request");
    try (BareGateway desktop = BareGateway.desktop()) {
      assertThat(desktop.ask("POST", "/api/events", EVENTS, JSON, DESKTOP, "Cortex-Outbox-First: 1").code())
          .isEqualTo("bad_request");
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void outboxOfCloudEventsIsNotAccepted() throws Exception {
    assertThat(cloud.ask(
        "POST", "/api/events", "[]", ACME, "Content-Type: application/cloudevents-batch+json", DESKTOP,
        "Cortex-Outbox-First: 1").status()).isEqualTo(415);
  }

  @Test
  void markOfAnOutboxIsTold() throws Exception {
    cloud.playsRoom(question -> {
      asked.add(question);
      return Future.succeededFuture(new OutboxMark(41, new Hash128(0x00ab, -1), List.of(39L)));
    });
    RawHttp.Answer answer = cloud.ask("GET", "/api/outbox?orgId=acme", "", ACME, DESKTOP);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json()).isEqualTo(
        new JsonObject().put("number", 41).put("hash", "00000000000000abffffffffffffffff")
            .put("refused", new JsonArray().add(39)));
    assertThat(asked).containsExactly(new AskOutbox("acme", new Desktop("laptop", "i1"), "user user-1"));
    assertThat(cloud.ask("GET", "/api/outbox?orgId=acme", "", ACME).code()).isEqualTo("bad_request");
    assertThat(cloud.ask("GET", "/api/outbox", "", ACME, DESKTOP).code()).isEqualTo("bad_request");
    assertThat(cloud.ask("GET", "/api/outbox?orgId=beta", "", ACME, DESKTOP).code()).isEqualTo("forbidden");
    String reader = "Authorization: Bearer " + UserToken.of("acme").scope("subscribe").text();
    assertThat(cloud.ask("GET", "/api/outbox?orgId=acme", "", reader, DESKTOP).code()).isEqualTo("forbidden");
    assertThat(cloud.ask("GET", "/api/outbox?orgId=acme", "", DESKTOP).status()).isEqualTo(401);
    assertThat(asked).hasSize(1);
  }

  private static Future<Answer> answer(int status, String json) {
    return Future.succeededFuture(new Answer(status, json.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void callbackIsRegisteredAndRemoved() throws Exception {
    cloud.plays(Addresses.CALLBACKS, question -> {
      asked.add(question);
      return question instanceof RegisterCallback ? answer(201, "{\"id\":\"c1\",\"leaseUntil\":5}") : answer(204, "");
    });
    RawHttp.Answer registered = cloud.ask("POST", "/api/callbacks", "{\"url\":\"x\"}", ACME, JSON, DESKTOP);
    assertThat(registered.status()).isEqualTo(201);
    assertThat(registered.json().getString("id")).isEqualTo("c1");
    assertThat(asked).singleElement().isInstanceOfSatisfying(RegisterCallback.class, ask -> {
      assertThat(ask.desktop()).isEqualTo(new Desktop("laptop", "i1"));
      assertThat(ask.principal().name()).isEqualTo("user-1");
      assertThat(new String(ask.body(), StandardCharsets.UTF_8)).isEqualTo("{\"url\":\"x\"}");
    });
    RawHttp.Answer removed = cloud.ask("DELETE", "/api/callbacks/c1", "", ACME, DESKTOP);
    assertThat(removed.status()).isEqualTo(204);
    assertThat(asked.get(1)).isInstanceOfSatisfying(
        RemoveCallback.class, ask -> assertThat(ask.id()).isEqualTo("c1"));
    assertThat(cloud.ask("DELETE", "/api/callbacks/c%2F1", "", ACME).status()).isEqualTo(404);
    assertThat(asked).hasSize(2);
  }

  @Test
  void refusalOfACallbackIsAProblem() throws Exception {
    cloud.plays(Addresses.CALLBACKS, question ->
        Future.failedFuture(new RefusedException(ErrorCode.CALLBACK_REFUSED, "the address is private")));
    RawHttp.Answer answer = cloud.ask("POST", "/api/callbacks", "{}", ACME, JSON, DESKTOP);
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.code()).isEqualTo("callback_refused");
  }

  @Test
  void registrationIsBoundedAndChecked() throws Exception {
    cloud.plays(Addresses.CALLBACKS, question -> {
      asked.add(question);
      return answer(201, "{}");
    });
    String fits = "x".repeat(CallbackRoute.BODY_MAX);
    assertThat(cloud.ask("POST", "/api/callbacks", fits, ACME, JSON, DESKTOP).status()).isEqualTo(201);
    assertThat(cloud.ask("POST", "/api/callbacks", fits + "x", ACME, JSON, DESKTOP).status()).isEqualTo(413);
    assertThat(cloud.ask("POST", "/api/callbacks", "{}", ACME, DESKTOP).status()).isEqualTo(415);
    assertThat(cloud.ask("POST", "/api/callbacks", "{}", ACME, DESKTOP, "Content-Type: text/plain").status())
        .isEqualTo(415);
    assertThat(cloud.ask("POST", "/api/callbacks", "{}", ACME, JSON).status()).isEqualTo(400);
    assertThat(cloud.ask("POST", "/api/callbacks", "{}", JSON, DESKTOP).status()).isEqualTo(401);
    String writer = "Authorization: Bearer " + UserToken.of("acme").scope("publish").text();
    assertThat(cloud.ask("POST", "/api/callbacks", "{}", writer, JSON, DESKTOP).status()).isEqualTo(403);
    assertThat(cloud.ask("DELETE", "/api/callbacks/c1", "", writer).status()).isEqualTo(403);
    assertThat(asked).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/outbox?orgId=acme", "/api/callbacks/c1", "/api/callbacks"})
  void pagesOfStrangersAreNotHeardAndTheInternalDoorHasNoneOfIt(String target) throws Exception {
    String method = target.startsWith("/api/outbox") ? "GET" : target.endsWith("c1") ? "DELETE" : "POST";
    String body = method.equals("POST") ? "{}" : "";
    RawHttp.Answer page = cloud.ask(method, target, body, ACME, JSON, DESKTOP, "Origin: https://evil.example");
    assertThat(page.status()).isEqualTo(403);
    assertThat(page.code()).isEqualTo("bad_origin");
    RawHttp.Answer inside = BareGateway.ask(cloud.internalPort(), method, target, body, ACME, JSON, DESKTOP);
    assertThat(inside.status()).isEqualTo(404);
  }
}
