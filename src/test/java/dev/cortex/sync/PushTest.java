package dev.cortex.sync;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.bus.Message.Push;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pushes to a desktop whose log is real, and the lease they come under. */
@Timeout(120)
final class PushTest {

  private static final String CALLBACKS = "/api/callbacks";
  private static final String SINCE = "/api/events/since";

  @TempDir private Path dataDir;
  private BridgeBed bed;

  @BeforeEach
  void desktop() throws Exception {
    bed = new BridgeBed(dataDir, "sync.callback_url=https://desk.example/");
    bed.cloud.born("c1");
  }

  @AfterEach
  void noDesktop() throws Exception {
    bed.close();
  }

  private void registered() throws Exception {
    bed.started();
    until("it is here", 60, () -> bed.ids().contains("c1"));
    until("it is registered", 60, () -> bed.status().getJsonObject("callback").getBoolean("registered"));
  }

  @Test
  void registrationNamesUrlOrgsAndSecretAndIsTakenBackAtTheEnd() throws Exception {
    registered();
    FakeCloud.Asked asked = bed.cloud.askedFor(CALLBACKS).get(0);
    JsonObject body = new JsonObject(asked.body());
    assertThat(body.getString("url")).isEqualTo("https://desk.example/ingest");
    assertThat(body.getJsonArray("orgs").encode()).isEqualTo("[\"acme\"]");
    assertThat(WebhookSignature.isSecret(body.getString("secret"))).isTrue();
    assertThat(bed.status().encode()).doesNotContain(body.getString("secret"));
    bed.stopBridge();
    assertThat(bed.cloud.asked).anySatisfy(one -> {
      assertThat(one.method()).isEqualTo("DELETE");
      assertThat(one.path()).isEqualTo(CALLBACKS + "/cb-1");
    });
  }

  @Test
  void registrationThatFailedSaysWhenItIsTriedAgainAndIsWhenTheCloudAnswersElsewhere() throws Exception {
    Timing slow = new Timing(50, 600_000, 1, 20_000, 20_000, 20_000, 300, 50, 20, 50, 300, 300);
    try (BridgeBed one = new BridgeBed(dataDir.resolve("slow"), slow, "sync.callback_url=https://desk.example/")) {
      one.cloud.fault(CALLBACKS, request -> {
        request.connection().close();
        return true;
      });
      one.started();
      until("it waits long", 120, () ->
          Optional.ofNullable(one.status().getJsonObject("callback").getLong("nextTryMs")).orElse(0L) > 11_000);
      one.cloud.heal();
      one.publish("l1");
      until("it is registered", 10, () -> one.status().getJsonObject("callback").getBoolean("registered"));
      assertThat(one.status().getJsonObject("callback").getValue("lastError")).isNull();
      assertThat(one.status().getJsonObject("callback").getLong("nextTryMs")).isGreaterThan(200_000);
    }
  }

  @Test
  void stopDoesNotWaitForACloudThatIsSilent() throws Exception {
    registered();
    bed.cloud.fault(CALLBACKS + "/cb-1", request -> true);
    long begun = System.nanoTime();
    bed.stopBridge();
    assertThat(System.nanoTime() - begun).isLessThan(15_000_000_000L);
  }

  @Test
  void challengeIsEchoedAndMakesPushTheMode() throws Exception {
    registered();
    JsonObject answer = bed.push(bed.secret(), "{\"challenge\":\"say \\\"this\\\"\"}");
    assertThat(answer).isEqualTo(new JsonObject().put("challenge", "say \"this\""));
    until("it is push", 60, () -> bed.status().getString("mode").equals("push"));
    until("polls are not held", 60, () -> {
      List<FakeCloud.Asked> polls = bed.cloud.askedFor(SINCE);
      return !polls.get(polls.size() - 1).query().containsKey("wait");
    });
  }

  @Test
  void pushIsAppliedOnceAndItsReplayIsADuplicate() throws Exception {
    registered();
    bed.cloud.fault(SINCE, request -> true);
    JsonObject c2 = bed.cloud.born("c2");
    String body = BridgeBed.range(FakeCloud.LOG, 1, 2, c2);
    JsonObject first = bed.push(bed.secret(), body);
    assertThat(first).isEqualTo(
        new JsonObject().put("status", "applied").put("cursor", FakeCloud.LOG + ".2"));
    JsonObject replay = bed.push(bed.secret(), body);
    assertThat(replay).isEqualTo(
        new JsonObject().put("status", "duplicate").put("cursor", FakeCloud.LOG + ".2"));
    assertThat(bed.ids()).containsExactly("c1", "c2");
  }

