package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.cortex.config.ServiceTokenEntry;
import dev.cortex.testing.CloudNode;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.UserToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets through which door of a cloud node, and what is said to those who do not. */
@Timeout(300)
class CloudDoorTest {

  private static final String SERVICE_SECRET = "the-secret-of-a-service-that-serves-acme";
  private static final String EVERYWHERE_SECRET = "the-secret-of-a-service-for-every-org";
  private static final String READER_SECRET = "the-secret-of-a-service-that-only-reads";
  private static final String JSON = "Content-Type: application/json";

  @TempDir static Path folder;
  static CloudNode node;
  static String foreignCursor;

  @BeforeAll
  static void start() throws Exception {
    String services = String.join(
        ",",
        entry("backend", "acme", "publish|subscribe", SERVICE_SECRET),
        entry("everywhere", "*", "publish|subscribe", EVERYWHERE_SECRET),
        entry("reader", "acme", "subscribe", READER_SECRET));
    node = CloudNode.start(
        folder, "auth.service_tokens=" + services, "server.allowed_origins=https://app.example");
    node.publish(UserToken.of("acme").text(), event("acme", "first"));
    node.publish(UserToken.of("globex").text(), event("globex", "foreign"));
    foreignCursor = get("/api/events/since?cursor=0", UserToken.of("globex").text()).header("Cortex-Cursor");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static String entry(String name, String orgs, String scopes, String secret) {
    return "name=" + name + ";orgs=" + orgs + ";scopes=" + scopes + ";expires=2999-01-01T00:00:00Z;sha256="
        + ServiceTokenEntry.hash(secret);
  }

  private static String event(String orgId, String id) {
    return new JsonObject().put("id", id).put("orgId", orgId).put("type", "test.happened").encode();
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token;
  }

  private static RawHttp.Answer get(String target, String token) throws IOException {
    return node.ask("GET", target, "", bearer(token));
  }

  private static RawHttp.Answer post(String target, String token, String body) throws IOException {
    return node.ask("POST", target, body, JSON, bearer(token));
  }

  /** The status with which an upgrade is answered. */
  private static int upgrade(String query, String... headers) throws IOException {
    try {
      RawWebSocket.open(node.port(), "/api/ws" + query, headers).close();
      return 101;
    } catch (IOException refused) {
      return Integer.parseInt(refused.getMessage().replaceAll("(?s).*HTTP/1.1 (\\d+).*", "$1"));
    }
  }

  private static int streamed(String query, String... headers) throws IOException {
    try (RawHttp http = RawHttp.connect(node.port())) {
      http.send(http.request("GET", "/api/stream" + query, "", headers));
      return http.head().status();
    }
  }

  /** Asks every door that reads for a channel, and answers with their statuses. */
  private static List<Integer> reading(String channel, String... headers) throws IOException {
    String org = channel.contains(":") ? "&channel=" + channel : "&orgId=" + channel;
    return List.of(
        upgrade("?channel=" + channel, headers),
        streamed("?channel=" + channel, headers),
        node.ask("GET", "/api/events/since?cursor=0" + org, "", headers).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"org", "orgId", "tenantId"})
  void orgOfTheQueryMustAgreeWithTheTokenOnEveryRoute(String name) throws Exception {
    String token = UserToken.of("acme").text();
    for (String org : List.of("globex", "absent")) {
      String query = "?channel=acme&" + name + "=" + org;
      assertThat(upgrade(query, bearer(token))).isEqualTo(403);
      assertThat(streamed(query, bearer(token))).isEqualTo(403);
      assertThat(get("/api/events/since" + query + "&cursor=0", token).status()).isEqualTo(403);
      assertThat(post("/api/events" + query, token, event("acme", "crossed")).status()).isEqualTo(403);
      assertThat(post("/broadcast" + query, SERVICE_SECRET, event("acme", "crossed")).status()).isEqualTo(403);
    }
    String own = "?channel=acme&" + name + "=acme";
    assertThat(upgrade(own, bearer(token))).isEqualTo(101);
    assertThat(streamed("?" + name + "=acme", bearer(token))).isEqualTo(200);
    assertThat(post("/api/events" + own, token, event("acme", "agreed")).status()).isEqualTo(200);
    assertThat(post("/broadcast" + own, EVERYWHERE_SECRET, event("acme", "agreed")).status()).isEqualTo(200);
  }

  static Stream<String> badTokens() {
    return Stream.of(
        "x",
        "a.b.c",
        UserToken.of("acme").signed("a-secret-that-nobody-configured-here"),
        UserToken.of("acme").expiresAt(System.currentTimeMillis() - 1_000).text(),
        SERVICE_SECRET + "x",
        UserToken.of("acme").text().replaceFirst("[^.]+", "eyJhbGciOiJub25lIn0"));
  }

  @ParameterizedTest
  @MethodSource("badTokens")
  void badTokenOpensNoDoor(String token) throws Exception {
    assertThat(reading("acme", bearer(token))).containsOnly(401);
    assertThat(post("/api/events", token, event("acme", "bad")).status()).isEqualTo(401);
    assertThat(post("/broadcast", token, event("acme", "bad")).status()).isEqualTo(401);
    assertThat(upgrade("?token=" + token)).isEqualTo(401);
    assertThat(streamed("?channel=acme&token=" + token)).isEqualTo(401);
  }

  @Test
  void noTokenOpensNoDoor() throws Exception {
    assertThat(reading("acme", "X-Nothing: 1")).containsOnly(401);
    assertThat(node.ask("POST", "/api/events", event("acme", "none"), JSON).status()).isEqualTo(401);
    assertThat(node.ask("POST", "/broadcast", event("acme", "none"), JSON).status()).isEqualTo(401);
    assertThat(upgrade("?token=")).isEqualTo(401);
    assertThat(upgrade("?token=%zz")).isEqualTo(401);
  }

  @Test
  void tokenOfTheOrgOpensEveryDoor() throws Exception {
    String token = UserToken.of("acme").text();
    assertThat(reading("acme", bearer(token))).containsExactly(101, 200, 200);
    assertThat(reading("acme:planner:s-1", bearer(token))).containsExactly(101, 200, 204);
    assertThat(upgrade("?token=" + token)).isEqualTo(101);
    assertThat(streamed("?token=" + token)).isEqualTo(200);
    assertThat(post("/api/events", token, event("acme", "right")).status()).isEqualTo(200);
  }

  @Test
  void foreignAndAbsentOrgsAreAnsweredAlike() throws Exception {
    String token = UserToken.of("acme").text();
    assertThat(reading("globex", bearer(token))).containsOnly(403);
    assertThat(reading("absent", bearer(token))).containsOnly(403);
    for (String target : List.of("/api/stream?channel=", "/api/events/since?cursor=0&orgId=", "/api/stream?org=")) {
      RawHttp.Answer foreign = get(target + "globex", token);
      RawHttp.Answer absent = get(target + "absent", token);
      assertThat(foreign.code()).isEqualTo("forbidden");
      assertThat(foreign.text()).isEqualTo(absent.text());
    }
    RawHttp.Answer foreign = post("/api/events", token, event("globex", "same-id"));
    RawHttp.Answer absent = post("/api/events", token, event("absent", "same-id"));
    assertThat(foreign.status()).isEqualTo(422);
    assertThat(foreign.text()).contains("forbidden").isEqualTo(absent.text());
  }

  @Test
  void scopesDecideWhatATokenMayDo() throws Exception {
    String publisher = UserToken.of("acme").scope("publish").text();
    String reader = UserToken.of("acme").scope("subscribe").text();
    assertThat(reading("acme", bearer(publisher))).containsOnly(403);
    assertThat(get("/api/stream?channel=acme", publisher).text())
        .contains("this caller may not read acme: its scope lacks subscribe");
    assertThat(upgrade("", bearer(publisher))).isEqualTo(403);
    assertThat(upgrade("?subscribe=none", bearer(publisher))).isEqualTo(101);
    assertThat(post("/api/events", publisher, event("acme", "scoped")).status()).isEqualTo(200);
    RawHttp.Answer refused = post("/api/events", reader, event("acme", "refused"));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.code()).isEqualTo("forbidden");
    assertThat(reading("acme", bearer(UserToken.of("acme").scope("").text()))).containsOnly(403);
  }

