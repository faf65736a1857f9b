package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawHttp.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class PublishDoorTest {

  @TempDir static Path folder;
  static DesktopServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Answer post(String json) throws Exception {
    return server.post("/api/events", json);
  }

  private static JsonObject result(Answer answer, int place) {
    return answer.json().getJsonArray("results").getJsonObject(place);
  }

  private static String array(int events, String org) {
    return IntStream.range(0, events)
        .mapToObj(i -> "{\"orgId\":\"" + org + "\",\"type\":\"t\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/ingest", "/api/events"})
  void oneEventIsAcceptedWithAnIdThatGrowsWithTime(String door) throws Exception {
    Answer answer = server.post(door, "{\"orgId\":\"one\",\"type\":\"t\"}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("content-type")).isEqualTo("application/json");
    assertThat(answer.json().getMap().keySet()).containsExactly("accepted", "duplicates", "rejected", "results");
    assertThat(answer.json().getInteger("accepted")).isEqualTo(1);
    JsonObject result = result(answer, 0);
    assertThat(result.getMap().keySet()).containsExactly("id", "status", "offset");
    assertThat(UUID.fromString(result.getString("id")).version()).isEqualTo(7);
    JsonObject next = server.publish("{\"orgId\":\"one\",\"type\":\"t\"}");
    assertThat(next.getString("id")).isGreaterThan(result.getString("id"));
    assertThat(next.getLong("offset")).isEqualTo(result.getLong("offset") + 1);
  }

  @Test
  void fiveHundredEventsAreTakenAndOneMoreIsTooMany() throws Exception {
    Answer most = post(array(500, "many"));
    assertThat(most.status()).isEqualTo(200);
    assertThat(most.json().getInteger("accepted")).isEqualTo(500);
    JsonArray results = most.json().getJsonArray("results");
    for (int i = 0; i < 500; i++) {
      assertThat(results.getJsonObject(i).getLong("offset")).isEqualTo(i + 1L);
    }
    Answer more = post(array(501, "many"));
    assertThat(more.status()).isEqualTo(413);
    assertThat(more.code()).isEqualTo("too_many_events");
    assertThat(server.publish("{\"orgId\":\"many\",\"type\":\"t\"}").getLong("offset")).isEqualTo(501);
  }

  @Test
  void emptyArrayIsNeitherAcceptedNorRejected() throws Exception {
    Answer none = post("[]");
    assertThat(none.status()).isEqualTo(200);
    assertThat(none.json()).isEqualTo(new JsonObject(
        "{\"accepted\":0,\"duplicates\":0,\"rejected\":0,\"results\":[]}"));
  }

  @Test
  void resultsOfSeveralOrgsComeInTheOrderTheyWereSent() throws Exception {
    JsonArray sent = new JsonArray();
    for (int i = 0; i < 60; i++) {
      sent.add(new JsonObject().put("id", "mixed-" + i).put("orgId", "mix" + i % 7).put("type",
          i % 10 == 3 ? "" : "t"));
    }
    Answer answer = post(sent.encode());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getInteger("rejected")).isEqualTo(6);
    for (int i = 0; i < 60; i++) {
      assertThat(result(answer, i).getString("id")).isEqualTo("mixed-" + i);
      assertThat(result(answer, i).getString("status")).isEqualTo(i % 10 == 3 ? "rejected" : "accepted");
    }
  }

  @Test
  void everythingRejectedIsUnprocessableWithTheSameResults() throws Exception {
    Answer answer = post("[{\"type\":\"t\"},{\"orgId\":\"x\"},{\"orgId\":\"x\",\"type\":\"t\",\"agentId\":\"a\"},7]");
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().getInteger("rejected")).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(result(answer, i).getString("status")).isEqualTo("rejected");
      assertThat(result(answer, i).getJsonObject("error").getString("code")).isEqualTo("invalid_event");
      assertThat(result(answer, i).getJsonObject("error").getString("message")).isNotEmpty();
    }
  }

  @Test
  void repeatedEventIsADuplicateWithTheFirstOffset() throws Exception {
    String event = "{\"id\":\"again\",\"orgId\":\"dup\",\"type\":\"t\",\"payload\":{\"n\":1}}";
    Answer both = post("[" + event + "," + event + "]");
    assertThat(both.json().getInteger("accepted")).isEqualTo(1);
    assertThat(both.json().getInteger("duplicates")).isEqualTo(1);
    assertThat(result(both, 1).getString("status")).isEqualTo("duplicate");
    assertThat(result(both, 1).getLong("offset")).isEqualTo(result(both, 0).getLong("offset"));
    assertThat(server.publish(event).getString("status")).isEqualTo("duplicate");
    String other = event.replace("\"dup\"", "\"dup2\"");
    assertThat(server.publish(other).getString("status")).as("a key belongs to its org").isEqualTo("accepted");
    assertThat(server.publish(event.replace("\"n\":1", " \"n\" : 1 ")).getString("status")).isEqualTo("duplicate");
  }

  @Test
  void keyUsedForAnotherEventIsAConflict() throws Exception {
    server.publish("{\"idempotencyKey\":\"k\",\"orgId\":\"key\",\"type\":\"t\",\"payload\":{\"n\":1}}");
    Answer same = post("{\"idempotencyKey\":\"k\",\"orgId\":\"key\",\"type\":\"t\",\"payload\":{\"n\":1}}");
    assertThat(result(same, 0).getString("status")).isEqualTo("duplicate");
    for (String other : List.of("{\"n\":2}", "{\"n\":1.0}", "{}")) {
      Answer answer = post("{\"idempotencyKey\":\"k\",\"orgId\":\"key\",\"type\":\"t\",\"payload\":" + other + "}");
      assertThat(answer.status()).isEqualTo(422);
      assertThat(result(answer, 0).getJsonObject("error").getString("code")).isEqualTo("idempotency_conflict");
    }
    Answer inOneArray = post(
        "[{\"id\":\"p\",\"orgId\":\"key\",\"type\":\"t\"},{\"id\":\"p\",\"orgId\":\"key\",\"type\":\"u\"}]");
    assertThat(inOneArray.status()).isEqualTo(200);
    assertThat(result(inOneArray, 1).getJsonObject("error").getString("code")).isEqualTo("idempotency_conflict");
  }

  @Test
  void sequenceIsHeldToTheNextNumberWhichAConflictNames() throws Exception {
    assertThat(result(post(session("s", 1, "a")), 0).getLong("sequence")).isEqualTo(1);
    assertThat(result(post(session("s", 0, "b")), 0).getLong("sequence")).isEqualTo(2);
    for (int wrong : List.of(1, 2, 4, 99)) {
      Answer answer = post(session("s", wrong, "other" + wrong));
      assertThat(answer.status()).isEqualTo(422);
      JsonObject error = result(answer, 0).getJsonObject("error");
      assertThat(error.getString("code")).isEqualTo("sequence_conflict");
      assertThat(error.getString("message")).contains("3");
    }
    Answer repeat = post(session("s", 1, "a"));
    assertThat(result(repeat, 0).getString("status")).isEqualTo("duplicate");
    assertThat(result(repeat, 0).getLong("sequence")).isEqualTo(1);
    Answer chain = post("[" + session("s", 3, "c") + "," + session("s", 4, "d") + "," + session("s", 6, "f") + "]");
    assertThat(chain.json().getInteger("accepted")).isEqualTo(2);
    assertThat(result(chain, 2).getJsonObject("error").getString("code")).isEqualTo("sequence_conflict");
  }

  private static String session(String session, int sequence, String id) {
    JsonObject event = new JsonObject().put("id", id).put("orgId", "seq").put("type", "t").put("agentId", "a");
    event.put("sessionId", session);
    return (sequence > 0 ? event.put("sequence", sequence) : event).encode();
  }

  @Test
  void cloudEventsAreTakenInAllThreeModes() throws Exception {
    String one = "{\"specversion\":\"1.0\",\"id\":\"ce-%s\",\"source\":\"/s\",\"type\":\"t\",\"orgid\":\"ce\","
        + "\"data\":{\"n\":1}}";
    Answer structured = server.post("/api/events", "application/cloudevents+json; charset=UTF-8", one.formatted("1"));
    assertThat(structured.status()).as(structured.text()).isEqualTo(200);
    Answer batch = server.post(
        "/ingest", "application/cloudevents-batch+json", "[" + one.formatted("2") + "," + one.formatted("3") + "]");
    assertThat(batch.json().getInteger("accepted")).as(batch.text()).isEqualTo(2);
    try (RawHttp http = server.http()) {
      Answer binary = http.ask("POST", "/api/events", "{\"n\":1}", "Content-Type: application/json",
          "ce-specversion: 1.0", "ce-id: ce-4", "ce-source: /s", "ce-type: t", "ce-orgid: ce");
      assertThat(binary.json().getInteger("accepted")).as(binary.text()).isEqualTo(1);
      Answer incomplete = http.ask("POST", "/api/events", "{\"n\":1}", "Content-Type: application/json",
          "ce-specversion: 1.0", "ce-id: ce-5", "ce-orgid: ce");
      assertThat(incomplete.status()).as(incomplete.text()).isBetween(400, 422);
    }
    Answer read = server.get("/api/events/since?cursor=0&orgId=ce");
    assertThat(read.json().getJsonArray("events").stream().map(e -> ((JsonObject) e).getString("id")))
        .containsExactly("ce-1", "ce-2", "ce-3", "ce-4");
    assertThat(server.post("/api/events", "application/cloudevents-batch+json", one.formatted("6")).status())
        .isEqualTo(422);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
    "application/json; charset=iso-8859-1", "application/json; charset=utf-16", "application/json, text/plain",
    "application/jsonp", "application/json; charset", ";", "\"application/json\""})
  void otherContentTypesAreRefused(String type) throws Exception {
    Answer answer = server.post("/api/events", type, "{\"orgId\":\"o\",\"type\":\"t\"}");
    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
    assertThat(answer.code()).isEqualTo("unsupported_media_type");
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "application/json", "Application/JSON", "application/json;charset=utf-8", "application/json ; charset=\"UTF-8\"",
    "application/json; profile=x; charset=utf-8"})
  void spellingsOfJsonInUtf8AreTaken(String type) throws Exception {
    assertThat(server.post("/api/events", type, "{\"orgId\":\"o\",\"type\":\"t\"}").status()).isEqualTo(200);
  }

  @Test
  void missingOrRepeatedContentTypeIsRefused() throws Exception {
    try (RawHttp http = server.http()) {
      assertThat(http.ask("POST", "/api/events", "{}").status()).isEqualTo(415);
    }
    try (RawHttp http = server.http()) {
      assertThat(http.ask("POST", "/api/events", "{}", "Content-Type: application/json", "Content-Type: text/plain")
          .status()).isEqualTo(415);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", " ", "{", "}", "nul", "{\"orgId\":\"o\",\"type\":\"t\"} x", "{\"orgId\":\"o\",\"type\":\"t\"}{}", "{'a':1}",
    "{\"orgId\":\"o\",\"type\":\"t\",}", "// c\n{}", "[{\"orgId\":\"o\",\"type\":\"t\"}", "\"text\"", "7", "true",
    "{\"orgId\":\"o\",\"type\":\"t\",\"type\":\"t\"}", "{\"orgId\":\"o\",\"type\":\"t\",\"payload\":{\"a\":1,\"a\":1}}",
    "{\"orgId\":\"o\",\"type\":\"t\",\"payload\":{\"a\":\"\\ud800\"}}", "\ufeff{\"orgId\":\"o\",\"type\":\"t\"}"})
  void whatIsNotStrictJsonIsRefused(String body) throws Exception {
    Answer answer = post(body);
    assertThat(answer.status()).as(answer.text()).isIn(400, 422);
    assertThat(answer.text()).doesNotContain("Exception").doesNotContain("dev.cortex");
  }

  @Test
  void invalidUtf8IsRefused() throws Exception {
    byte[] body = DesktopServer.utf8("{\"orgId\":\"o\",\"type\":\"t\",\"payload\":{\"a\":\"??\"}}");
    body[body.length - 5] = (byte) 0xc3;
    body[body.length - 4] = (byte) 0x28;
    try (RawHttp http = server.http()) {
      http.send("POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
          + body.length + "\r\n\r\n");
      http.send(body);
      assertThat(http.answer().status()).isIn(400, 422);
    }
  }

  @Test
  void nestingIsBoundedAtSixtyFour() throws Exception {
    assertThat(post(nested(63)).status()).as("payload at depth 63 within the envelope").isEqualTo(200);
    for (int depth : List.of(66, 1_000, 200_000)) {
      Answer answer = post(nested(depth));
      assertThat(answer.status()).isIn(400, 422);
    }
    assertThat(post("[".repeat(300_000)).status()).isIn(400, 422);
  }

  private static String nested(int depth) {
    return "{\"orgId\":\"deep\",\"type\":\"t\",\"payload\":" + "{\"a\":".repeat(depth) + "1" + "}".repeat(depth) + "}";
  }

  @Test
  void payloadComesBackAsItWasWritten() throws Exception {
    String payload =
        "{ \"z\" : 1.10 ,\n\t\"a\":123456789012345678901234567890,\r\n \"e\":1E+2, \"u\":\"\\u00e9\\u2028é\" }";
    server.publish("{\"orgId\":\"same\",\"type\":\"t\",\"payload\":" + payload + "}");
    String text = server.get("/api/events/since?cursor=0&orgId=same").text();
    assertThat(text).contains("1.10").contains("123456789012345678901234567890").contains("1E+2");
    assertThat(text.indexOf("\"z\"")).isLessThan(text.indexOf("\"a\""));
  }

  @Test
  void traceIsEchoedAndStored() throws Exception {
    try (RawHttp http = server.http()) {
      Answer answer = http.ask("POST", "/api/events", "{\"orgId\":\"trace\",\"type\":\"t\"}",
          "Content-Type: application/json", "X-Event-Trace-Id: trace-1");
      assertThat(answer.header("X-Event-Trace-Id")).isEqualTo("trace-1");
    }
    assertThat(server.get("/api/events/since?cursor=0&orgId=trace").text()).contains("\"traceId\":\"trace-1\"");
  }
}
