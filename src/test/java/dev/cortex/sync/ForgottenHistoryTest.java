package dev.cortex.sync;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers of a desktop whose cloud has forgotten what this desktop did not fetch: each is told that it may miss some.
 */
@Timeout(300)
final class ForgottenHistoryTest {

  @TempDir private Path dataDir;
  private final Vertx vertx = Vertx.vertx();
  private FakeCloud cloud;
  private DesktopServer desktop;
  private String before;

  @BeforeEach
  void syncedDesktop() throws Exception {
    cloud = new FakeCloud(vertx);
    cloud.born("c1");
    desktop = DesktopServer.start(
        dataDir, "sync.cloud_url=" + cloud.url(), "sync.token=t", "sync.orgs=acme", "sync.poll_min_ms=100",
        "sync.poll_max_ms=500");
    until("it is here", 60, () -> desktop.get("/api/events/since?orgId=acme&cursor=0").status() == 200);
    before = desktop.cursor("acme");
  }

  @AfterEach
  void nobody() throws Exception {
    desktop.close();
    vertx.close().await(60, TimeUnit.SECONDS);
  }

  private void forgets() throws Exception {
    cloud.wipe("anotherlog001");
    cloud.cover(1);
    until("the cloud's log began anew", 60, () -> !desktop.cursor("acme").split("\\.")[0].equals(log(before)));
  }

  private static String log(String cursor) {
    return cursor.split("\\.")[0];
  }

  @Test
  void plainClientIsSentAwayBecauseItsCursorNamesAnotherLog() throws Exception {
    try (RawWebSocket client = desktop.webSocket("?org=acme&since=" + before)) {
      client.patience(60_000);
      forgets();
      assertThat(client.closed()).isEqualTo(4410);
    }
    try (RawWebSocket late = desktop.webSocket("?org=acme&since=" + before)) {
      assertThat(late.closed()).isEqualTo(4410);
    }
  }

  @Test
  void richClientIsToldToBeginAnewAndThenGetsWhatCame() throws Exception {
    try (RawWebSocket client = desktop.richClient("")) {
      client.patience(60_000);
      JsonObject answer = client.ask(
          new JsonObject().put("op", "subscribe").put("rid", "r1").put("channel", "acme").put("since", before));
      assertThat(answer.getString("op")).isNotEqualTo("error");
      forgets();
      JsonObject resync = client.op("resync");
      assertThat(resync.getString("reason")).isEqualTo("log_changed");
      cloud.born("d2");
      JsonObject event = client.json();
      while (!event.encode().contains("\"d2\"")) {
        event = client.json();
      }
    }
  }

  @Test
  void pollThatIsHeldEndsAtOnceAndSaysSo() throws Exception {
    try (RawHttp http = desktop.http()) {
      http.patience(60_000);
      http.send(http.request("GET", "/api/events/since?orgId=acme&wait=30&cursor=" + before, ""));
      forgets();
      long begun = System.nanoTime();
      RawHttp.Answer answer = http.answer();
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(12));
      assertThat(answer.status()).isEqualTo(410);
      assertThat(answer.code()).isEqualTo("log_changed");
    }
  }
}
