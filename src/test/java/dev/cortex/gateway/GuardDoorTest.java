package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawHttp.Answer;
import dev.cortex.testing.RawWebSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever strangers and broken clients say, the answer is a refusal, and the server is there for the next one. */
@Timeout(300)
class GuardDoorTest {

  private static final String RENDERER = "http://localhost:3691";

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

  @AfterEach
  void serverIsUnharmed() throws Exception {
    assertThat(server.get("/health").json().getString("status")).isEqualTo("UP");
  }

  private static Answer ask(String method, String target, String... headers) throws IOException {
    try (RawHttp http = server.http()) {
      return http.ask(method, target, "", headers);
    }
  }

  private static Answer raw(String request) throws IOException {
    try (RawHttp http = server.http()) {
      http.send(request.getBytes(StandardCharsets.ISO_8859_1));
      return http.answer();
    }
  }

  private static void refused(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isBetween(400, 499);
    assertThat(answer.text()).doesNotContain("Exception").doesNotContain("\tat ").doesNotContain("io.vertx");
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "evil.example", "evil.example:3693", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "0.0.0.0",
    "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "[::]", "[::1", "::1", "localhost.", "user@localhost",
    "localhost:", "localhost:0", "localhost:99999", "localhost:80:80", "localhost:+80", "localhost, evil.example",
    "localhost/evil", "LOCALHOST evil", "ﬁlocalhost", "127.0.0.1:3693@evil.example", "%6cocalhost"})
  void foreignHostIsForbidden(String host) throws Exception {
    for (String target : new String[] {"/health", "/console", "/ws", "/api/events/since?cursor=0&orgId=o",
        "/nothing"}) {
      Answer answer = ask("GET", target, "Host: " + host);
      refused(answer);
      assertThat(answer.status()).isIn(403, 400);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LOCALHOST", "LocalHost:1", "127.0.0.1", "127.0.0.1:65535", "[::1]",
      "[::1]:3693"})
  void loopbackHostIsHeard(String host) throws Exception {
    assertThat(ask("GET", "/health", "Host: " + host).status()).isEqualTo(200);
  }

