package dev.cortex.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Any web page can reach loopback, so a page of another origin in a real browser tries what an attacker would. The
 * server's own page makes the same attempts with success, which shows that the attempts themselves are sound.
 */
@Tag("browser")
@Timeout(600)
class ForeignPageTest {

  private static final String OPEN_SOCKET =
      """
      const [url] = given;
      return new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => { socket.close(); resolve('opened'); };
        socket.onclose = () => resolve('refused');
      });
      """;

  private static final String POST =
      """
      const [url, mode, type, body] = given;
      const answer = await fetch(url, { method: 'POST', mode, headers: { 'Content-Type': type }, body });
      return mode === 'no-cors' ? 'sent' : String(answer.status);
      """;

  private static final String READ =
      """
      const [url] = given;
      return (await fetch(url)).text();
      """;

  private static LocalServer server;
  private static Browser browser;
  private static Vertx vertx;
  private static HttpServer foreign;

  private String orgId;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    server = LocalServer.start(folder.resolve("data"));
    browser = Browser.start(folder.resolve("profile"));
    vertx = Vertx.vertx();
    foreign =
        vertx.createHttpServer()
            .requestHandler(request ->
                request.response().putHeader("Content-Type", "text/html")
                    .end("<!doctype html><title>Foreign</title>"))
            .listen(0, "127.0.0.1")
            .await(60, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (vertx != null) {
      vertx.close().await(60, TimeUnit.SECONDS);
    }
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void useAnOrgOfItsOwn() {
    orgId = "org-" + System.nanoTime();
  }

  @Test
  void foreignPageCannotOpenTheWebSocket() {
    openForeignPage();
    assertThat(browser.run(OPEN_SOCKET, socketUrl())).isEqualTo("refused");
    openOwnPage();
    assertThat(browser.run(OPEN_SOCKET, socketUrl())).isEqualTo("opened");
  }

  @ParameterizedTest
  @CsvSource({
    "/ingest, no-cors, text/plain",
    "/ingest, no-cors, application/json",
    "/ingest, cors, application/json",
    "/ingest, cors, text/plain",
    "/api/events, no-cors, text/plain",
    "/api/events, cors, application/json"
  })
  void foreignPageCannotPublish(String path, String mode, String type) throws Exception {
    openForeignPage();
    assertThat(browser.run(POST, server.url(path), mode, type, event("forged"))).isNotEqualTo("200");
    // what was forged, had it been taken, would stand before this one
    assertThat(server.ingest(orgId, "genuine", new JsonObject())).isEqualTo(200);
    assertThat(server.typesOf(orgId)).containsExactly("genuine");
  }

  @Test
  void ownPageCanPublish() throws Exception {
    openOwnPage();
    assertThat(browser.run(POST, server.url("/ingest"), "cors", "application/json", event("own"))).isEqualTo("200");
    assertThat(server.typesOf(orgId)).containsExactly("own");
  }

  @Test
  void foreignPageCannotReadWhatIsStored() throws Exception {
    server.ingest(orgId, "secret", new JsonObject());
    String since = server.url("/api/events/since?cursor=0&orgId=" + orgId);
    openForeignPage();
    assertThat(browser.run(READ, since)).asString().startsWith("failed").doesNotContain("secret");
    openOwnPage();
    assertThat(browser.run(READ, since)).asString().contains("secret");
  }

  private void openForeignPage() {
    browser.open("http://127.0.0.1:" + foreign.actualPort() + "/");
  }

  private void openOwnPage() {
    browser.open(server.url("/console"));
  }

  private String socketUrl() {
    return "ws://127.0.0.1:" + server.port() + "/ws";
  }

  private String event(String type) {
    return new JsonObject().put("orgId", orgId).put("type", type).encode();
  }
}
