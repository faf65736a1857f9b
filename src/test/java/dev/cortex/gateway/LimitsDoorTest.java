package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What producers meet at the door when they publish more than their org may. The orgs differ in their limits; their
 * rates are so low, or their bursts so large, that the time a test takes makes no difference to it.
 */
@Timeout(300)
class LimitsDoorTest {

  private static final String PROBLEM = "application/problem+json";

  @TempDir static Path folder;
  static DesktopServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(
        folder,
        "limits.connection_events_per_second=50",
        "limits.overrides=slow.events_per_second=1,"
            + "two.events_per_second=2,two.burst=2,"
            + "flood.events_per_second=200,"
            + "a.dot.events_per_second=1,"
            + "stored.stored_bytes=100,"
            + "wide.bytes_per_second=40000,"
            + "session.session_events_per_second=1");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static RawHttp.Answer publish(String org, int events, String prefix) throws Exception {
    JsonArray batch = new JsonArray();
    for (int i = 0; i < events; i++) {
      batch.add(new JsonObject(DesktopServer.event(org, prefix + i, 1)));
    }
    return server.post("/api/events", batch.encode());
  }

  /** Publishes until so many are accepted together: buckets start empty with the server. */
  private static RawHttp.Answer accepted(String org, int events, String prefix) throws Exception {
    RawHttp.Answer[] last = new RawHttp.Answer[1];
    Patience.until("accepted", 60, () -> {
      last[0] = publish(org, events, prefix);
      return last[0].status() == 200;
    });
    return last[0];
  }

  private interface Attempt {
    RawHttp.Answer number(int attempt) throws Exception;
  }

  /** Publishes anew until it is not accepted: on a slow machine a bucket fills between two requests. */
  private static RawHttp.Answer notAccepted(Attempt attempts) throws Exception {
    RawHttp.Answer answer = attempts.number(0);
    for (int i = 1; answer.status() == 200 && i < 100; i++) {
      answer = attempts.number(i);
    }
    return answer;
  }