  @Test
  void pushThatIsQuickerThanTheFirstPollMakesNobodyBeginAnew() throws Exception {
    CompletableFuture<HttpServerRequest> held = new CompletableFuture<>();
    bed.cloud.fault(SINCE, request -> held.complete(request) || true);
    bed.started();
    HttpServerRequest poll = held.get(60, TimeUnit.SECONDS);
    until("it is registered", 60, () -> bed.status().getJsonObject("callback").getBoolean("registered"));
    JsonObject c1 = new JsonObject().put("id", "c1").put("orgId", "acme").put("type", "a.b").put("userId", "u")
        .put("timestamp", 1).put("payload", new JsonObject().put("n", 1));
    assertThat(bed.push(bed.secret(), BridgeBed.range(FakeCloud.LOG, 0, 1, c1)).getString("status"))
        .isEqualTo("applied");
    String logId = bed.logId();
    bed.cloud.heal();
    poll.response().putHeader("Cortex-Cursor", FakeCloud.LOG + ".2").putHeader("Content-Type", "application/json")
        .end(new JsonObject().put("events", new JsonArray().add(c1).add(bed.cloud.born("c2")))
            .put("cursor", FakeCloud.LOG + ".2").put("hasMore", false).toBuffer());
    until("both are here", 60, () -> bed.ids().size() == 2);
    assertThat(bed.logId()).isEqualTo(logId);
  }

  @Test
  void overlapIsAppliedWithoutRepeats() throws Exception {
    registered();
    bed.cloud.fault(SINCE, request -> true);
    JsonObject c1 = new JsonObject().put("id", "c1").put("orgId", "acme").put("type", "a.b").put("userId", "u")
        .put("timestamp", 1).put("payload", new JsonObject().put("n", 1));
    JsonObject answer =
        bed.push(bed.secret(), BridgeBed.range(FakeCloud.LOG, 0, 2, c1, bed.cloud.born("c2")));
    assertThat(answer.getString("status")).isEqualTo("applied");
    assertThat(bed.ids()).containsExactly("c1", "c2");
  }

  @Test
  void pushBeyondTheCursorStartsAPoll() throws Exception {
    registered();
    bed.cloud.born("c2");
    JsonObject answer = bed.push(bed.secret(), BridgeBed.range(FakeCloud.LOG, 2, 3, bed.cloud.born("c3")));
    assertThat(answer.getString("status")).isIn("behind", "duplicate");
    until("all are here", 60, () -> bed.ids().equals(List.of("c1", "c2", "c3")));
  }

  @Test
  void pushOfAnotherLogIsBehind() throws Exception {
    registered();
    JsonObject answer = bed.push(bed.secret(), BridgeBed.range("anotherlog001", 0, 1, bed.cloud.born("d1")));
    assertThat(answer.getString("status")).isEqualTo("behind");
    assertThat(bed.cursor()).startsWith(FakeCloud.LOG);
  }

  @Test
  void pushThatStaysAwayIsNoticedAndClimbsBack() throws Exception {
    registered();
    bed.push(bed.secret(), "{\"challenge\":\"x\"}");
    until("it is push", 60, () -> bed.status().getString("mode").equals("push"));
    int registrations = bed.cloud.askedFor(CALLBACKS).size();
    JsonObject c2 = bed.cloud.born("c2");
    until("the safety net found it", 60, () -> bed.ids().contains("c2"));
    until("push is not believed", 60, () -> !bed.status().getString("mode").equals("push"));
    until("it registers again", 60, () -> bed.cloud.askedFor(CALLBACKS).size() > registrations);
    assertThat(bed.push(bed.secret(), BridgeBed.range(FakeCloud.LOG, 1, 2, c2)).getString("status"))
        .isEqualTo("duplicate");
    until("it is push again", 60, () -> bed.status().getString("mode").equals("push"));
  }

  @Test
  void eventWithoutAPlaceIsStoredByItsIdAndMovesNothing() throws Exception {
    registered();
    String cursor = bed.cursor();
    String body = "{\"id\":\"s1\",\"orgId\":\"acme\",\"type\":\"a.b\",\"userId\":\"u\"}";
    assertThat(bed.push(bed.secret(), body).getString("status")).isEqualTo("applied");
    assertThat(bed.push(bed.secret(), body).getString("status")).isEqualTo("duplicate");
    assertThat(bed.ids()).containsExactly("c1", "s1");
    assertThat(bed.cursor()).isEqualTo(cursor);
  }

