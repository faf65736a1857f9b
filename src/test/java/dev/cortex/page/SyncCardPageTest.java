package dev.cortex.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console's card for the sync, in a real browser, before a server that says what the test wants to see. */
@Tag("browser")
@Timeout(600)
class SyncCardPageTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static final BlockingQueue<JsonObject> SENT = new LinkedBlockingQueue<>();
  private static volatile JsonObject sync = new JsonObject();
  private static volatile JsonArray aside = new JsonArray();
  private static HttpServer server;
  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    server =
        VERTX
            .createHttpServer()
            .webSocketHandler(socket -> socket.writeTextMessage("{\"op\":\"welcome\"}"))
            .requestHandler(SyncCardPageTest::answer)
            .listen(0, "127.0.0.1")
            .await(60, TimeUnit.SECONDS);
    browser = Browser.start(folder.resolve("profile"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    VERTX.close().await(60, TimeUnit.SECONDS);
  }

  private static void answer(HttpServerRequest request) {
    switch (request.path()) {
      case "/health" -> json(request, new JsonObject().put("status", "UP").put("profile", "local").put("sync", sync));
      case "/api/sync" -> json(request, sync);
      case "/api/sync/set-aside" -> json(request, new JsonObject().put("events", aside));
      case "/api/sync/set-aside/again", "/api/sync/set-aside/give-up" ->
          request.body().onSuccess(body -> {
            SENT.add(body.toJsonObject().put("path", request.path()));
            aside = new JsonArray();
            json(request, new JsonObject().put("outbox", new JsonObject().put("setAside", 0)));
          });
      default -> page(request);
    }
  }

  private static void json(HttpServerRequest request, JsonObject body) {
    request.response().putHeader("Content-Type", "application/json").end(body.encode());
  }

  private static void page(HttpServerRequest request) {
    Map<String, String> types = Map.of("js", "text/javascript", "css", "text/css", "svg", "image/svg+xml");
    String name = request.path().equals("/console") ? "/console/index.html" : request.path();
    String type = types.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/html");
    try (InputStream in = SyncCardPageTest.class.getResourceAsStream("/web" + name)) {
      if (in == null) {
        request.response().setStatusCode(404).end();
      } else {
        request.response().putHeader("Content-Type", type).end(Buffer.buffer(in.readAllBytes()));
      }
    } catch (IOException e) {
      request.response().setStatusCode(500).end(e.toString());
    }
  }

  private static void openConsole() {
    browser.open("http://127.0.0.1:" + server.actualPort() + "/console");
  }

  @Test
  void modeLagOutboxAndTheLastErrorOfEachOrgAreShown() {
    aside = new JsonArray();
    sync =
        new JsonObject()
            .put("mode", "poll")
            .put("lagMs", 4_200)
            .put("outboxDepth", 1_234)
            .put("breaker", "half_open")
            .put("lastError", "the cloud said 503")
            .put("orgs", new JsonArray().add(org("acme", 0)));
    openConsole();
    browser.awaitText("#sync-mode", "poll");
    browser.awaitText("#sync-facts", "lag 4 s · outbox 1,234 · breaker half_open");
    browser.awaitText("#sync-error", "the cloud said 503");
    browser.awaitText("#sync-orgs tr", "acme");
    assertThat(browser.find("#sync-aside").isDisplayed()).isFalse();
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void formOffersASyncedOrgAndSaysWhatStaysHere() {
    aside = new JsonArray();
    sync = new JsonObject().put("mode", "push").put("orgs", new JsonArray().add(org("globex", 0)));
    openConsole();
    browser.awaitText("#command", "\"orgId\":\"globex\"");
    assertThat(browser.find("#org").getDomProperty("value")).isEqualTo("globex");
    assertThat(browser.find("#org-note").getText()).isEmpty();
    browser.type("#org", "acme");
    browser.awaitText("#org-note", "stays on this desktop");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void whatTheCloudRefusedIsShownWithItsReasonAndSentAgainAtAPress() throws Exception {
    refused();
    openConsole();
    browser.awaitText("#sync-aside-rows tr", "sequence_conflict: expected 4");
    assertThat(browser.find("#sync-aside-rows button").getDomAttribute("aria-label")).isEqualTo("Send again: e-7");
    browser.find("#sync-aside-rows button").click();
    assertThat(SENT.poll(60, TimeUnit.SECONDS))
        .isEqualTo(new JsonObject().put("orgId", "acme").put("ids", new JsonArray().add("e-7"))
            .put("path", "/api/sync/set-aside/again"));
    browser.awaitText("#sync-said", "On its way");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void eventIsLeftOutForEverAtTheSecondPress() throws Exception {
    refused();
    openConsole();
    browser.awaitText("#sync-aside-rows tr", "sequence_conflict: expected 4");
    String button = "#sync-aside-rows button + button";
    assertThat(browser.find(button).getDomAttribute("aria-label")).isEqualTo("Leave out: e-7");
    browser.find(button).click();
    browser.awaitText(button, "Leave out for ever?");
    assertThat(SENT).isEmpty();
    browser.find(button).click();
    assertThat(SENT.poll(60, TimeUnit.SECONDS))
        .isEqualTo(new JsonObject().put("orgId", "acme").put("ids", new JsonArray().add("e-7"))
            .put("path", "/api/sync/set-aside/give-up"));
    browser.awaitText("#sync-said", "Left out for ever");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void withoutACloudThereIsNoCard() {
    sync = new JsonObject().put("mode", "off");
    openConsole();
    browser.awaitText("#health-status", "UP");
    browser.await("#connection[data-state='live']");
    assertThat(browser.find("#sync").isDisplayed()).isFalse();
  }

  private static void refused() {
    aside =
        new JsonArray()
            .add(
                new JsonObject()
                    .put("id", "e-7")
                    .put("code", "sequence_conflict")
                    .put("message", "expected 4")
                    .put("refusedAt", 1_764_000_000_000L)
                    .put("again", false)
                    .put("event", new JsonObject().put("type", "task.created")));
    sync =
        new JsonObject().put("mode", "push").put("lagMs", 12).put("outboxDepth", 0).put("breaker", "closed")
            .put("orgs", new JsonArray().add(org("acme", 1)));
  }

  private static JsonObject org(String orgId, int setAside) {
    return new JsonObject().put("orgId", orgId).put("mode", "push").put("lagMs", 5)
        .put("outbox", new JsonObject().put("depth", 0).put("setAside", setAside));
  }
}
