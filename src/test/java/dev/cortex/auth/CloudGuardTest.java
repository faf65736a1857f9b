package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class CloudGuardTest {

  private static final String APP = "https://app.example";
  private static final String JWT = "eyJh.eyJz.c2ln";

  private final CloudGuard guard = new CloudGuard(List.of(APP, "null"));

  @Test
  void headerBringsATokenAnywhere() {
    for (String path : List.of("/api/events", "/api/ws", "/api/stream", "/broadcast", "/anything?x=1", "*")) {
      assertThat(guard.check(get(path, "Authorization", "Bearer " + JWT)))
          .isEqualTo(new GuardDecision.Ask(JWT, true));
    }
    assertThat(guard.check(get("/api/events", "authorization", "bEaReR   " + JWT + ' ')))
        .isEqualTo(new GuardDecision.Ask(JWT, true));
  }

  @Test
  void queryBringsATokenWhereBrowsersCannotSendHeaders() {
    for (String path : List.of("/api/ws", "/api/stream")) {
      assertThat(guard.check(get(path + "?channel=a&token=" + JWT))).isEqualTo(new GuardDecision.Ask(JWT, false));
      assertThat(guard.check(get(path + "?t%6Fken=eyJh%2EeyJz.c2ln"))).isEqualTo(new GuardDecision.Ask(JWT, false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "/api/events?token=x", "/broadcast?token=x", "/api/ws/?token=x", "/api//ws?token=x", "/api/./ws?token=x",
    "/api/%77s?token=x", "/API/WS?token=x", "http://h/api/ws?token=x", "/api/events/since?token=x", "/?token=x",
    "/api/ws", "/api/ws?", "/api/ws?token", "/api/ws?token=", "/api/ws?token=%", "/api/ws?token=a%00b",
    "/api/ws?token=a+b", "/api/ws?token=a&token=a", "/api/ws?token=a;token=b", "/api/ws?token=a&tok%65n=b",
    "/api/ws?Token=x", "/api/ws#token=x", "/health/detail", "/metrics", "/console", "/livez/", "/client", "",
    "/health/../api/events", "//health", "/%68ealth", "http://h/health"
  })
  void requestWithoutExactlyOneTokenInItsPlaceIsUnauthorized(String target) {
    assertRefused(guard.check(get(target)), ErrorCode.UNAUTHORIZED);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "Bearer", "Bearer ", "Basic YTpi", "Bearer\tx", "Bearer a b", "Bearer a,Bearer b", "BearerX x", "x",
    "Bearer é", "Bearer \"x\"", "Token x"
  })
  void malformedHeaderIsUnauthorized(String header) {
    assertRefused(guard.check(get("/api/events", "Authorization", header)), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void severalTokensAreUnauthorizedEvenWhenTheyAreTheSame() {
    String[] twice = {"Authorization", "Bearer " + JWT, "AUTHORIZATION", "Bearer " + JWT};
    assertRefused(guard.check(get("/api/events", twice)), ErrorCode.UNAUTHORIZED);
    String both = "/api/ws?token=" + JWT;
    assertRefused(guard.check(get(both, "Authorization", "Bearer " + JWT)), ErrorCode.UNAUTHORIZED);
    assertRefused(guard.check(get(both, "Authorization", "Basic YTpi")), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void tokenBeyondTheLimitIsUnauthorized() {
    String most = "a".repeat(ShownToken.CHARS_MAX);
    assertThat(guard.check(get("/", "Authorization", "Bearer " + most))).isEqualTo(new GuardDecision.Ask(most, true));
    assertRefused(guard.check(get("/", "Authorization", "Bearer a" + most)), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void signsOfLifeAndTheClientLibraryNeedNoToken() {
    for (String target : List.of("/health", "/health?x", "/livez", "/readyz", "/client/cortex.js")) {
      assertThat(guard.check(get(target))).isEqualTo(GuardDecision.OPEN);
      assertRefused(guard.check(request("POST", target)), ErrorCode.UNAUTHORIZED);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://app.example, true", "https://app.example:443, false", "http://app.example, false", "null, false",
    "https://APP.example, false", "https://app.example/, false", "https://evil.example, false", "'', false", "*, false"
  })
  void pageMustBeOfAnAllowedOrigin(String origin, boolean allowed) {
    LocalGuard.Request request = get("/api/ws?token=" + JWT, "Origin", origin, "Upgrade", "websocket");
    if (allowed) {
      assertThat(guard.check(request)).isEqualTo(new GuardDecision.Ask(JWT, false));
    } else {
      assertRefused(guard.check(request), ErrorCode.BAD_ORIGIN);
      assertRefused(guard.check(get("/health", "Origin", origin)), ErrorCode.BAD_ORIGIN);
    }
    assertThat(guard.corsHeaders(request).isEmpty()).isEqualTo(!allowed);
  }

  @Test
  void severalOriginsAreRefused() {
    assertRefused(guard.check(get("/health", "Origin", APP, "origin", APP)), ErrorCode.BAD_ORIGIN);
  }

  @Test
  void preflightNeedsNoTokenAndIsAnsweredForAllowedOriginsOnly() {
    String[] headers = {"Origin", APP, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers",
      "authorization, content-type"};
    LocalGuard.Request asked = request("OPTIONS", "/api/events", headers);
    assertThat(guard.check(asked)).isEqualTo(GuardDecision.OPEN);
    assertThat(guard.preflight(asked).orElseThrow())
        .containsEntry("Access-Control-Allow-Origin", APP)
        .containsEntry("Access-Control-Allow-Headers", "authorization, content-type");
    headers[1] = "https://evil.example";
    assertRefused(guard.check(request("OPTIONS", "/api/events", headers)), ErrorCode.BAD_ORIGIN);
    assertThat(guard.preflight(request("OPTIONS", "/api/events", headers))).isEmpty();
    assertRefused(guard.check(request("OPTIONS", "/api/events", "Origin", APP)), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void proxiesInFrontAreNoReasonToRefuse() {
    assertThat(guard.check(get("/livez", "X-Forwarded-For", "10.0.0.1", "Host", "cortex.example")))
        .isEqualTo(GuardDecision.OPEN);
  }

  @Test
  void decisionsNeverPrintTheirToken() {
    assertThat(new GuardDecision.Ask(JWT, true).toString()).doesNotContain(JWT);
  }

  @Test
  void noiseNeverFailsNorOpensADoor() {
    Random random = new Random(11);
    String alphabet = "/?&;=%token.apiwsheath~\u0000é\"Bearer ";
    for (int i = 0; i < 20_000; i++) {
      String[] parts = new String[3];
      for (int p = 0; p < parts.length; p++) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(20);
        for (int c = 0; c < length; c++) {
          text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        parts[p] = text.toString();
      }
      LocalGuard.Request request = get("/api/" + parts[0], "Authorization", parts[1], "Upgrade", parts[2]);
      assertThat(guard.check(request)).isNotEqualTo(GuardDecision.OPEN);
    }
  }

  static LocalGuard.Request get(String target, String... headers) {
    return request("GET", target, headers);
  }

  static LocalGuard.Request request(String method, String target, String... headers) {
    List<Map.Entry<String, String>> entries = new ArrayList<>();
    for (int i = 0; i < headers.length; i += 2) {
      entries.add(Map.entry(headers[i], headers[i + 1]));
    }
    return new LocalGuard.Request(method, target, entries);
  }

  static void assertRefused(GuardDecision decision, ErrorCode code) {
    assertThat(decision).isInstanceOf(GuardDecision.Refused.class);
    assertThat(((GuardDecision.Refused) decision).refusal().code()).isEqualTo(code);
    assertThat(((GuardDecision.Refused) decision).refusal().message()).doesNotContain(JWT);
  }
}
