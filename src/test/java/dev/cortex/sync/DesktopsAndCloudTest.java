package dev.cortex.sync;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.boot.CortexOptions;
import dev.cortex.boot.CortexServer;
import dev.cortex.event.LeftOut;
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
@Timeout(300)
final class DesktopsAndCloudTest {

  private static final int PATIENCE_SECONDS = 60;
  private static final String ORG = "acme";

  @TempDir private Path folder;

  @Test
  void everybodyGetsEverythingOnceAlsoAfterTheCloudWasAway() throws Exception {
    List<Integer> ports = FreePorts.find(4, 0);
    CortexServer cloud = cloud(ports.get(0), ports.get(1));
    try (DesktopServer ada = desktop("ada", ports.get(0), ports.get(2));
        DesktopServer bob = desktop("bob", ports.get(0), ports.get(3))) {
      until("both are pushed to", 60, () -> mode(ada).equals("push") && mode(bob).equals("push"));
      ada.publish(session("a1", 1));
      until("it is at the other", 60, () -> ids(bob).equals(List.of("a1")));
      bob.publish(event("b1"));
      until("it is at the first", 60, () -> ids(ada).equals(List.of("a1", "b1")));

      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      ada.publish(session("a2", 2));
      bob.publish(event("b2"));
      ada.publish(session("a3", 3));

      cloud = cloud(ports.get(0), ports.get(1));
      until("all are everywhere", 60, () -> ids(ada).size() == 5 && ids(bob).size() == 5);
      assertThat(ids(ada)).containsExactlyInAnyOrder("a1", "b1", "a2", "a3", "b2");
      assertThat(ids(bob))
          .containsExactlyInAnyOrder("a1", "b1", "a2", "a3", "b2")
          .containsSubsequence("a1", "a2", "a3");
      until("nothing waits", 60, () -> sync(ada).getLong("outboxDepth") == 0 && sync(bob).getLong("outboxDepth") == 0);
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
      until("all are sent", 60, () -> sync(ada).getLong("outboxDepth") == 0);
      try (DesktopServer bob = desktop("bob", ports.get(0), 0)) {
        until("all are here", 60, () -> ids(bob).size() == 1_000 && cursorOffset(bob) == 1_500);
        until("it waits", 60, () -> mode(bob).equals("held"));
        ada.publish(event("last"));
        until("the last is here", 60, () -> cursorOffset(bob) == 1_501);
      }
    } finally {
      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void sessionGoesOnWithoutAnEventThatWasGivenUp() throws Exception {
    List<Integer> ports = FreePorts.find(2, 0);
    CortexServer cloud = cloud(ports.get(0), ports.get(1), "message_contract.max_payload_size_kb", "1");
    try (DesktopServer ada = desktop("ada", ports.get(0), 0);
        DesktopServer bob = desktop("bob", ports.get(0), 0)) {
      ada.publish(session("s1", 1));
      JsonObject large = new JsonObject().put("x", "x".repeat(2_000));
      ada.publish(new JsonObject(session("s2", 2)).put("payload", large).encode());
      ada.publish(session("s3", 3));
      until("the session is held", 60, () -> sync(ada).getLong("setAside") == 2);
      RawHttp.Answer given =
          ada.post("/api/sync/set-aside/give-up", "{\"orgId\":\"acme\",\"ids\":[\"s2\"]}");
      assertThat(given.status()).as(given.text()).isEqualTo(200);
      until("nothing is set aside", 60, () ->
          sync(ada).getLong("setAside") == 0 && sync(ada).getLong("outboxDepth") == 0);
      ada.publish(session("s4", 4));
      until("the session is at the other", 60, () -> ids(bob).size() == 4);
      assertThat(ids(bob)).containsExactly("s1", LeftOut.id(ORG, "s2"), "s3", "s4");
      assertThat(sequences(bob)).containsExactly(1L, 2L, 3L, 4L);
      assertThat(ids(ada)).containsExactly("s1", "s2", "s3", "s4");
      assertThat(ada.get("/api/sync/set-aside?orgId=acme").json().getJsonArray("events")).isEmpty();
    } finally {
      cloud.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private CortexServer cloud(int port, int internalPort) throws Exception {
    return cloud(port, internalPort, "callbacks.allow_private", "true");
  }

  private CortexServer cloud(int port, int internalPort, String key, String value) throws Exception {
    return CortexServer
        .start(CortexOptions.local().profile("cloud").environment(Map.of()).dataDir(folder.resolve("cloud")).port(port)
            .set("server.host", "127.0.0.1")
            .set("server.internal_port", Integer.toString(internalPort))
            .set("auth.jwt_secret", UserToken.SECRET)
            .set(key, value))
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

  private static List<Long> sequences(DesktopServer desktop) throws IOException {
    return events(desktop).stream().map(event -> event.getLong("sequence")).toList();
  }

  private static List<String> ids(DesktopServer desktop) throws IOException {
    return events(desktop).stream().map(event -> event.getString("id")).toList();
  }

  /** The first thousand events of that desktop's log. */
  private static List<JsonObject> events(DesktopServer desktop) throws IOException {
    RawHttp.Answer answer = desktop.get("/api/events/since?limit=1000&cursor=0&orgId=" + ORG);
    return answer.status() == 204
        ? List.of()
        : answer.json().getJsonArray("events").stream().map(JsonObject.class::cast).toList();
  }
}
