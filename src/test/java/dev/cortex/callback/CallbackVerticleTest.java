package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.Requests;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import dev.cortex.store.Database;
import dev.cortex.testing.Patience;
import dev.cortex.testing.TestAuthority;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Registering callbacks and pushing to them, over real HTTP, with a room that the test plays. */
@Timeout(90)
final class CallbackVerticleTest {

  private static final String ONE = "whsec_" + "AAAA".repeat(8);
  private static final String TWO = "whsec_" + "BBBB".repeat(8);
  private static final ShardMap SHARDS = new ShardMap(4, false);
  private static final int PATIENCE_S = 20;
  private static final Function<Vertx, HostLookup> SYSTEM = SystemLookup::new;

  @TempDir Path folder;

  private final Metrics metrics = new Metrics();
  private final FakeRoom.Log log = new FakeRoom.Log();
  private Vertx vertx;
  private Database database;
  private CallbackRegistry registry;

  @BeforeEach
  void start() throws TimeoutException {
    vertx = Vertx.vertx();
    Codecs.register(vertx.eventBus());
    database = await(Database.open(vertx, folder.resolve("c.db"), 1_000));
    await(database.warm());
    registry = new CallbackRegistry(database, SHARDS, Clock.SYSTEM);
  }

  @AfterEach
  void close() throws TimeoutException {
    List<Future<Void>> undeployed = vertx.deploymentIDs().stream().map(vertx::undeploy).toList();
    await(Future.join(undeployed).eventually(database::close).eventually(vertx::close));
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(PATIENCE_S, TimeUnit.SECONDS);
  }

  private CallbackVerticle deploy(
      Directory directory, boolean allowPrivate, Function<Vertx, HostLookup> lookup, Optional<TrustOptions> trust)
      throws TimeoutException {
    CallbackVerticle verticle = new CallbackVerticle(
        allowPrivate, registry, metrics, Clock.SYSTEM, directory,
        new CallbackVerticle.Ways(
            100, 100, 1_000, new Backoff(10, 40), new Backoff(50, 100), 60, lookup, trust));
    await(vertx.deployVerticle(verticle));
    return verticle;
  }

  private FakeRoom alone() throws TimeoutException {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    deploy(Directory.alone("n1", SHARDS), true, SYSTEM, Optional.empty());
    return room;
  }

  private static Principal user(String name, String... orgs) {
    return new Principal(
        name, false, Set.of(orgs), Set.of(Scope.SUBSCRIBE), List.of(), System.currentTimeMillis() + 3_600_000);
  }

  private Answer register(Principal principal, Desktop desktop, String url, String secret, String... orgs)
      throws TimeoutException {
    JsonObject body =
        new JsonObject().put("url", url).put("secret", secret).put("orgs", new JsonArray(List.of(orgs)));
    return await(Requests.ask(
        vertx.eventBus(), Addresses.CALLBACKS,
        new RegisterCallback(principal, desktop, body.encode().getBytes()), Answer.class, 10_000));
  }

  private static Desktop desktop(String install) {
    return new Desktop(install, "inc-1");
  }

  private Answer register(FakeDesktop desktop, String install) throws TimeoutException {
    return register(user("ann", "acme"), desktop(install), desktop.url(), desktop.secret, "acme");
  }

  private ErrorCode refusal(Principal principal, String url, String secret, String... orgs) {
    return catchThrowableOfType(
            RefusedException.class, () -> register(principal, desktop("i1"), url, secret, orgs))
        .code();
  }

  private ErrorCode refusalOf(String body) {
    return catchThrowableOfType(
            RefusedException.class,
            () -> await(Requests.ask(
                vertx.eventBus(), Addresses.CALLBACKS,
                new RegisterCallback(user("ann", "acme"), desktop("i1"), body.getBytes()), Answer.class, 10_000)))
        .code();
  }

  private static void until(String what, Patience.Question question) throws Exception {
    Patience.until(what, PATIENCE_S, question);
  }

  private static List<String> ids(int from, int through) {
    return IntStream.rangeClosed(from, through).mapToObj(i -> "e" + i).toList();
  }

