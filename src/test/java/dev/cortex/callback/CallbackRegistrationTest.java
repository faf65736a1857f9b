package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.bus.Requests;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may have a callback, and what proves that it is theirs. */
@Timeout(300)
final class CallbackRegistrationTest extends CallbackBed {

  @Test
  void callbackThatEchoesTheChallengeIsLeased() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    long before = System.currentTimeMillis();
    Answer answer = register(desktop, "i1");
    assertThat(answer.status()).isEqualTo(201);
    JsonObject said = new JsonObject(new String(answer.json()));
    assertThat(said.getLong("leaseUntil")).isBetween(before + 600_000, System.currentTimeMillis() + 600_000);
    assertThat(said.getString("id")).isNotEmpty();
    assertThat(desktop.requests).hasValue(1);
    assertThat(desktop.unverified).hasValue(0);
    until("the room is listened to", () -> room.isAttached("acme"));
    until("it is counted", () -> metric("cortex_callbacks").endsWith(" 1.0"));
    Answer again = register(desktop, "i1");
    assertThat(new JsonObject(new String(again.json())).getString("id")).isEqualTo(said.getString("id"));
  }

  @Test
  void leaseEndsWithTheToken() throws Exception {
    alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    long expiry = System.currentTimeMillis() + 30_000;
    Principal shortly = new Principal("ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), expiry);
    Answer answer = register(shortly, desktop("i1"), desktop.url(), ONE, "acme");
    assertThat(new JsonObject(new String(answer.json())).getLong("leaseUntil")).isEqualTo(expiry);
  }

  @Test
  void callbackThatDoesNotProveToBeTheDesktopsIsNotRegistered() throws Exception {
    timeoutMs = 1_000;
    alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.echoes = false;
    assertThat(refusal(user("ann", "acme"), desktop.url(), ONE, "acme")).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    desktop.echoes = true;
    assertThat(refusal(user("ann", "acme"), desktop.url(), TWO, "acme")).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    for (FakeDesktop.Mood mood : List.of(
        FakeDesktop.Mood.REDIRECTING, FakeDesktop.Mood.REFUSING, FakeDesktop.Mood.HANGING)) {
      desktop.mood = mood;
      assertThat(refusal(user("ann", "acme"), desktop.url(), ONE, "acme"))
          .as(mood.toString())
          .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    }
    assertThat(refusal(user("ann", "acme"), "http://127.0.0.1:1/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal(user("ann", "acme"), "http://169.254.169.254/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(rows()).isZero();
  }

  @Test
  void refusalSaysWhereNothingAnsweredAndWhy() throws Exception {
    alone();
    JsonObject body = new JsonObject()
        .put("url", "http://127.0.0.1:1/").put("orgs", new JsonArray(List.of("acme"))).put("secret", ONE);
    RegisterCallback ask = new RegisterCallback(user("ann", "acme"), desktop("i1"), body.toBuffer().getBytes());
    assertThatThrownBy(() -> await(Requests.ask(vertx.eventBus(), Addresses.CALLBACKS, ask, Answer.class, 60_000)))
        .hasMessageEndingWith("nothing answered the challenge at 127.0.0.1:1: connection refused");
  }

  @Test
  void orgThatTheCallerMayNotSubscribeToIsRefusedBeforeAnythingIsSent() throws Exception {
    alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    Principal publisher = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.PUBLISH), List.of(), Long.MAX_VALUE);
    Principal elsewhere = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE),
        List.of(ChannelPattern.parse("beta:planner").orElseThrow()), Long.MAX_VALUE);
    RefusedException foreign = catchThrowableOfType(
        RefusedException.class,
        () -> register(user("ann", "acme"), desktop("i1"), desktop.url(), ONE, "acme", "beta"));
    RefusedException absent = catchThrowableOfType(
        RefusedException.class,
        () -> register(user("ann", "acme"), desktop("i1"), desktop.url(), ONE, "nowhere"));
    assertThat(foreign.code()).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(absent.code()).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(foreign.getMessage()).isEqualTo(absent.getMessage());
    assertThat(refusal(publisher, desktop.url(), ONE, "acme")).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(refusal(elsewhere, desktop.url(), ONE, "acme")).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(desktop.requests).hasValue(0);
    assertThat(rows()).isZero();
    Principal service =
        new Principal("bridge", true, Set.of(), Set.of(Scope.SUBSCRIBE), List.of(), Long.MAX_VALUE);
    assertThat(register(service, desktop("i1"), desktop.url(), ONE, "acme", "beta").status()).isEqualTo(201);
  }

  @Test
  void bodyIsReadStrictly() throws Exception {
    alone();
    String url = "\"url\":\"http://127.0.0.1:1/\"";
    String secret = "\"secret\":\"" + ONE + "\"";
    assertThat(refusalOf("nonsense")).isEqualTo(ErrorCode.NOT_JSON);
    assertThat(refusalOf("[]")).isEqualTo(ErrorCode.NOT_JSON);
    assertThat(refusalOf("{" + url + "," + secret + ",\"orgs\":[\"acme\"]}x")).isEqualTo(ErrorCode.NOT_JSON);
    assertThat(refusalOf("{" + url + "," + url + "," + secret + ",\"orgs\":[\"acme\"]}"))
        .isEqualTo(ErrorCode.NOT_JSON);
    String manyOrgs = IntStream.range(0, 101).mapToObj(i -> "\"o" + i + '"').toList().toString();
    for (String orgs : List.of("[]", "\"acme\"", "[1]", "[\"acme\",\"acme\"]", "[\"a b\"]", "[null]", manyOrgs)) {
      assertThat(refusalOf("{" + url + "," + secret + ",\"orgs\":" + orgs + "}"))
          .as(orgs)
          .isEqualTo(ErrorCode.BAD_REQUEST);
    }
    assertThat(refusalOf("{" + url + ",\"orgs\":[\"acme\"]}")).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refusalOf("{" + url + ",\"secret\":\"short\",\"orgs\":[\"acme\"]}")).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refusalOf("{" + secret + ",\"orgs\":[\"acme\"]}")).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refusalOf("{\"url\":7," + secret + ",\"orgs\":[\"acme\"]}")).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refusalOf(" ".repeat(70_000))).isEqualTo(ErrorCode.BODY_TOO_LARGE);
  }

  @Test
  void fewChallengesOfOneInstallationArePendingAtATime() throws Exception {
    timeoutMs = 3_000;
    alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.mood = FakeDesktop.Mood.HANGING;
    JsonObject body =
        new JsonObject().put("url", desktop.url()).put("secret", ONE).put("orgs", new JsonArray(List.of("acme")));
    List<Future<Answer>> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      asked.add(Requests.ask(
          vertx.eventBus(), Addresses.CALLBACKS,
          new RegisterCallback(user("ann", "acme"), desktop("i1"), body.encode().getBytes()), Answer.class, 60_000));
    }
    List<ErrorCode> codes = new ArrayList<>();
    for (Future<Answer> one : asked) {
      codes.add(catchThrowableOfType(RefusedException.class, () -> await(one)).code());
    }
    assertThat(codes.stream().filter(ErrorCode.RATE_LIMITED::equals)).hasSize(3);
    desktop.mood = FakeDesktop.Mood.WELL;
    assertThat(register(desktop, "i1").status()).isEqualTo(201);
  }

  @Test
  void challengesOfOneOrgThatHangHoldUpNoOther() throws Exception {
    timeoutMs = 5_000;
    alone();
    FakeDesktop hanging = new FakeDesktop(vertx, ONE);
    hanging.mood = FakeDesktop.Mood.HANGING;
    JsonObject body =
        new JsonObject().put("url", hanging.url()).put("secret", ONE).put("orgs", new JsonArray(List.of("acme")));
    List<Future<Answer>> asked = new ArrayList<>();
    for (int i = 0; i < Registrations.PENDING_ALL + 5; i++) {
      asked.add(Requests.ask(
          vertx.eventBus(), Addresses.CALLBACKS,
          new RegisterCallback(user("user" + i, "acme"), desktop("i" + i), body.encode().getBytes()), Answer.class,
          60_000));
    }
    FakeDesktop well = new FakeDesktop(vertx, ONE);
    assertThat(register(user("eve", "globex"), desktop("e1"), well.url(), ONE, "globex").status()).isEqualTo(201);
    await(Future.join(asked).otherwiseEmpty());
  }

  @Test
  void onlyWhoRegisteredItRemovesACallback() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    String id = new JsonObject(new String(register(desktop, "i1").json())).getString("id");
    until("the room is listened to", () -> room.isAttached("acme"));
    for (Principal other : List.of(user("bob", "acme"), user("ann", "beta"))) {
      assertThat(catchThrowableOfType(RefusedException.class, () -> await(Requests.ask(
              vertx.eventBus(), Addresses.CALLBACKS, new RemoveCallback(other, id), Answer.class, 60_000)))
          .code()).isEqualTo(ErrorCode.NOT_FOUND);
    }
    Answer removed = await(Requests.ask(
        vertx.eventBus(), Addresses.CALLBACKS, new RemoveCallback(user("ann", "acme"), id), Answer.class, 60_000));
    assertThat(removed.status()).isEqualTo(204);
    until("the room is left", () -> !room.isAttached("acme"));
    until("none is left", () -> metric("cortex_callbacks").endsWith(" 0.0"));
  }
}
