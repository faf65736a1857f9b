package dev.cortex.sync;

import static dev.cortex.sync.FakeCloud.cut;
import static dev.cortex.sync.FakeCloud.problem;
import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bridge of a desktop whose log is real, against a cloud that says what the test wants. */
@Timeout(120)
final class SyncBridgeTest {

  private static final String SINCE = "/api/events/since";
  private static final String OUTBOX = "/api/outbox";
  private static final String EVENTS = "/api/events";

  @TempDir private Path dataDir;
  private BridgeBed bed;

  @BeforeEach
  void desktop() throws Exception {
    bed = new BridgeBed(dataDir);
  }

  @AfterEach
  void noDesktop() throws Exception {
    bed.close();
  }

  private void impatient() throws Exception {
    bed.close();
    bed = new BridgeBed(dataDir, BridgeBed.IMPATIENT);
  }

  @Test
  void eventsOfTheCloudArriveOnceAndMoveTheCursor() throws Exception {
    bed.cloud.born("c1");
    bed.cloud.born("c2");
    bed.started();
    until("both are here", 60, () -> bed.ids().equals(List.of("c1", "c2")));
    assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".2");
    bed.cloud.born("c3");
    until("the third is here", 60, () -> bed.ids().equals(List.of("c1", "c2", "c3")));
    assertThat(bed.cloud.askedFor(SINCE).get(0).query()).containsEntry("cursor", "0").containsEntry("wait", "1");
    assertThat(bed.cloud.askedFor(SINCE)).allSatisfy(one -> assertThat(one.headers())
        .containsEntry("cortex-desktop", bed.state().desktop().text())
        .containsEntry("authorization", "Bearer a-token-of-nobody"));
  }

  @Test
  void cloudIsAskedForItsMarkBeforeItsEvents() throws Exception {
    bed.started();
    until("it polls", 60, () -> !bed.cloud.askedFor(SINCE).isEmpty());
    assertThat(bed.cloud.asked.get(0).path()).isEqualTo(OUTBOX);
  }

  @Test
  void manyPagesAreFetchedOneBehindTheOther() throws Exception {
    IntStream.rangeClosed(1, 1_200).forEach(i -> bed.cloud.born("c" + i));
    bed.started();
    until("all are here", 60, () -> bed.cursor().equals(FakeCloud.LOG + ".1200"));
    assertThat(bed.ids()).hasSize(1_200).doesNotHaveDuplicates();
  }

  @Test
  void lineThatIsTooSlowForAPageIsAskedForShorterOnes() throws Exception {
    impatient();
    IntStream.rangeClosed(1, 60).forEach(i -> bed.cloud.born("c" + i));
    bed.cloud.fault(SINCE, request -> Integer.parseInt(request.getParam("limit")) > 40);
    bed.started();
    until("all are here", 60, () -> bed.cursor().equals(FakeCloud.LOG + ".60"));
    assertThat(bed.ids()).hasSize(60).doesNotHaveDuplicates();
  }

  @Test
  void heldPollIsAskedAgainAtOnceAndSaysSo() throws Exception {
    bed.cloud.holds(true);
    bed.cloud.born("c1");
    bed.started();
    until("it is held", 60, () -> bed.status().getString("mode").equals("held"));
    bed.cloud.born("c2");
    until("it is here", 60, () -> bed.ids().contains("c2"));
    assertThat(bed.orgStatus().getLong("lagMs")).isLessThan(5_000);
  }

  @Test
  void eventsThatAreCoveredMoveTheCursorWithoutEvents() throws Exception {
    bed.cloud.born("c1");
    bed.started();
    until("it is here", 60, () -> bed.cursor().equals(FakeCloud.LOG + ".1"));
    bed.cloud.cover(7);
    until("the cursor moved", 60, () -> bed.cursor().equals(FakeCloud.LOG + ".7"));
    bed.cloud.born("c8");
    until("the next is here", 60, () -> bed.ids().equals(List.of("c1", "c8")));
  }

  @Test
  void historyThatIsGoneBeginsAnew() throws Exception {
    bed.cloud.born("c1");
    bed.started();
    until("it is here", 60, () -> bed.ids().contains("c1"));
    bed.cloud.wipe("anotherlog001");
    bed.cloud.born("d1");
    until("the other log is here", 60, () -> bed.ids().equals(List.of("c1", "d1")));
    assertThat(bed.cursor()).isEqualTo("anotherlog001.1");
    bed.cloud.born("d2");
    until("and goes on", 60, () -> bed.ids().equals(List.of("c1", "d1", "d2")));
  }

  @Test
  void cloudThatIsAlwaysGoneIsNotAskedInACircle() throws Exception {
    bed.cloud.fault(SINCE, request -> {
      FakeCloud.problem(request, 410, "pruned");
      return true;
    });
    bed.started();
    until("it was asked", 60, () -> bed.cloud.askedFor(SINCE).size() > 2);
    int before = bed.cloud.askedFor(SINCE).size();
    long begun = System.nanoTime();
    until("it is asked again", 60, () -> bed.cloud.askedFor(SINCE).size() >= before + 5);
    assertThat(System.nanoTime() - begun).isGreaterThan(50_000_000);
    assertThat(bed.status().getString("lastError")).contains("410 pruned");
    bed.cloud.heal();
    bed.cloud.born("c1");
    until("it recovers", 60, () -> bed.ids().contains("c1") && bed.status().getValue("lastError") == null);
  }

  static Stream<Broken> brokenAnswers() {
    return Stream.of(
        new Broken("401", "401 unauthorized", request -> problem(request, 401, "unauthorized")),
        new Broken("403", "403 forbidden", request -> problem(request, 403, "forbidden")),
        new Broken("429", "429 too many", request -> problem(request, 429, "rate_limited")),
        new Broken("500", "HTTP status 500", request -> problem(request, 500, "internal")),
        new Broken("garbage", "Not strict JSON", request -> ok(request, "{\"events\":[}")),
        new Broken("login page", "not the cloud", request -> html(request)),
        new Broken("redirect", "not the cloud", request -> redirect(request)),
        new Broken("empty 200", "not the cloud", request -> bare(request, 200)),
        new Broken("204 of a portal", "not the cloud", request -> bare(request, 204)),
        new Broken("410 of a stranger", "not the cloud", request -> bare(request, 410)),
        new Broken("half an answer", "Connection was closed", request -> half(request)),
        new Broken("cut", "Connection was closed", request -> cut(request)),
        new Broken("never", "no answer in time", request -> true),
        new Broken("another log", "a cursor that was not asked for", request -> wrongCursor(request)));
  }

  record Broken(String name, String words, FakeCloud.Fault fault) {
    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource("brokenAnswers")
  void brokenAnswerMovesNothingIsToldAndIsSurvived(Broken broken) throws Exception {
    if (broken.name().equals("never")) {
      impatient();
    }
    bed.cloud.born("c1");
    bed.started();
    until("it works", 60, () -> bed.ids().contains("c1"));
    bed.cloud.fault(SINCE, broken.fault());
    bed.cloud.born("c2");
    until("it is told", 60, () -> String.valueOf(bed.status().getString("lastError")).contains(broken.words()));
    String mode = switch (broken.name()) {
      case "401", "403" -> "refused";
      case "429" -> "poll";
      default -> "offline";
    };
    assertThat(bed.status().getString("mode")).isEqualTo(mode);
    assertThat(bed.status().getString("lastError")).startsWith("acme: ");
    assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".1");
    assertThat(bed.status().encode()).doesNotContain("a-token-of-nobody");
    bed.cloud.heal();
    until("it recovers", 60, () -> bed.ids().equals(List.of("c1", "c2")));
    until("and says so", 60, () -> bed.status().getValue("lastError") == null);
  }

  @Test
  void desktopThatStartsWithNothingNewIsHeldAtOnce() throws Exception {
    bed.cloud.fault(SINCE, request -> request.getParam("wait") != null);
    bed.started();
    until("it is asked", 60, () -> !bed.cloud.askedFor(SINCE).isEmpty());
    assertThat(bed.status().getString("mode")).isEqualTo("held");
  }

  @Test
  void nodeThatIsNoCloudIsToldAndNotPolled() throws Exception {
    bed.cloud.fault(OUTBOX, request -> problem(request, 404, "not_found"));
    bed.cloud.born("c1");
    bed.started();
    until("it is told", 60, () -> String.valueOf(bed.status().getString("lastError"))
        .endsWith("sync.cloud_url leads to no cloud node (404 at /api/outbox)"));
    until("it was asked again", 60, () -> bed.cloud.askedFor(OUTBOX).size() > 1);
    assertThat(bed.status().getString("mode")).isEqualTo("offline");
    assertThat(bed.cloud.askedFor(SINCE)).isEmpty();
    bed.cloud.heal();
    until("it recovers", 60, () -> bed.ids().contains("c1") && bed.status().getValue("lastError") == null);
  }

  @Test
  void desktopThatIsNotLetInSaysSoAndShowsWhatWaits() throws Exception {
    for (String path : List.of(OUTBOX, SINCE, EVENTS)) {
      bed.cloud.fault(path, request -> problem(request, 401, "unauthorized"));
    }
    bed.started();
    until("it is told", 60, () -> bed.status().getString("mode").equals("refused"));
    assertThat(bed.status().getString("lastError")).startsWith("acme: 401 unauthorized");
    bed.publish("l1");
    until("it waits", 60, () -> bed.status().getLong("outboxDepth") == 1);
    assertThat(bed.orgStatus().getJsonObject("outbox").getLong("head")).isEqualTo(1);
    until("it is shown", 60, () -> bed.metrics.scrape().contains("cortex_sync_mode 5"));
  }

  @Test
  void outboxThatArrivesEndsTheWaitOfThePollAndItsStaleError() throws Exception {
    try (BridgeBed slow = new BridgeBed(
        dataDir.resolve("slow"), new Timing(50, 600_000, 5, 20_000, 20_000, 20_000, 300, 50, 20, 50, 300, 300))) {
      slow.cloud.holds(true);
      slow.cloud.born("c1");
      slow.started();
      until("it works", 60, () -> slow.ids().contains("c1"));
      slow.cloud.fault(SINCE, request -> {
        request.response().setStatusCode(503).putHeader("Retry-After", "0").end();
        return true;
      });
      slow.cloud.born("c2");
      until("polls wait long", 120, () -> slow.orgStatus().getLong("nextPollMs") > 11_000);
      slow.cloud.heal();
      slow.publish("l1");
      until("it is here", 10, () -> slow.ids().contains("c2"));
      until("all is well", 60, () -> slow.status().getValue("lastError") == null
          && slow.status().getString("mode").equals("held"));
    }
  }

  @Test
  void cloudWithAnotherLogAtEveryPollIsNotFollowedInACircle() throws Exception {
    AtomicInteger logs = new AtomicInteger();
    bed.cloud.fault(SINCE, request -> {
      if (request.getParam("cursor").equals("0")) {
        bed.cloud.wipe("log" + (1_000_000_000 + logs.incrementAndGet()));
        bed.cloud.born("c" + logs.get());
        return false;
      }
      FakeCloud.problem(request, 410, "log_changed");
      return true;
    });
    long begun = System.nanoTime();
    bed.started();
    until("it began anew some times", 60, () -> logs.get() >= 6);
    assertThat(System.nanoTime() - begun).isGreaterThan(4 * 200_000_000L);
    bed.cloud.heal();
    bed.cloud.born("last");
    until("it goes on", 60, () -> bed.ids().contains("last"));
  }

  @Test
  void wakeDropsConnectionsAndComesBackSoon() throws Exception {
    bed.cloud.holds(true);
    bed.cloud.born("c1");
    bed.started();
    until("it is held", 60, () -> bed.status().getString("mode").equals("held"));
    bed.cloud.fault(SINCE, request -> true);
    int before = bed.cloud.askedFor(SINCE).size();
    until("a poll hangs", 60, () -> bed.cloud.askedFor(SINCE).size() > before);
    bed.cloud.heal();
    bed.cloud.holds(false);
    long begun = System.nanoTime();
    bed.sleep(60_000);
    bed.cloud.born("c2");
    until("it is here", 60, () -> bed.ids().contains("c2"));
    assertThat(System.nanoTime() - begun).as("sooner than the poll that hangs").isLessThan(15_000_000_000L);
  }

  @Test
  void cloudThatIsDownAtTheStartIsFoundLater() throws Exception {
    bed.cloud.fault(OUTBOX, request -> cut(request));
    bed.cloud.born("c1");
    bed.started();
    until("it is told", 60, () -> bed.status().getValue("lastError") != null);
    assertThat(bed.status().getString("mode")).isEqualTo("offline");
    assertThat(bed.cloud.askedFor(SINCE)).isEmpty();
    bed.cloud.heal();
    until("it is here", 60, () -> bed.ids().contains("c1"));
    until("all is well", 60, () -> bed.status().getValue("lastError") == null
        && bed.status().getString("breaker").equals("closed"));
  }

  @Test
  void addressWhereNothingListensIsNamed() throws Exception {
    try (BridgeBed none = new BridgeBed(dataDir.resolve("none"), "sync.cloud_url=http://127.0.0.1:1").started()) {
      until("it is told", 60, () -> "acme: nothing listens at 127.0.0.1:1 (connection refused)"
          .equals(none.status().getString("lastError")));
      assertThat(none.status().getString("mode")).isEqualTo("offline");
    }
  }

  @Test
  void noOrgIsSaid() throws Exception {
    try (BridgeBed none = new BridgeBed(dataDir.resolve("none"), "sync.orgs=").started()) {
      assertThat(none.status().getString("mode")).isEqualTo("off");
      assertThat(none.status().getString("lastError")).isEqualTo(
          "nothing is synced: sync.orgs is empty, and sync.token is no JWT: name the orgs in sync.orgs");
    }
  }

  @Test
  void numbersAreShown() throws Exception {
    bed.cloud.born("c1");
    bed.started();
    until("it is here", 60, () -> bed.ids().contains("c1"));
    until("it is shown", 60, () -> bed.metrics.scrape().matches("(?s).*cortex_sync_mode [23].*"));
    until("it is counted", 60, () ->
        bed.metrics.scrape().matches("(?s).*cortex_sync_events_total\\{way=\"poll\"} [1-9].*"));
    assertThat(bed.metrics.scrape()).containsPattern("cortex_sync_polls_total [1-9]")
        .containsPattern("cortex_sync_events_total\\{way=\"poll\"} [1-9]")
        .contains("cortex_outbox_depth_events 0", "cortex_sync_breaker_open 0", "cortex_sync_lag_seconds");
  }

  private static boolean ok(HttpServerRequest request, String body) {
    request.response().putHeader("Content-Type", "application/json")
        .putHeader("Cortex-Cursor", FakeCloud.LOG + ".2").end(body);
    return true;
  }

  private static boolean html(HttpServerRequest request) {
    request.response().putHeader("Content-Type", "text/html").end("<h1>Welcome to our network</h1>");
    return true;
  }

  private static boolean redirect(HttpServerRequest request) {
    request.response().setStatusCode(302).putHeader("Location", "http://127.0.0.1:1/login").end();
    return true;
  }

  private static boolean bare(HttpServerRequest request, int status) {
    request.response().setStatusCode(status).end();
    return true;
  }

  private static boolean half(HttpServerRequest request) {
    request.response().putHeader("Content-Type", "application/json").putHeader("Content-Length", "1000")
        .putHeader("Cortex-Cursor", FakeCloud.LOG + ".2").write("{\"events\":[")
        .onComplete(written -> request.connection().close());
    return true;
  }

  private static boolean wrongCursor(HttpServerRequest request) {
    request.response().putHeader("Content-Type", "application/json").putHeader("Cortex-Cursor", "anotherlog001.5")
        .end("{\"events\":[],\"cursor\":\"anotherlog001.5\",\"hasMore\":false}");
    return true;
  }
}