  private static void pushedTo(FakeDesktop desktop, List<String> ids) throws Exception {
    until("pushed " + ids.size() + " events", () -> desktop.applied().size() >= ids.size());
    assertThat(desktop.applied()).isEqualTo(ids);
  }

  private String metric(String line) {
    return metrics.scrape().lines().filter(one -> one.startsWith(line + ' ')).findFirst().orElseThrow();
  }

  private long rows() throws TimeoutException {
    return await(database.read(sql -> sql.number("SELECT count(*) FROM callbacks")));
  }

  // ---- registration

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
    assertThat(metric("cortex_callbacks")).endsWith(" 1.0");
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
    assertThatThrownBy(() -> await(Requests.ask(vertx.eventBus(), Addresses.CALLBACKS, ask, Answer.class, 10_000)))
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
    alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.mood = FakeDesktop.Mood.HANGING;
    JsonObject body =
        new JsonObject().put("url", desktop.url()).put("secret", ONE).put("orgs", new JsonArray(List.of("acme")));
    List<Future<Answer>> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      asked.add(Requests.ask(
          vertx.eventBus(), Addresses.CALLBACKS,
          new RegisterCallback(user("ann", "acme"), desktop("i1"), body.encode().getBytes()), Answer.class, 10_000));
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
          10_000));
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
              vertx.eventBus(), Addresses.CALLBACKS, new RemoveCallback(other, id), Answer.class, 5_000)))
          .code()).isEqualTo(ErrorCode.NOT_FOUND);
    }
    Answer removed = await(Requests.ask(
        vertx.eventBus(), Addresses.CALLBACKS, new RemoveCallback(user("ann", "acme"), id), Answer.class, 5_000));
    assertThat(removed.status()).isEqualTo(204);
    until("the room is left", () -> !room.isAttached("acme"));
    assertThat(metric("cortex_callbacks")).endsWith(" 0.0");
  }

  // ---- pushing

  @Test
  void eventsArePushedOnceInOrderAndOneRequestAtATime() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    pushedTo(desktop, ids(1, 1));
    int reads = room.reads();
    for (int i = 1; i < 300; i++) {
      room.commit("acme", 1);
    }
    pushedTo(desktop, ids(1, 300));
    room.commit("acme", 700);
    pushedTo(desktop, ids(1, 1_000));
    assertThat(desktop.mostAtATime).hasValue(1);
    assertThat(desktop.cursor).isEqualTo(1_000);
    List<String> told = desktop.pushes().stream().flatMap(push -> push.events().stream()).toList();
    assertThat(told).isEqualTo(ids(1, 1_000));
    assertThat(desktop.pushes()).allMatch(push -> push.events().size() <= 500);
    assertThat(room.reads()).as("what is new needs no read").isEqualTo(reads);
    until("the room knows that all was taken over", room::isCovered);
    assertThat(metric("cortex_callback_events_total")).endsWith(" 1000.0");
  }

  @Test
  void ownAndForbiddenEventsAreLeftOutAndCovered() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    Principal narrow = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE),
        List.of(ChannelPattern.parse("acme:planner").orElseThrow()), Long.MAX_VALUE);
    register(narrow, desktop("i1"), desktop.url(), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", "planner", "", 10);
    room.commit("acme", "coder", "", 10);
    room.commit("acme", "planner", "i1/inc-1", 10);
    room.commit("acme", "", "", 10);
    room.commit("acme", "planner", "i1/inc-0", 10);
    room.commit("acme", "planner", "i2/inc-1", 10);
    pushedTo(desktop, List.of("e1", "e5", "e6"));
    until("all is covered", () -> desktop.cursor == 6);
    room.commit("acme", "coder", "", 10);
    room.commit("acme", "planner", "i1/inc-1", 10);
    room.commit("acme", "planner", "", 10);
    pushedTo(desktop, List.of("e1", "e5", "e6", "e9"));
    FakeDesktop.Push last = desktop.pushes().get(desktop.pushes().size() - 1);
    assertThat(last.after()).isEqualTo(6);
    assertThat(last.through()).isEqualTo(9);
  }

  @Test
  void desktopThatStandsElsewhereIsPushedFromThere() throws Exception {
    FakeRoom room = alone();
    room.commit("acme", 1_200);
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.cursor = 100;
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    pushedTo(desktop, ids(101, 1_201));
    desktop.cursor = 1_210; // it polled
    room.commit("acme", 20);
    until("it is at the head", () -> desktop.cursor == 1_221);
  }

  @Test
  void largeEventsGoInSeveralPushes() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.mood = FakeDesktop.Mood.REFUSING;
    register(user("ann", "acme"), desktop("i1"), well(desktop), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    desktop.mood = FakeDesktop.Mood.REFUSING;
    for (int i = 0; i < 60; i++) {
      room.commit("acme", "", "", 60_000);
    }
    desktop.mood = FakeDesktop.Mood.WELL;
    pushedTo(desktop, ids(1, 60));
    assertThat(desktop.pushes()).allMatch(push -> push.events().size() <= 17);
  }

  private static String well(FakeDesktop desktop) {
    desktop.mood = FakeDesktop.Mood.WELL;
    return desktop.url();
  }

  @Test
  void failedPushIsRepeatedUnderItsNameAndHoldsUpNobodyElse() throws Exception {
    FakeRoom room = alone();
    FakeDesktop failing = new FakeDesktop(vertx, ONE);
    FakeDesktop hanging = new FakeDesktop(vertx, ONE);
    FakeDesktop well = new FakeDesktop(vertx, ONE);
    register(failing, "i1");
    register(hanging, "i2");
    register(well, "i3");
    until("the room is listened to", () -> metric("cortex_callbacks").endsWith(" 3.0") && room.isAttached("acme"));
    failing.mood = FakeDesktop.Mood.REFUSING;
    hanging.mood = FakeDesktop.Mood.HANGING;
    room.commit("acme", 5);
    pushedTo(well, ids(1, 5));
    until("it was tried again", () -> failing.pushes().size() >= 3);
    failing.mood = FakeDesktop.Mood.WELL;
    pushedTo(failing, ids(1, 5));
    List<FakeDesktop.Push> pushes = failing.pushes();
    FakeDesktop.Push first = pushes.get(0);
    assertThat(pushes.stream().filter(push -> push.id().equals(first.id())).count()).isGreaterThanOrEqualTo(3);
    assertThat(pushes.stream().filter(push -> push.id().equals(first.id())))
        .allMatch(push -> push.through() == first.through() && push.events().equals(first.events()));
    room.commit("acme", 5);
    pushedTo(well, ids(1, 10));
    pushedTo(failing, ids(1, 10));
    hanging.mood = FakeDesktop.Mood.WELL;
    pushedTo(hanging, ids(1, 10));
  }

  @Test
  void answersThatAreNoneAreFailures() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    for (FakeDesktop.Mood mood : List.of(FakeDesktop.Mood.REDIRECTING, FakeDesktop.Mood.CHATTERING)) {
      desktop.mood = mood;
      int before = desktop.pushes().size();
      room.commit("acme", 1);
      until("it was tried again", () -> desktop.pushes().size() >= before + 2);
      desktop.mood = FakeDesktop.Mood.WELL;
      long head = log.head();
      until("it goes on", () -> desktop.cursor == head);
    }
    assertThat(desktop.applied()).isEqualTo(ids(1, 2));
  }

  @Test
  void deadCallbackIsLeftAloneUntilItRegistersAgain() throws Exception {
    FakeRoom room = alone();
    FakeDesktop gone = new FakeDesktop(vertx, ONE);
    FakeDesktop broken = new FakeDesktop(vertx, ONE);
    register(gone, "i1");
    register(broken, "i2");
    until("the room is listened to", () -> metric("cortex_callbacks").endsWith(" 2.0") && room.isAttached("acme"));
    gone.mood = FakeDesktop.Mood.REFUSING;
    gone.status = 410;
    broken.mood = FakeDesktop.Mood.REFUSING;
    room.commit("acme", 1);
    until("both are given up", () -> metric("cortex_callbacks_dropped_total").endsWith(" 2.0"));
    assertThat(gone.pushes()).hasSize(1);
    assertThat(broken.pushes()).hasSize(10);
    gone.mood = FakeDesktop.Mood.WELL;
    broken.mood = FakeDesktop.Mood.WELL;
    FakeDesktop witness = new FakeDesktop(vertx, ONE);
    register(witness, "i3");
    until("the witness is there", () -> metric("cortex_callbacks").endsWith(" 3.0"));
    room.commit("acme", 3);
    until("the witness was pushed to", () -> witness.cursor == 4);
    assertThat(gone.pushes()).hasSize(1);
    assertThat(broken.pushes()).hasSize(10);
    register(gone, "i1");
    register(broken, "i2");
    pushedTo(gone, ids(1, 4));
    pushedTo(broken, ids(1, 4));
  }

  @Test
  void desktopWithoutACursorIsAskedSeldomUntilItHasOne() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.logId = "";
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    until("it was asked", () -> desktop.pushes().size() == 1);
    desktop.logId = log.logId();
    desktop.cursor = log.head(); // it polled
    until("it is pushed to again", () -> {
      room.commit("acme", 1);
      return desktop.cursor == log.head();
    });
  }

  @Test
  void whatWasTrimmedIsLeftToThePoll() throws Exception {
    FakeRoom room = alone();
    room.commit("acme", 100);
    log.trim(50);
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.cursor = 10;
    register(desktop, "i1");
    until("it says where it stands", () -> !desktop.pushes().isEmpty());
    desktop.cursor = 100; // it polled, and began anew
    until("it is pushed to again", () -> {
      room.commit("acme", 1);
      return desktop.cursor == log.head();
    });
    assertThat(desktop.applied()).doesNotContain("e11");
  }

  @Test
  void rotatedSecretsBothSignForAWhile() throws Exception {
    FakeRoom room = alone();
    FakeDesktop former = new FakeDesktop(vertx, ONE);
    register(former, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    FakeDesktop present = new FakeDesktop(vertx, TWO);
    register(present, "i1");
    until("the other place is pushed to", () -> {
      room.commit("acme", 1);
      return present.cursor > 0;
    });
    FakeDesktop.Push push = present.pushes().get(present.pushes().size() - 1);
    assertThat(push.signature().split(" ")).hasSize(2);
    assertThat(present.unverified).hasValue(0);
  }

  @Test
  void otherIncarnationOfTheLogIsPushedFromItsBeginning() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 3);
    pushedTo(desktop, ids(1, 3));
    log.restore();
    desktop.logId = log.logId();
    desktop.cursor = 0;
    until("it is pushed to again", () -> {
      room.commit("acme", 1);
      return desktop.cursor == log.head();
    });
  }

  @Test
  void whatMovedIsPushedByItsNewOwnerAndMissesNothing() throws Exception {
    FakeRoom first = new FakeRoom(vertx, "n1", log, 1);
    FakeRoom second = new FakeRoom(vertx, "n2", log, 0);
    second.owns(false, 0);
    Directory firstDirectory = directory("n1", "n1", 1);
    Directory secondDirectory = directory("n2", "n1", 1);
    deploy(firstDirectory, true, SYSTEM, Optional.empty());
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    deploy(secondDirectory, true, SYSTEM, Optional.empty());
    until("the room is listened to", () -> first.isAttached("acme"));
    first.commit("acme", 50);
    pushedTo(desktop, ids(1, 50));
    first.owns(false, 1);
    first.commit("acme", 1); // committed by the old owner, told to nobody
    second.owns(true, 2);
    firstDirectory.update(view("n1", "n2", 2));
    secondDirectory.update(view("n2", "n2", 2));
    until("the new owner listens", () -> second.isAttached("acme"));
    pushedTo(desktop, ids(1, 51));
    second.commit("acme", 50);
    pushedTo(desktop, ids(1, 101));
    assertThat(desktop.mostAtATime).hasValue(1);
  }

  private static Directory.View view(String self, String owner, long epoch) {
    Directory.Node one = new Directory.Node("n1", NodeState.READY, "");
    Directory.Node two = new Directory.Node("n2", NodeState.READY, "");
    return new Directory.View(
        self.equals("n1") ? one : two, Map.of("n1", one, "n2", two),
        Collections.nCopies(SHARDS.shards(), owner), Collections.nCopies(SHARDS.shards(), epoch));
  }

  private static Directory directory(String self, String owner, long epoch) {
    return new Directory(SHARDS, view(self, owner, epoch));
  }

  @Test
  void endedLeaseIsPushedToNoMore() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    Principal shortly = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), System.currentTimeMillis() + 700);
    register(shortly, desktop("i1"), desktop.url(), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    until("the room is left", () -> !room.isAttached("acme"));
    assertThat(metric("cortex_callbacks")).endsWith(" 0.0");
  }

  @Test
  void registryOfAnotherNodeIsFoundWithoutBeingTold() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    await(registry.put(new Registration(
        "user ann", Set.of("acme"), desktop("i1"), List.of("acme"), desktop.url(), ONE, List.of(),
        System.currentTimeMillis() + 60_000)));
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 3);
    pushedTo(desktop, ids(1, 3));
  }

  @Test
  void tenThousandIdleCallbacksDoNotSlowAnActiveOne() throws Exception {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    for (int i = 0; i < 100; i++) {
      List<String> orgs = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        orgs.add("idle-" + i + "-" + k);
      }
      await(registry.put(new Registration(
          "user u" + i, Set.copyOf(orgs), desktop("idle" + i), orgs, "http://127.0.0.1:1/", ONE, List.of(),
          System.currentTimeMillis() + 600_000)));
    }
    deploy(Directory.alone("n1", SHARDS), true, SYSTEM, Optional.empty());
    until("all are there", () -> metric("cortex_callbacks").endsWith(" 10000.0") && room.isAttached("idle-99-99"));
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    long begun = System.nanoTime();
    for (int i = 1; i <= 200; i++) {
      room.commit("acme", 1);
      int all = i;
      until("pushed", () -> desktop.cursor == all);
    }
    assertThat(desktop.applied()).isEqualTo(ids(1, 200));
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(20));
    assertThat(metric("cortex_callback_pushes_total{result=\"failed\"}")).endsWith(" 0.0");
  }

  // ---- where it connects

  @Test
  void nameThatLeadsToThisMachineIsNeverConnectedTo() throws Exception {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    HostLookup rebound = (name, doubtful) -> Future.succeededFuture(List.of(new byte[] {127, 0, 0, 1}));
    deploy(Directory.alone("n1", SHARDS), false, any -> rebound, Optional.empty());
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    await(registry.put(new Registration(
        "user ann", Set.of("acme"), desktop("i1"), List.of("acme"),
        "https://desk.example.com:" + desktop.port() + "/", ONE, List.of(), System.currentTimeMillis() + 60_000)));
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    until("it is given up", () -> metric("cortex_callbacks_dropped_total").endsWith(" 1.0"));
    assertThat(refusal(user("ann", "acme"), "https://desk.example.com:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(metric("cortex_callback_refused_addresses_total")).endsWith(" 11.0");
    assertThat(desktop.connections).hasValue(0);
  }

  @Test
  void certificateMustBeThatOfTheName() throws Exception {
    TestAuthority authority = TestAuthority.in(folder.resolve("ca"));
    TestAuthority.Signed signed = authority.sign("desk.example.com");
    HostLookup lookup = (name, doubtful) -> Future.succeededFuture(List.of(new byte[] {127, 0, 0, 1}));
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    deploy(
        Directory.alone("n1", SHARDS), true, any -> lookup,
        Optional.of(new PemTrustOptions().addCertPath(signed.authority().toString())));
    FakeDesktop desktop = new FakeDesktop(vertx, ONE, new HttpServerOptions().setSsl(true).setKeyCertOptions(
        new PemKeyCertOptions().addCertPath(signed.cert().toString()).addKeyPath(signed.key().toString())));
    assertThat(refusal(user("ann", "acme"), "https://other.example.com:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal(user("ann", "acme"), "https://127.0.0.1:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(desktop.requests).hasValue(0);
    register(
        user("ann", "acme"), desktop("i1"), "https://desk.example.com:" + desktop.port() + "/", ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 10);
    pushedTo(desktop, ids(1, 10));
  }
}
