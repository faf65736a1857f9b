package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seed;
import dev.cortex.testing.process.Seen;
import dev.cortex.testing.process.SignedToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Desktops and a cloud as real processes, with lines between them that break; {@code tools/chaos} does more of it. */
@Tag("process")
@Timeout(600)
final class SyncTest {

  private static final Duration SOON = Duration.ofSeconds(90);

  @TempDir Path folder;

  private final Ledger ledger = new Ledger();
  private final AtomicInteger asked = new AtomicInteger();
  private Optional<Producer> web = Optional.empty();

  @Test
  void anEventOfOneDesktopReachesTheOtherAndTheCloudByPush() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      site.desk("a", Site.QUICK).start();
      Desk other = site.desk("b", Site.QUICK).start();
      site.desks().get(0).awaitMode("push", SOON);
      other.awaitMode("push", SOON);
      other.up().bar("/api/events/since"); // pushes alone bring it
      travels(site);
    }
  }

  @Test
  void anEventOfOneDesktopReachesTheOtherAndTheCloudByHeldRequest() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      for (String name : List.of("a", "b")) {
        site.desk(name, Site.QUICK).start("sync.callback_url=");
      }
      web(site).publish(1, 1); // where nothing happens no poll is held
      for (Desk desk : site.desks()) {
        desk.awaitMode("held", SOON);
      }
      travels(site);
    }
  }

  @Test
  void anEventOfOneDesktopReachesTheOtherAndTheCloudByPoll() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      for (String name : List.of("a", "b")) {
        Desk desk = site.desk(name, Site.QUICK);
        desk.up().replace("wait=25", "wait=00");
        desk.start("sync.callback_url=");
        desk.awaitMode("poll", SOON);
      }
      travels(site);
    }
  }

  private Producer web(Site site) {
    if (web.isEmpty()) {
      web = Optional.of(site.cloudProducer(2, ledger, 3));
    }
    return web.get();
  }

  /** Events of each place reach everybody, once and in order. */
  private void travels(Site site) throws Exception {
    List<Desk> desks = site.desks();
    List<Watcher> watchers = List.of(site.watch(desks.get(0)), site.watch(desks.get(1)), site.watchCloud());
    site.producer(desks.get(0), 2, ledger, 1).publish(5, 1);
    site.producer(desks.get(1), 2, ledger, 2).publish(5, 1);
    web(site).publish(5, 1);
    for (Watcher watcher : watchers) {
      Await.until(watcher.getName() + " has all", SOON, () -> watcher.count() >= ledger.size());
    }
    List<Judge.Log> logs =
        watchers.stream().map(watcher -> new Judge.Log(watcher.getName(), watcher.seen(), true)).toList();
    new Result(List.of(), Judge.of(ledger.born(), logs, ledger.complaints())).requireGood();
  }

  @Test
  void aSessionIsWrittenInItsHomeOnly() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      Desk home = site.desk("a", Site.QUICK).start();
      Desk other = site.desk("b", Site.QUICK).start();
      assertThat(publish(new Http(), home, "e1", "s1").getString("status")).isEqualTo("accepted");
      Await.until("it is on the other desktop", SOON, () -> other.log(Site.ORG).size() == 1);
      elsewhere(publish(new Http(), other, "e2", "s1"));
      elsewhere(site.http().publish(site.cloud().ready(), event("e3", "s1")).results().get(0));
      Http.Answer first = site.http().publish(site.cloud().ready(), event("c1", "s2"));
      assertThat(first.body().getInteger("accepted")).isEqualTo(1);
      Await.until("it is on the first desktop", SOON, () -> home.log(Site.ORG).size() == 2);
      elsewhere(publish(new Http(), home, "e4", "s2"));
      assertThat(publish(new Http(), home, "e5", "s1").getLong("sequence")).isEqualTo(2);
      Await.until("its next event is everywhere", SOON, () -> other.log(Site.ORG).size() == 3);
      assertThat(site.cloudLog()).extracting(Seen::id).containsExactly("e1", "c1", "e5");
    }
  }

  private static void elsewhere(JsonObject result) {
    assertThat(result.getString("status")).as(result.encode()).isEqualTo("rejected");
    assertThat(result.getJsonObject("error").getString("code")).isEqualTo("session_elsewhere");
  }

  private static String event(String id, String session) {
    return new JsonObject()
        .put("id", id)
        .put("orgId", Site.ORG)
        .put("type", "step.done")
        .put("agentId", "planner")
        .put("sessionId", session)
        .encode();
  }

  private static JsonObject publish(Http http, Desk desk, String id, String session) throws Exception {
    return http.publish(desk.ready(), event(id, session)).results().get(0);
  }

  @Test
  void whatWaitsIsDrainedOnceAndInOrderOverALineThatBreaksAndLosesAnswers() throws Exception {
    Drain.Plan plan = new Drain.Plan(500, 20, 3, false, 0.33, false, Seed.of("drain"));
    new Drain(plan).run(folder).requireGood();
  }

  @Test
  void everybodyHasTheSameHoweverItCame() throws Exception {
    new Mix(new Mix.Plan(8, 10, false, Seed.of("mix"))).run(folder).requireGood();
  }

  @Test
  void aDesktopPutBackFromACopyTellsNothingTwiceAndGetsItsTailBack() throws Exception {
    new Restore(new Restore.Plan(60, false, Seed.of("restore"))).run(folder).requireGood();
  }

  @Test
  void aCloudThatRefusesFailsOrIsNotThereTakesNothingFromTheDesktop() throws Exception {
    try (Site site = Site.withoutCloud(folder)) {
      Desk desk = site.desk("desktop", Site.QUICK);
      Producer local;
      AtomicInteger status = new AtomicInteger(401);
      HttpServer stranger = stranger(site.cloud().ports().open(), status);
      try {
        desk.start();
        local = site.producer(desk, 3, ledger, 1);
        for (int answer : new int[] {401, 500, 200}) {
          status.set(answer);
          int askedBefore = asked.get();
          local.publish(10, 10);
          Await.until("the stranger is asked", SOON, () -> asked.get() > askedBefore + 1);
          Await.until("it says so", SOON, () -> desk.sync().map(sync -> sync.getString("lastError")).isPresent());
          Await.until("all waits, answered " + answer, SOON, () -> desk.depth() == ledger.size());
        }
      } finally {
        stranger.stop(0);
      }
      desk.up().cut();
      local.publish(10, 10);
      site.startCloud();
      desk.up().mend();
      desk.awaitDrained(SOON);
      List<Judge.Log> logs = List.of(new Judge.Log("cloud", site.cloudLog(), true));
      new Result(List.of(), Judge.of(ledger.born(), logs, ledger.complaints())).requireGood();
    }
  }

  /** A server that is not the cloud, as there is one behind the sign-in page of a hotel. */
  private HttpServer stranger(int port, AtomicInteger status) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", exchange -> answer(exchange, status.get()));
    server.start();
    return server;
  }

  private void answer(HttpExchange exchange, int status) throws IOException {
    exchange.getRequestBody().readAllBytes();
    asked.incrementAndGet();
    byte[] page = "<html>Sign in</html>".getBytes(StandardCharsets.US_ASCII);
    exchange.getResponseHeaders().set("Content-Type", "text/html");
    exchange.sendResponseHeaders(status, page.length);
    exchange.getResponseBody().write(page);
    exchange.close();
  }

  @Test
  void aTokenThatTheCloudRefusesIsToldAndAnotherOneHelps() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      Desk desk = site.desk("desktop", Site.QUICK);
      String stranger = SignedToken.of("x".repeat(40), Site.ORG, "user", "publish subscribe", 600);
      desk.start("sync.token=" + stranger);
      site.producer(desk, 3, ledger, 1).publish(20, 20);
      Await.until("it says so", SOON, () -> desk.sync().map(sync -> sync.getString("lastError")).isPresent());
      Await.until("all waits", SOON, () -> desk.depth() == 20);
      assertThat(site.cloudLog()).isEmpty();
      desk.stop();
      desk.start("sync.token=" + Cluster.token(Site.ORG, "user", "publish subscribe"));
      desk.awaitDrained(SOON);
      assertThat(site.cloudLog()).hasSize(20);
    }
  }
}
