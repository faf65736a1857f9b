package dev.cortex.sync;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.boot.CortexOptions;
import dev.cortex.boot.CortexServer;
import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.UserToken;
import dev.cortex.testing.process.FreePorts;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two desktops and a cloud node, whole servers in this process, on the ports they would have. */
@Timeout(90)
final class DesktopsAndCloudTest {

  private static final int PATIENCE_SECONDS = 30;
  private static final String ORG = "acme";

  @TempDir private Path folder;

  @Test
  void everybodyGetsEverythingOnceAlsoAfterTheCloudWasAway() throws Exception {
    List<Integer> ports = FreePorts.find(4, 0);
    CortexServer cloud = cloud(ports.get(0), ports.get(1));
    try (DesktopServer ada = desktop("ada", ports.get(0), ports.get(2));
        DesktopServer bob = desktop("bob", ports.get(0), ports.get(3))) {
      until("both are pushed to", 15, () -> mode(ada).equals("push") && mode(bob).equals("push"));
      ada.publish(session("a1", 1));
      until("it is at the other", 10, () -> ids(bob).equals(List.of("a1")));
      bob.publish(event("b1"));
      until("it is at the first", 10, () -> ids(ada).equals(List.of("a1", "b1")));

      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      ada.publish(session("a2", 2));
      bob.publish(event("b2"));
      ada.publish(session("a3", 3));

      cloud = cloud(ports.get(0), ports.get(1));
      until("all are everywhere", 40, () -> ids(ada).size() == 5 && ids(bob).size() == 5);
      assertThat(ids(ada)).containsExactlyInAnyOrder("a1", "b1", "a2", "a3", "b2");
      assertThat(ids(bob))
          .containsExactlyInAnyOrder("a1", "b1", "a2", "a3", "b2")
          .containsSubsequence("a1", "a2", "a3");
      until("nothing waits", 10, () -> sync(ada).getLong("outboxDepth") == 0 && sync(bob).getLong("outboxDepth") == 0);
    } finally {
      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void desktopThatStartsLateAndWithoutAPushGetsEverything() throws Exception {
    List<Integer> ports = FreePorts.find(2, 0);
    CortexServer cloud = cloud(ports.get(0), ports.get(1));
    try (DesktopServer ada = desktop("ada", ports.get(0), 0)) {
      JsonArray many = new JsonArray();
      IntStream.range(0, 500).forEach(i -> many.add(new JsonObject(event("m" + i))));
      for (int i = 0; i < 3; i++) {
        assertThat(ada.post("/api/events", many.encode().replace("\"m", "\"m" + i + "-")).status()).isEqualTo(200);
      }
      until("all are sent", 20, () -> sync(ada).getLong("outboxDepth") == 0);
      try (DesktopServer bob = desktop("bob", ports.get(0), 0)) {
        until("all are here", 20, () -> ids(bob).size() == 1_000 && cursorOffset(bob) == 1_500);
        until("it waits", 20, () -> mode(bob).equals("held"));
        ada.publish(event("last"));
        until("the last is here", 5, () -> cursorOffset(bob) == 1_501);
      }
    } finally {
      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private CortexServer cloud(int port, int internalPort) throws Exception {
    return CortexServer
        .start(CortexOptions.local().profile("cloud").environment(Map.of()).dataDir(folder.resolve("cloud")).port(port)
            .set("server.host", "127.0.0.1")
            .set("server.internal_port", Integer.toString(internalPort))
            .set("auth.jwt_secret", UserToken.SECRET)
            .set("callbacks.allow_private", "true"))
        .await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** A desktop; without a callback port it cannot be pushed to. */
  private DesktopServer desktop(String user, int cloudPort, int callbackPort) throws Exception {
    String url = callbackPort == 0 ? "" : "http://127.0.0.1:" + callbackPort;
    return DesktopServer.start(
        folder.resolve(user),
        "sync.cloud_url=http://127.0.0.1:" + cloudPort,
        "sync.token=" + UserToken.of(ORG).user(user).text(),
        "sync.poll_min_ms=1000",
        "sync.poll_max_ms=2000",
        "sync.callback_port=" + callbackPort,
        "sync.callback_url=" + url);
  }

  private static String event(String id) {
    return "{\"id\":\"" + id + "\",\"orgId\":\"acme\",\"type\":\"a.b\"}";
  }

  private static String session(String id, int sequence) {
    return "{\"id\":\"" + id + "\",\"orgId\":\"acme\",\"type\":\"a.b\",\"agentId\":\"p\",\"sessionId\":\"s\","
        + "\"sequence\":" + sequence + "}";
  }

  private static JsonObject sync(DesktopServer desktop) throws IOException {
    return desktop.get("/api/sync").json();
  }

  private static String mode(DesktopServer desktop) throws IOException {
    return sync(desktop).getString("mode");
  }

  private static long cursorOffset(DesktopServer desktop) throws IOException {
    String cursor = sync(desktop).getJsonArray("orgs").getJsonObject(0).getString("cursor");
    return cursor == null ? 0 : Long.parseLong(cursor.substring(cursor.indexOf('.') + 1));
  }

  /** Ids of the first thousand events of that desktop's log. */
  private static List<String> ids(DesktopServer desktop) throws IOException {
    RawHttp.Answer answer = desktop.get("/api/events/since?limit=1000&cursor=0&orgId=" + ORG);
    return answer.status() == 204
        ? List.of()
        : answer.json().getJsonArray("events").stream().map(event -> ((JsonObject) event).getString("id")).toList();
  }
}