  @Test
  void channelPatternsNarrowWhatATokenMayRead() throws Exception {
    String token = UserToken.of("acme").channels("acme:narrow", "acme:*:shared").text();
    assertThat(reading("acme:narrow", bearer(token))).containsExactly(101, 200, 204);
    assertThat(reading("acme:narrow:s-1", bearer(token))).containsExactly(101, 200, 204);
    assertThat(reading("acme:other:shared", bearer(token))).containsExactly(101, 200, 204);
    assertThat(reading("acme:other", bearer(token))).containsOnly(403);
    assertThat(reading("acme", bearer(token))).containsOnly(403);
  }

  @Test
  void whoNamesNoChannelGetsItsOrgOrIsToldToNameOne() throws Exception {
    String whole = UserToken.of("acme").text();
    String part = UserToken.of("acme").channels("acme:planner").text();
    assertThat(upgrade("", bearer(whole))).isEqualTo(101);
    assertThat(streamed("", bearer(whole))).isEqualTo(200);
    assertThat(get("/api/events/since?cursor=0", whole).status()).isEqualTo(200);
    for (String target : List.of("/api/stream", "/api/events/since?cursor=0")) {
      RawHttp.Answer refused = get(target, part);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text()).contains("name a channel");
      assertThat(get(target, EVERYWHERE_SECRET).status()).isEqualTo(403);
      assertThat(get(target, EVERYWHERE_SECRET).text()).contains("name a channel");
    }
    assertThat(upgrade("", bearer(part))).isEqualTo(403);
    assertThat(upgrade("", bearer(EVERYWHERE_SECRET))).isEqualTo(403);
    assertThat(reading("globex", bearer(EVERYWHERE_SECRET))).containsExactly(101, 200, 200);
  }

  @Test
  void cursorOfAnotherOrgIsAnsweredLikeOneThatNeverWas() throws Exception {
    String token = UserToken.of("acme").text();
    assertThat(foreignCursor).matches("[a-z0-9]{13}\\.1");
    String foreign = "/api/events/since?cursor=" + foreignCursor;
    String absent = "/api/events/since?cursor=zzzzzzzzzzzzz.1";
    String before = "/api/events/since?cursor=" + foreignCursor.replaceFirst("1$", "0");
    assertThat(get(before, token).text()).isEqualTo(get("/api/events/since?cursor=zzzzzzzzzzzzz.0", token).text());
    for (String org : List.of("", "&orgId=acme")) {
      assertThat(get(foreign + org, token).status()).isEqualTo(410);
      assertThat(get(foreign + org, token).text()).isEqualTo(get(absent + org, token).text());
    }
    assertThat(get(foreign + "&orgId=globex", token).status()).isEqualTo(403);
    try (RawWebSocket a = node.webSocket(token, "?since=" + foreignCursor);
        RawWebSocket b = node.webSocket(token, "?since=zzzzzzzzzzzzz.1")) {
      assertThat(a.frame().text()).isEqualTo(b.frame().text());
    }
    try (RawWebSocket client = node.richClient(token)) {
      client.op("welcome");
      JsonObject ask = new JsonObject().put("op", "subscribe").put("channel", "acme");
      JsonObject known = client.ask(ask.copy().put("rid", 1).put("since", foreignCursor));
      client.op("resync");
      JsonObject unknown = client.ask(ask.copy().put("rid", 1).put("since", "zzzzzzzzzzzzz.1"));
      assertThat(known).isEqualTo(unknown);
    }
  }

  @Test
  void framesAreHeldAgainstTheTokenAsQueriesAre() throws Exception {
    try (RawWebSocket client = node.richClient(UserToken.of("acme").channels("acme:planner").text())) {
      client.op("welcome");
      for (String op : List.of("subscribe", "presence")) {
        JsonObject ask = new JsonObject().put("op", op).put("rid", op);
        JsonObject foreign = client.ask(ask.copy().put("channel", "globex"));
        JsonObject absent = client.ask(ask.copy().put("channel", "absent"));
        assertThat(foreign.getString("code")).isEqualTo("forbidden");
        assertThat(foreign).isEqualTo(absent);
        assertThat(client.ask(ask.copy().put("channel", "acme")).getString("code")).isEqualTo("forbidden");
        assertThat(client.ask(ask.copy().put("channel", "acme:planner")).getString("op")).isNotEqualTo("error");
      }
      JsonObject publish = new JsonObject().put("op", "publish").put("rid", 1);
      JsonObject other = new JsonObject().put("type", "t").put("agentId", "other").put("sessionId", "s");
      JsonObject own = new JsonObject().put("type", "t").put("agentId", "planner").put("sessionId", "s");
      assertThat(client.ask(publish.copy().put("event", other)).getString("code")).isEqualTo("forbidden");
      assertThat(client.ask(publish.copy().put("event", own)).getString("status")).isEqualTo("accepted");
    }
  }

  @Test
  void userPublishesInItsOwnNameOnly() throws Exception {
    String token = UserToken.of("acme").user("user-7").text();
    RawHttp.Answer other =
        post("/api/events", token, "{\"type\":\"t\",\"userId\":\"user-8\",\"id\":\"in-another-name\"}");
    assertThat(other.text()).contains("forbidden");
    assertThat(post("/api/events", token, "{\"type\":\"t\",\"id\":\"in-my-name\"}").status()).isEqualTo(200);
    assertThat(get("/api/events/since?cursor=0", token).text()).contains("user-7").doesNotContain("user-8");
  }

  @Test
  void broadcastTakesServicesWithTheScopeByHeaderOnly() throws Exception {
    String event = "{\"orgId\":\"acme\",\"userId\":\"user-9\",\"type\":\"t\",\"id\":\"broadcast\"}";
    assertThat(post("/broadcast", SERVICE_SECRET, event).status()).isEqualTo(200);
    assertThat(post("/broadcast", EVERYWHERE_SECRET, event("globex", "everywhere")).status()).isEqualTo(200);
    assertThat(post("/broadcast", READER_SECRET, event).status()).isEqualTo(403);
    assertThat(post("/broadcast", UserToken.of("acme").text(), event).status()).isEqualTo(401);
    assertThat(node.ask("POST", "/broadcast?token=" + SERVICE_SECRET, event, JSON).status()).isEqualTo(401);
    assertThat(post("/broadcast", SERVICE_SECRET, event("globex", "foreign-service")).text()).contains("forbidden");
    assertThat(node.ask("GET", "/broadcast", "", bearer(SERVICE_SECRET)).status()).isEqualTo(405);
    assertThat(upgrade("?channel=acme&token=" + SERVICE_SECRET)).isEqualTo(401);
  }

  @Test
  void pagesOfOtherOriginsAreRefusedEvenWithAToken() throws Exception {
    String token = bearer(UserToken.of("acme").text());
    assertThat(reading("acme", token, "Origin: https://evil.example")).containsOnly(403);
    assertThat(reading("acme", token, "Origin: null")).containsOnly(403);
    assertThat(reading("acme", token, "Origin: https://app.example")).containsExactly(101, 200, 200);
    RawHttp.Answer preflight = node.ask(
        "OPTIONS", "/api/events", "", "Origin: https://app.example", "Access-Control-Request-Method: POST");
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.header("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
  }

  @Test
  void publicPortShowsNothingOfTheNode() throws Exception {
    String token = bearer(UserToken.of("acme").scope("publish subscribe consume admin").text());
    for (String target : List.of("/metrics", "/console", "/api/cluster", "/ingest", "/ws", "/")) {
      assertThat(node.ask("GET", target, "").status()).as(target).isEqualTo(404);
      assertThat(node.ask("GET", target, "", token).status()).as(target).isEqualTo(404);
    }
    assertThat(node.ask("POST", "/ingest", event("acme", "i"), JSON, token).status()).isEqualTo(404);
    assertThat(node.ask("GET", "/health", "").json().fieldNames()).containsExactly("status");
    assertThat(node.ask("GET", "/livez", "").status()).isEqualTo(200);
    assertThat(node.ask("GET", "/readyz", "").status()).isEqualTo(200);
    assertThat(node.ask("GET", "/client/cortex.js", "").status()).isEqualTo(200);
  }

  @Test
  void internalPortShowsTheNodeAndAsksForTokensAllTheSame() throws Exception {
    assertThat(node.askInside("/metrics").text()).contains("cortex_connections");
    assertThat(node.askInside("/console").status()).isEqualTo(200);
    JsonObject health = node.askInside("/health").json();
    assertThat(health.getString("node")).isEqualTo("n1");
    assertThat(health.getString("state")).isEqualTo("ready");
    assertThat(health.getInteger("shardsOwned")).isEqualTo(256);
    assertThat(health.getInteger("members")).isEqualTo(1);
    assertThat(health.getJsonObject("store").getString("status")).isEqualTo("UP");
    JsonObject cluster = node.askInside("/api/cluster").json();
    assertThat(cluster.getString("node")).isEqualTo("n1");
    assertThat(cluster.getJsonArray("nodes").getJsonObject(0).getInteger("shards")).isEqualTo(256);
    assertThat(cluster.getJsonArray("shards").getJsonObject(255).getString("owner")).isEqualTo("n1");
    assertThat(node.askInside("/api/events/since?cursor=0").status()).isEqualTo(401);
    assertThat(node.askInside("/api/events/since?cursor=0", bearer(UserToken.of("acme").text())).status())
        .isEqualTo(200);
    assertThat(node.askInside("/metrics", "Host: rebound.example").status()).isEqualTo(403);
    assertThat(node.askInside("/metrics", "Origin: http://evil.example").status()).isEqualTo(403);
    assertThat(node.askInside("/broadcast").status()).isEqualTo(404);
    assertThatIOException().isThrownBy(() -> RawWebSocket.open(node.internalPort(), "/api/ws"))
        .withMessageContaining(" 401 ");
    String origin = "Origin: http://127.0.0.1:" + node.internalPort();
    RawWebSocket.open(node.internalPort(), "/api/ws?token=" + UserToken.of("acme").text(), origin).close();
  }
}