  @Test
  void sessionEventOutOfTurnIsFetchedInTurn() throws Exception {
    registered();
    String body = "{\"id\":\"s5\",\"orgId\":\"acme\",\"type\":\"a.b\",\"agentId\":\"p\",\"sessionId\":\"s\","
        + "\"sequence\":5,\"origin\":\"cloud\"}";
    assertThat(bed.push(bed.secret(), body).getString("status")).isEqualTo("behind");
    assertThat(bed.ids()).containsExactly("c1");
  }

  @Test
  void foreignSignatureIsRefused() throws Exception {
    registered();
    String other = WebhookSignature.newSecret(new SecureRandom());
    refused(ErrorCode.BAD_SIGNATURE, () -> bed.push(other, "{\"challenge\":\"x\"}"));
    refused(ErrorCode.BAD_SIGNATURE, () -> bed.push(new Push("", "", "", new byte[0])));
    until("both are counted", 60, () ->
        bed.metrics.scrape().contains("cortex_sync_pushes_total{result=\"refused\"} 2"));
  }

  @Test
  void foreignOrgIsRefused() throws Exception {
    registered();
    JsonObject foreign = new JsonObject().put("id", "f").put("orgId", "other").put("type", "a.b");
    refused(ErrorCode.FORBIDDEN, () -> bed.push(bed.secret(), BridgeBed.range(FakeCloud.LOG, 1, 2, foreign)));
    refused(ErrorCode.FORBIDDEN, () -> bed.push(bed.secret(), foreign.encode()));
    assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".1");
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "", "{", "null", "7", "\"text\"", "{}", "{\"challenge\":7}", "[{\"type\":\"a.b\"}]",
      "{\"logId\":\"cloudlog00001\"}",
      "{\"logId\":\"cloudlog00001\",\"after\":2,\"through\":2,\"events\":[]}",
      "{\"logId\":\"cloudlog00001\",\"after\":-1,\"through\":2,\"events\":[]}",
      "{\"logId\":\"cloudlog00001\",\"after\":1,\"through\":2.5,\"events\":[]}",
      "{\"logId\":\"cloudlog00001\",\"after\":1,\"through\":2,\"events\":{}}",
      "{\"logId\":\"cloudlog00001\",\"after\":1,\"through\":2,\"events\":[7]}",
      "{\"logId\":\"cloudlog00001\",\"after\":1,\"after\":1,\"through\":2,\"events\":[]}",
      "{\"logId\":\"NOT A LOG\",\"after\":1,\"through\":2,\"events\":[]}",
      "{\"logId\":\"cloudlog00001\",\"after\":1,\"through\":2,\"events\":[{\"orgId\":\"acme\"},{\"orgId\":\"b\"}]}"})
  void malformedBodyIsABadRequest(String body) throws Exception {
    registered();
    assertThatThrownBy(() -> bed.push(bed.secret(), body))
        .isInstanceOfSatisfying(RefusedException.class,
            refused -> assertThat(refused.code().httpStatus()).isEqualTo(400));
    assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".1");
  }

  @Test
  void bodyTooDeepIsABadRequest() throws Exception {
    registered();
    String deep = "[".repeat(5_000) + "]".repeat(5_000);
    refused(ErrorCode.BAD_REQUEST, () -> bed.push(bed.secret(), deep));
  }

  @Test
  void nothingIsBelievedWithoutACallback() throws Exception {
    try (BridgeBed none = new BridgeBed(dataDir.resolve("none")).started()) {
      byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
      long seconds = System.currentTimeMillis() / 1_000;
      String signature = WebhookSignature.sign(
          List.of(WebhookSignature.newSecret(new SecureRandom())), "m", seconds, body);
      refused(ErrorCode.BAD_SIGNATURE, () -> none.push(new Push("m", Long.toString(seconds), signature, body)));
      assertThat(none.cloud.askedFor(CALLBACKS)).isEmpty();
    }
  }

  @Test
  void refusedCallbackIsToldAndPollsGoOn() throws Exception {
    bed.cloud.fault(CALLBACKS, request -> {
      FakeCloud.problem(request, 422, "callback_refused");
      return true;
    });
    bed.started();
    until("it is told", 60, () -> String.valueOf(bed.status().getJsonObject("callback").getString("lastError"))
        .contains("callback_refused"));
    until("polls go on", 60, () -> bed.ids().contains("c1"));
  }

  private static void refused(ErrorCode code, ThrowingCallable push) {
    assertThatThrownBy(push).isInstanceOfSatisfying(
        RefusedException.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }
}