  @Test
  void requestWithoutExactlyOneHostIsForbidden() throws Exception {
    refused(raw("GET /health HTTP/1.1\r\n\r\n"));
    refused(raw("GET /health HTTP/1.0\r\n\r\n"));
    refused(raw("GET /health HTTP/1.1\r\nHost:\r\n\r\n"));
    refused(raw("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"));
    assertThat(raw("GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "http://evil.example/health,403", "http://localhost@evil.example/health,403", "https://evil.example:3693/,403",
    "ftp://localhost/health,403", "http:///health,403", "//evil.example/health,404"})
  void absoluteTargetIsHeldToTheSameNames(String target, int status) throws Exception {
    Answer answer = ask("GET", target);
    refused(answer);
    assertThat(answer.status()).isIn(status, 400);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "null", "http://evil.example", "http://localhost:9999", "https://localhost:3691",
    "http://localhost:3691.evil.example",
    "http://localhost:3691/", "http://localhost:3691, http://evil.example", "HTTP://LOCALHOST:3691", "file://", "x", "",
    "http://127.0.0.1", "chrome-extension://abc", "http://user@localhost:3691", "http://[::1]:9"})
  void foreignOriginIsForbiddenForEveryMethodAndBeforeTheUpgrade(String origin) throws Exception {
    for (String method : new String[] {"GET", "POST", "OPTIONS", "DELETE"}) {
      Answer answer = ask(method, "/api/events", "Origin: " + origin, "Access-Control-Request-Method: POST");
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("access-control-allow-origin")).isEmpty();
    }
    Assertions.assertThatIOException()
        .isThrownBy(() -> server.webSocket("", "Origin: " + origin))
        .withMessageContaining(" 403 ");
  }

  @Test
  void ownPagesAndTheRendererAreHeardAndMayReadTheAnswer() throws Exception {
    for (String origin : new String[] {RENDERER, "http://127.0.0.1:3691", "http://localhost:" + server.port()}) {
      Answer answer = ask("GET", "/health", "Origin: " + origin, "Sec-Fetch-Site: cross-site");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("access-control-allow-origin")).isEqualTo(origin);
      assertThat(answer.header("vary")).containsIgnoringCase("origin");
      server.webSocket("", "Origin: " + origin).close();
    }
    refused(ask("GET", "/health", "Origin: " + RENDERER, "Origin: " + RENDERER));
  }

  @Test
  void refusalOfAnAllowedPageMayBeReadByIt() throws Exception {
    Answer answer = ask("GET", "/nothing", "Origin: " + RENDERER);
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.header("access-control-allow-origin")).isEqualTo(RENDERER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross-site", "same-site", "CROSS-SITE", "none, none", "", "x"})
  void requestOfAnotherSiteWithoutOriginIsForbidden(String site) throws Exception {
    assertThat(ask("GET", "/api/events/since?cursor=0&orgId=o", "Sec-Fetch-Site: " + site).status()).isEqualTo(403);
    assertThat(ask("GET", "/health", "Sec-Fetch-Site: same-origin").status()).isEqualTo(200);
    assertThat(ask("GET", "/health", "Sec-Fetch-Site: none").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "X-Forwarded-For: 1.2.3.4", "x-forwarded-host: localhost", "Forwarded: for=1.2.3.4", "X-Real-IP: 127.0.0.1",
    "Via: 1.1 proxy", "CF-Connecting-IP: 1.2.3.4", "X-Forwarded-Anything:"})
  void forwardedRequestIsNotLocal(String header) throws Exception {
    Answer answer = ask("GET", "/health", header);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.code()).isEqualTo("not_local");
  }

  @Test
  void preflightIsAnsweredForAllowedPagesOnly() throws Exception {
    Answer allowed = ask("OPTIONS", "/api/events", "Origin: " + RENDERER, "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-event-trace-id");
    assertThat(allowed.status()).isEqualTo(204);
    assertThat(allowed.header("access-control-allow-origin")).isEqualTo(RENDERER);
    assertThat(allowed.header("access-control-allow-methods")).contains("POST");
    assertThat(allowed.header("access-control-allow-headers")).contains("content-type");
    assertThat(allowed.header("access-control-allow-credentials")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "FOO", "get"})
  void methodThatIsNotServedIsRefused(String method) throws Exception {
    for (String target : new String[] {"/health", "/api/events", "/ws", "/", "/console", "/client/cortex.js"}) {
      refused(ask(method, target));
    }
  }

  @Test
  void oddTargetsAreRefused() throws Exception {
    refused(raw("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET * HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("CONNECT / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET ?x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET #x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assertThat(ask("HEAD", "/health").status()).isLessThan(500);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "GET\r\n\r\n", "GET /health\r\n\r\n", "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "GET /health JUNK/1.1\r\nHost: localhost\r\n\r\n",
    "G\u0000T /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n",
    "GET /hea\u0000lth HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\r\nX Y: v\r\n\r\n",
    "GET /health HTTP/1.1\r\nHo\u0000st: localhost\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /h\u00ff\u00fe HTTP/1.1\r\nHost: localhost\r\n\r\n"})
  void malformedRequestIsRefusedOrTheConnectionEnds(String request) throws Exception {
    try (RawHttp http = server.http()) {
      http.send(request.getBytes(StandardCharsets.ISO_8859_1));
      http.endOutput();
      try {
        Answer answer = http.answer();
        assertThat(answer.status()).isBetween(400, 505);
        assertThat(answer.status()).isNotIn(500, 502, 503);
        assertThat(answer.text()).doesNotContain("Exception").doesNotContain("\tat ");
      } catch (IOException ended) {
        assertThat(ended).as("no answer, so the connection has to end").hasMessageContaining("ended");
      }
    }
  }

  @Test
  void giantHeadIsRefused() throws Exception {
    refused(raw("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    refused(raw("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(20_000) + "\r\n\r\n"));
    refused(raw("GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n".repeat(5_000) + "\r\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "/client/../../etc/passwd", "/client/..%2f..%2fetc/passwd", "/client/%2e%2e/%2e%2e/conf/local.yaml",
    "/client//cortex.js",
    "/client/..;/conf", "/client/....//x.js", "/client/cortex.js%00.html", "/client/%zz", "/client/%", "/client/%c0%ae",
    "/client/cortex.js/", "/client/", "/client", "/client/.hidden.js", "/client/CORTEX.JS", "/client/\\..\\x.js",
    "/client/sub/x.js", "/console/../../x.html", "/console/%2e%2e%2fapplication.html", "/console/..\\..\\x.html",
    "/console/index.html/..", "/console%2f..", "/%63onsole/../x", "/client/cortex.class", "/console/a.b.c.d.js"})
  void nothingOutsideTheServedFilesIsReached(String target) throws Exception {
    Answer answer = ask("GET", target);
    assertThat(answer.status()).as(answer.text()).isIn(400, 404);
    assertThat(answer.text()).doesNotContain("Exception").doesNotContain("root:");
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "?cursor=%", "?cursor=%zz", "?cursor=%c3%28", "?orgId=%00", "?orgId=o&cursor=%ff", "?%=%", "?=", "?&&&", "?orgId",
    "?orgId=o&limit=%31%", "?orgId=a%20b", "?orgId=o&orgId=p", "?orgId=o&cursor=1&cursor=2", "?a=%u0041"})
  void garbageInTheQueryIsRefused(String query) throws Exception {
    refused(ask("GET", "/api/events/since" + query));
    Answer stream = ask("GET", "/api/stream" + query);
    refused(stream);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "?channel=%", "?since=%zz", "?org=%c3%28", "?org=%00", "?channel=a:b:c:d", "?channel=", "?org=a:b",
    "?subscribe=all",
    "?subscribe=none&subscribe=none", "?since=x", "?since=", "?since=-1", "?since=99999999999999999999"})
  void garbageInTheQueryOfAHandshakeIsRefused(String query) throws Exception {
    Assertions.assertThatIOException()
        .isThrownBy(() -> RawWebSocket.open(server.port(), "/ws" + query))
        .withMessageContaining("HTTP/1.1 4");
  }

  @Test
  void upgradeToHttp2IsNotHonoured() throws Exception {
    Answer answer = ask("GET", "/health", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
    assertThat(answer.status()).isEqualTo(200);
    try (RawHttp http = server.http()) {
      http.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000");
      http.endOutput();
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void everyAnswerCarriesTheHeadersThatProtectPages() throws Exception {
    for (String target : new String[] {"/health", "/nothing", "/client/cortex.js"}) {
      Answer answer = ask("GET", target);
      assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
      assertThat(answer.header("content-security-policy")).contains("frame-ancestors 'none'");
    }
  }
}
