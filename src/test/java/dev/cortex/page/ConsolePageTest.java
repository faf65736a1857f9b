package dev.cortex.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.FreePorts;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console in a real browser, against a real server. */
@Tag("browser")
@Timeout(600)
class ConsolePageTest {

  private static LocalServer server;
  private static Browser browser;
  private static Path dataDir;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    dataDir = folder.resolve("data");
    server = LocalServer.start(dataDir, FreePorts.find(1, 0).get(0)); // one test starts it there again
    browser = Browser.start(folder.resolve("profile"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void openConsole() {
    browser.open(server.url("/console"));
    browser.await("#connection[data-state='live']");
  }

  @Test
  void emptyConsoleInvitesAndReportsNoError(@TempDir Path folder) throws Exception {
    LocalServer fresh = LocalServer.start(folder.resolve("data"));
    try {
      browser.open(fresh.url("/console"));
      browser.await("#connection[data-state='live']");
      browser.awaitText("#empty", "Waiting for events");
      browser.awaitText("#command", fresh.url("/api/events"));
      assertThat(browser.find("#command").getText()).contains("curl");
      browser.awaitText("#health-status", "UP");
      assertThat(browser.errors()).isEmpty();
    } finally {
      browser.open(server.url("/console"));
      fresh.close();
    }
  }

  @Test
  void whatCameShortlyBeforeThePageWasOpenedIsShown() throws Exception {
    assertThat(server.ingest("acme", "before.page", new JsonObject())).isEqualTo(200);
    browser.open(server.url("/console?later"));
    browser.awaitText("#rows", "before.page");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void nothingScrollsSidewaysOnANarrowPage() throws Exception {
    server.ingest("acme", "narrow.page", new JsonObject().put("text", "w".repeat(400)));
    browser.awaitText("#rows", "narrow.page");
    browser.awaitText("#health-status", "UP");
    browser.width(500);
    try {
      String wider =
          "return [...document.querySelectorAll('html, body, main, .card, dl, form, .scroll')]"
              + ".filter((each) => each.scrollWidth > each.clientWidth && each.checkVisibility())"
              + ".map((each) => each.tagName + '#' + each.id).join()";
      assertThat(browser.run(wider)).isEqualTo("");
    } finally {
      browser.width(1280);
    }
  }

  @Test
  void eventIngestedOverHttpIsShownWithItsPayload() throws Exception {
    assertThat(server.ingest("acme", "task.created", new JsonObject().put("title", "Draft the notes"))).isEqualTo(200);
    browser.awaitText("#rows .type", "task.created");
    assertThat(browser.find("#empty").isDisplayed()).isFalse();
    browser.press("#rows button.row");
    assertThat(browser.await("#rows .detail").getText()).contains("Draft the notes");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void eventPublishedByTheFormIsAcceptedShownAndNotStoredTwice() throws Exception {
    browser.type("#org", "formorg");
    browser.type("#type", "form.published");
    browser.type("#payload", "{\"answer\": 42}");
    browser.find("#send").click();
    browser.awaitText("#result", "Accepted");
    browser.awaitText("#rows li.own .type", "form.published");
    browser.find("#again").click();
    browser.awaitText("#result", "Duplicate");
    assertThat(server.typesOf("formorg")).containsExactly("form.published");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void wrongPayloadIsExplainedAndNotSent() throws Exception {
    browser.type("#org", "wrongorg");
    browser.type("#payload", "{\"answer\": forty-two}");
    browser.awaitText("#payload-error", "Not valid JSON");
    browser.find("#send").click();
    browser.awaitText("#result", "Not sent");
    assertThat(server.typesOf("wrongorg")).isEmpty();
  }

  @Test
  void filterShowsOnlyEventsOfTheType() throws Exception {
    server.ingest("acme", "tool.called", new JsonObject());
    server.ingest("acme", "agent.started", new JsonObject());
    browser.awaitText("#rows .type", "tool.called");
    browser.awaitText("#rows .type", "agent.started");
    browser.type("#filter-type", "tool");
    browser.awaitNoText("#rows", "agent.started");
    browser.awaitText("#rows", "tool.called");
  }

  @Test
  void eventsMissedWhileTheServerWasAwayAreShownOnceItIsBack() throws Exception {
    server.ingest("acme", "before.restart", new JsonObject());
    browser.awaitText("#rows .type", "before.restart");
    int port = server.port();
    server.close();
    browser.await("#connection[data-state='connecting']");
    server = LocalServer.start(dataDir, port);
    server.ingest("acme", "while.away", new JsonObject());
    browser.await("#connection[data-state='live']");
    browser.awaitText("#rows .type", "while.away");
    assertThat(browser.find("#rows").getText()).containsOnlyOnce("before.restart").containsOnlyOnce("while.away");
    browser.errors(); // what the browser says about the broken connection is of this test only
  }
}