  @Test
  void throttledRequestIsAProblemWithTheTimeToWait() throws Exception {
    accepted("slow", 1, "first-");
    RawHttp.Answer refused = notAccepted(attempt -> publish("slow", 2, "second-" + attempt + '-'));

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("content-type")).isEqualTo(PROBLEM);
    assertThat(refused.code()).isEqualTo("rate_limited");
    assertThat(refused.json().getBoolean("retry")).isTrue();
    assertThat(refused.json().getString("detail")).contains("limits.events_per_second: 2 events");
    assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 2);
    assertThat(refused.header("ratelimit-policy")).isEqualTo("\"org\";q=2");
    assertThat(refused.header("ratelimit")).matches("\"org\";r=[01];t=[12]");
  }

  @Test
  void afterTheTimeToldTheRepeatIsAcceptedOnce() throws Exception {
    accepted("a.dot", 1, "once-");
    Patience.until("accepted", 60, () -> publish("a.dot", 1, "again-").status() == 200);

    JsonObject fate = accepted("a.dot", 1, "again-").json().getJsonArray("results").getJsonObject(0);
    assertThat(fate.getString("status")).isEqualTo("duplicate");
    assertThat(fate.getInteger("offset")).isEqualTo(2);
  }

  @Test
  void requestThatNeverFitsIsRejectedForGood() throws Exception {
    RawHttp.Answer refused = publish("two", 3, "never-");

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.header("retry-after")).isEmpty();
    JsonObject body = refused.json();
    assertThat(body.getInteger("rejected")).isEqualTo(3);
    JsonObject error = body.getJsonArray("results").getJsonObject(0).getJsonObject("error");
    assertThat(error.getString("code")).isEqualTo("too_many_events");
    assertThat(error.getString("message")).contains("no more than 2 ever pass at once");
  }

  @Test
  void acceptedRequestTellsWhatIsLeft() throws Exception {
    RawHttp.Answer accepted = accepted("flood", 10, "left-");

    assertThat(accepted.header("ratelimit-policy")).isEqualTo("\"org\";q=400");
    assertThat(accepted.header("ratelimit")).matches("\"org\";r=\\d+");
    assertThat(accepted.header("retry-after")).isEmpty();
  }

  @Test
  void orgWithoutLimitsHearsNothingOfThem() throws Exception {
    RawHttp.Answer accepted = publish("free", 500, "f");

    assertThat(accepted.status()).isEqualTo(200);
    assertThat(accepted.header("ratelimit")).isEmpty();
    assertThat(accepted.header("ratelimit-policy")).isEmpty();
  }

  @Test
  void bytesAreLimitedToo() throws Exception {
    String event = DesktopServer.event("wide", "w", 60_000);
    Patience.until("accepted", 60, () -> server.post("/api/events", event).status() == 200);

    RawHttp.Answer refused =
        notAccepted(attempt -> server.post("/api/events", DesktopServer.event("wide", "v" + attempt, 60_000)));
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.json().getString("detail")).contains("limits.bytes_per_second");
    assertThat(refused.header("ratelimit")).isEmpty();
    assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 2);
  }

  @Test
  void orgThatStoresAllItMayIsToldToComeBackAfterTheNextTrim() throws Exception {
    assertThat(server.post("/api/events", DesktopServer.event("stored", "s1", 200)).status()).isEqualTo(200);
    RawHttp.Answer refused = server.post("/api/events", DesktopServer.event("stored", "s2", 1));

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("retry-after")).isEqualTo("60");
    JsonObject fate = refused.json().getJsonArray("results").getJsonObject(0);
    assertThat(fate.getString("status")).isEqualTo("unknown");
    assertThat(fate.getJsonObject("error").getString("code")).isEqualTo("quota_exceeded");
    assertThat(server.post("/api/events", DesktopServer.event("stored", "s1", 200)).json().getInteger("duplicates"))
        .isEqualTo(1);
  }

  @Test
  void requestOfSeveralOrgsTellsTheFateOfEveryEvent() throws Exception {
    accepted("two", 2, "drained-");
    RawHttp.Answer answer = notAccepted(attempt -> {
      JsonArray batch = new JsonArray()
          .add(new JsonObject(DesktopServer.event("free", "mixed-" + attempt, 1)))
          .add(new JsonObject(DesktopServer.event("two", "mixed-1-" + attempt, 1)))
          .add(new JsonObject(DesktopServer.event("two", "mixed-2-" + attempt, 1)));
      return server.post("/api/events", batch.encode());
    });

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("retry-after")).isEqualTo("1");
    assertThat(answer.json().getInteger("accepted")).isEqualTo(1);
    JsonObject refused = answer.json().getJsonArray("results").getJsonObject(1);
    assertThat(refused.getString("status")).isEqualTo("unknown");
    assertThat(refused.getJsonObject("error").getString("code")).isEqualTo("rate_limited");
  }

  @Test
  void repeatsDoNotUseUpTheQuota() throws Exception {
    accepted("two", 2, "repeated-");
    // the bucket never holds more than 2: were repeats counted, each of these would have to wait a second
    for (int i = 0; i < 3; i++) {
      assertThat(accepted("two", 2, "repeated-").json().getInteger("duplicates")).isEqualTo(2);
    }
    assertThat(publish("two", 2, "repeated-").status()).isEqualTo(200);
  }

  @Test
  void socketIsToldTheTimeToWaitWithTheNumberOfItsRequest() throws Exception {
    accepted("slow", 1, "socket-");
    try (RawWebSocket client = server.richClient("?subscribe=none")) {
      JsonObject refused = null;
      for (int i = 0; refused == null || refused.getString("op").equals("ok"); i++) {
        refused = client.ask(request("slow", "socket-publish-" + i, i));
      }
      assertThat(refused.getString("op")).isEqualTo("error");
      assertThat(refused.getValue("rid")).isNotNull();
      assertThat(refused.getString("code")).isEqualTo("rate_limited");
      assertThat(refused.getLong("retryAfterMs")).isBetween(1L, 1_000L);
    }
  }

  @Test
  void sessionThatIsOverItsRateStopsNoOther() throws Exception {
    Patience.until("accepted", 60, () -> server.post("/api/events", inSession("s", 0)).status() == 200);
    int i = 1;
    while (server.post("/api/events", inSession("s", i)).status() == 200) {
      i++;
    }
    assertThat(i).isLessThan(20);
    for (int other = 0; other < 10; other++) {
      assertThat(server.post("/api/events", inSession("other-" + other, 0)).status()).isEqualTo(200);
    }
  }

  @Test
  void connectionThatIsOverItsRateIsRefusedAtOnceAndOthersAreNot() throws Exception {
    try (RawWebSocket client = server.richClient("?subscribe=none");
        RawWebSocket other = server.richClient("?subscribe=none")) {
      int sent = 300;
      for (int i = 0; i < sent; i++) {
        client.text(request("fast", "fast-" + i, i).encode());
      }
      List<JsonObject> refused = new ArrayList<>();
      for (int i = 0; i < sent; i++) {
        JsonObject answer = client.json();
        if (!answer.getString("op").equals("ok")) {
          refused.add(answer);
        }
      }
      assertThat(refused).isNotEmpty().allSatisfy(answer -> {
        assertThat(answer.getString("code")).isEqualTo("rate_limited");
        assertThat(answer.getString("message")).contains("limits.connection_events_per_second");
        assertThat(answer.getLong("retryAfterMs")).isBetween(1L, 20L);
      });
      assertThat(other.ask(request("fast", "other", 1)).getString("op")).isEqualTo("ok");
    }
  }

  @Test
  void floodOfOneOrgDoesNotRefuseAnother() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<int[]> flood = threads.submit(() -> {
        int[] statuses = new int[600];
        try (RawHttp http = server.http()) {
          for (int i = 0; i < 300; i++) {
            JsonArray batch = new JsonArray();
            for (int k = 0; k < 100; k++) {
              batch.add(new JsonObject(DesktopServer.event("flood", "flood-" + i + '-' + k, 1)));
            }
            statuses[http.ask("POST", "/api/events", batch.encode(), "Content-Type: application/json").status()]++;
          }
        }
        return statuses;
      });
      int accepted = 0;
      for (int i = 0; i < 100; i++) {
        accepted += publish("calm", 1, "calm-" + i).json().getInteger("accepted");
      }
      assertThat(accepted).isEqualTo(100);
      int[] statuses = flood.get();
      assertThat(statuses[429]).isGreaterThan(100);
      assertThat(statuses[200] + statuses[429]).isEqualTo(300);
    } finally {
      threads.shutdownNow();
    }
  }

  private static JsonObject request(String org, String id, int rid) {
    return new JsonObject()
        .put("op", "publish")
        .put("rid", rid)
        .put("event", new JsonObject(DesktopServer.event(org, id, 1)));
  }

  private static String inSession(String session, int i) {
    return new JsonObject()
        .put("id", session + '-' + i).put("orgId", "session").put("type", "t")
        .put("agentId", "a").put("sessionId", session).encode();
  }
}
