package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class LocalGuardTest {

  private static final String RENDERER = "http://localhost:3691";
  private static final String TOKEN = "q7-secret_Token";

  private final LocalGuard guard = new LocalGuard(List.of(RENDERER, "null"), 3693, Optional.empty());
  private final LocalGuard tokenGuard = new LocalGuard(List.of(RENDERER), 3693, Optional.of(TOKEN));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost", "LocalHost:3693", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:65535", "[::1]", "[::1]:3693"
      })
  void loopbackHostIsHeard(String host) {
    assertThat(guard.check(get("/ws", "Host", host))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "localhost.", "localhost.:3693", "localhost:", "localhost:0", "localhost:65536", "localhost:03693",
        "localhost:3693x", "localhost:-1", "localhost:+1", "localhost:３６９３", "localhost ", " localhost",
        "localhost,localhost", "user@localhost", "localhost@evil.example", "localhost.evil.example", "evil.example",
        "evil.example#localhost", "localhost/", "127.0.0.1.", "127.0.0.2", "127.1", "0x7f.1", "0x7f000001",
        "2130706433", "0177.0.0.1", "0.0.0.0", "::1", "[::1", "[::1].", "[::]", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "[::1%25lo]",
        "127.0.0.1:3693:3693", "127.0.0.1.nip.io", "localhoſt", "null", "\u0000"
      })
  void anyOtherHostIsRefused(String host) {
    assertRefused(guard.check(get("/ws", "Host", host)), ErrorCode.BAD_HOST);
  }

  @Test
  void missingOrRepeatedHostIsRefused() {
    assertRefused(guard.check(get("/ws")), ErrorCode.BAD_HOST);
    assertRefused(guard.check(get("/ws", "Host", "localhost", "host", "localhost")), ErrorCode.BAD_HOST);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:3693/ws, true",
    "ws://127.0.0.1/ws?x=1, true",
    "HTTP://[::1]:3693, true",
    "http://evil.example/ws, false",
    "http://localhost@evil.example/, false",
    "http://evil.example?localhost, false",
    "http:///ws, false",
    "http://, false",
    "file://localhost/etc, false",
    "localhost:3693, false",
    "*, false",
    "'', false"
  })
  void absoluteTargetMustNameThisMachineToo(String target, boolean heard) {
    assertThat(guard.check(get(target, "Host", "localhost")).isEmpty()).isEqualTo(heard);
  }

  @ParameterizedTest
  @ValueSource(strings = {RENDERER, "http://localhost:3693", "http://127.0.0.1:3693", "http://[::1]:3693"})
  void allowedOriginIsHeardWhateverTheSite(String origin) {
    assertThat(guard.check(get("/ws", "Host", "localhost", "Origin", origin, "Sec-Fetch-Site", "cross-site")))
        .isEmpty();
    assertThat(guard.corsAllowed(origin)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "null", "*", "http://localhost", "http://localhost:3692", "https://localhost:3691", "HTTP://localhost:3691",
        "http://localhost:3691/", "http://localhost:3691.evil.example", "http://evil.example", "http://127.0.0.1:3691 ",
        "http://localhost:3691, http://evil.example", "file://", "app://cortex", "http://user@localhost:3691"
      })
  void anyOtherOriginIsRefused(String origin) {
    assertRefused(guard.check(get("/ws", "Host", "localhost", "Origin", origin)), ErrorCode.BAD_ORIGIN);
    assertThat(guard.corsAllowed(origin)).isFalse();
  }

  @Test
  void repeatedOriginIsRefused() {
    assertRefused(
        guard.check(get("/ws", "Host", "localhost", "Origin", RENDERER, "Origin", RENDERER)), ErrorCode.BAD_ORIGIN);
  }

  @Test
  void serverOnPort80KnowsItsOwnOrigin() {
    assertThat(new LocalGuard(List.of(), 80, Optional.empty()).corsAllowed("http://localhost")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "same-origin, true", "none, true", "cross-site, false", "same-site, false", "NONE, false", "'', false", "x, false"
  })
  void withoutOriginTheFetchSiteDecides(String site, boolean heard) {
    assertThat(guard.check(get("/api/events/since", "Host", "localhost", "Sec-Fetch-Site", site)).isEmpty())
        .isEqualTo(heard);
  }

  @Test
  void repeatedFetchSiteIsRefused() {
    assertRefused(
        guard.check(get("/", "Host", "localhost", "Sec-Fetch-Site", "none", "Sec-Fetch-Site", "cross-site")),
        ErrorCode.BAD_ORIGIN);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /console, navigate, document, true",
    "GET, /console?tab=1, navigate, document, true",
    "GET, /console/index.html, navigate, document, true",
    "GET, /console, navigate, iframe, false",
    "GET, /console, no-cors, image, false",
    "POST, /console, navigate, document, false",
    "GET, /consoles, navigate, document, false",
    "GET, /health, navigate, document, false",
    "GET, /console/../api/events/since, navigate, document, false",
    "GET, /console/%2e%2e/api/events/since, navigate, document, false",
    "GET, /console//api, navigate, document, false",
    "GET, '/console/..\\api', navigate, document, false"
  })
  void onlyTheConsoleMayBeOpenedFromAnotherSite(String method, String target, String mode, String dest, boolean heard) {
    LocalGuard.Request request =
        request(
            method, target, "Host", "localhost", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", mode,
            "Sec-Fetch-Dest", dest);
    assertThat(guard.check(request).isEmpty()).isEqualTo(heard);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO", "X-Real-IP", "X-Client-IP", "Via",
        "CF-Connecting-IP", "CF-Ray", "True-Client-IP", "X-Original-Host", "X-Cluster-Client-IP", "Fastly-Client-IP"
      })
  void forwardedRequestIsNotLocal(String name) {
    assertRefused(guard.check(get("/ws", "Host", "localhost", name, "")), ErrorCode.NOT_LOCAL);
  }

  @Test
  void tokenIsAskedForWhenRequired() {
    assertRefused(tokenGuard.check(get("/ws", "Host", "localhost")), ErrorCode.UNAUTHORIZED);
    List<String> wrong = List.of("Bearer", "Bearer ", "Bearer x", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN + "x", "");
    for (String value : wrong) {
      assertRefused(tokenGuard.check(get("/ws", "Host", "localhost", "Authorization", value)), ErrorCode.UNAUTHORIZED);
    }
    assertThat(tokenGuard.check(get("/ws", "Host", "localhost", "Authorization", "Bearer " + TOKEN))).isEmpty();
    assertThat(tokenGuard.check(get("/ws", "Host", "localhost", "authorization", "bearer " + TOKEN))).isEmpty();
    assertThat(tokenGuard.check(get("/ws?org=a&token=" + TOKEN, "Host", "localhost"))).isEmpty();
    assertThat(tokenGuard.check(get("/ws?token=q7%2Dsecret_Token", "Host", "localhost"))).isEmpty();
    for (String query : List.of("token=", "token=%", "token=x", "xtoken=" + TOKEN, "token=x&token=" + TOKEN)) {
      assertRefused(tokenGuard.check(get("/ws?" + query, "Host", "localhost")), ErrorCode.UNAUTHORIZED);
    }
    assertRefused(
        tokenGuard.check(
            get("/ws", "Host", "localhost", "Authorization", "Bearer " + TOKEN, "Authorization", "Bearer " + TOKEN)),
        ErrorCode.UNAUTHORIZED);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /livez, true", "GET, /readyz, true", "HEAD, /health, true", "GET, /console, true",
    "GET, /console/app.js, true",
    "GET, /client/cortex.js, true", "GET, /health?detail=1, false", "GET, /healthz, false", "GET, /metrics, false",
    "POST, /livez, false", "DELETE, /console/x, false", "GET, /client, false", "GET, /client/../metrics, false",
    "GET, /client/%2e%2e/metrics, false", "GET, /console/./../metrics, false", "GET, //livez, false"
  })
  void onlySignsOfLifeAndStaticFilesNeedNoToken(String method, String target, boolean heard) {
    assertThat(tokenGuard.check(request(method, target, "Host", "localhost")).isEmpty()).isEqualTo(heard);
  }

  @Test
  void openPathsStillNeedALocalCaller() {
    assertRefused(tokenGuard.check(get("/livez", "Host", "evil.example")), ErrorCode.BAD_HOST);
    assertRefused(tokenGuard.check(get("/livez", "Host", "localhost", "Origin", "http://evil.example")),
        ErrorCode.BAD_ORIGIN);
  }

  @Test
  void preflightOfAnAllowedOriginIsAnsweredWithoutToken() {
    LocalGuard.Request request =
        request(
            "OPTIONS", "/api/events", "Host", "localhost", "Origin", RENDERER, "Access-Control-Request-Method", "POST",
            "Access-Control-Request-Headers", "content-type,authorization", "Access-Control-Request-Private-Network",
            "true");
    assertThat(tokenGuard.check(request)).isEmpty();
    assertThat(tokenGuard.preflight(request)).hasValueSatisfying(
        headers -> assertThat(headers)
            .containsEntry("Access-Control-Allow-Origin", RENDERER)
            .containsEntry("Access-Control-Allow-Headers", "content-type,authorization")
            .containsEntry("Access-Control-Allow-Private-Network", "true")
            .containsKeys("Access-Control-Allow-Methods", "Access-Control-Max-Age", "Vary")
            .doesNotContainValue("*"));
    assertThat(tokenGuard.corsHeaders(request)).containsEntry("Access-Control-Allow-Origin", RENDERER);
  }

  @Test
  void preflightOfAnotherOriginGetsNothing() {
    LocalGuard.Request request =
        request(
            "OPTIONS", "/api/events", "Host", "localhost", "Origin", "http://evil.example",
            "Access-Control-Request-Method",
            "POST");
    assertRefused(guard.check(request), ErrorCode.BAD_ORIGIN);
    assertThat(guard.preflight(request)).isEmpty();
    assertThat(guard.corsHeaders(request)).isEmpty();
    assertThat(guard.corsHeaders(get("/health", "Host", "localhost"))).isEmpty();
    assertThat(guard.preflight(get("/health", "Host", "localhost", "Origin", RENDERER))).isEmpty();
  }

  @Test
  void oddHeaderListInAPreflightIsNotEchoed() {
    LocalGuard.Request request =
        request(
            "OPTIONS", "/", "Host", "localhost", "Origin", RENDERER, "Access-Control-Request-Method", "PUT",
            "Access-Control-Request-Headers", "x\r\nSet-Cookie: a");
    assertThat(guard.preflight(request).orElseThrow()).doesNotContainKey("Access-Control-Allow-Headers");
  }

  @Test
  void garbageIsRefusedNeverAFailureAndNeverHeardFromAStranger() {
    Random random = new Random(5);
    String[] names =
        {"Host", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Authorization", "X-Forwarded-For", "Via", ""};
    String[] values =
        {"localhost", "127.0.0.1:3693", RENDERER, "none", "navigate", "Bearer " + TOKEN, "null", "", "[::1]"};
    int heard = 0;
    for (int round = 0; round < 100_000; round++) {
      List<Map.Entry<String, String>> headers = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        String value = random.nextInt(3) > 0 ? values[random.nextInt(values.length)] : noise(random);
        headers.add(Map.entry(names[random.nextInt(names.length)], value));
      }
      String target = random.nextBoolean() ? "/ws?token=" + noise(random) : noise(random);
      LocalGuard.Request request =
          new LocalGuard.Request(random.nextBoolean() ? "GET" : noise(random), target, headers);
      Optional<LocalGuard.Refusal> refusal = guard.check(request);
      tokenGuard.check(request);
      guard.preflight(request);
      guard.corsHeaders(request);
      if (refusal.isEmpty()) {
        heard++;
        List<String> hosts = headers.stream().filter(h -> h.getKey().equals("Host")).map(Map.Entry::getValue).toList();
        assertThat(hosts).hasSize(1).isSubsetOf("localhost", "127.0.0.1:3693", "[::1]");
      } else {
        assertThat(refusal.get().message()).isNotBlank();
      }
    }
    assertThat(heard).isBetween(100, 90_000);
  }

  private static String noise(Random random) {
    return random
        .ints(random.nextInt(12), 0, 20)
        .mapToObj(i -> i < 14 ? String.valueOf("[]:/@.%?&#=1a\u0000".charAt(i))
            : String.valueOf((char) random.nextInt(0x10000)))
        .reduce("", String::concat);
  }

  private static void assertRefused(Optional<LocalGuard.Refusal> refusal, ErrorCode code) {
    assertThat(refusal).map(LocalGuard.Refusal::code).hasValue(code);
  }

  private static LocalGuard.Request get(String target, String... headers) {
    return request("GET", target, headers);
  }

  private static LocalGuard.Request request(String method, String target, String... headers) {
    List<Map.Entry<String, String>> entries = new ArrayList<>();
    for (int i = 0; i < headers.length; i += 2) {
      entries.add(Map.entry(headers[i], headers[i + 1]));
    }
    return new LocalGuard.Request(method, target, entries);
  }
}
