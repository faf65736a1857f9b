package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Position;
import dev.cortex.sync.HttpReply.Expected;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class HttpReplyTest {

  private static final String CURSOR = "cloudlog00001.7";
  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json";

  @Test
  void pollsNameTheirCursorAndWhenToComeAgain() {
    CloudAnswer answer =
        new HttpReply(200, JSON + "; charset=utf-8", CURSOR, "900", "", bytes("{}")).read(Expected.POLL);
    assertThat(answer).isInstanceOfSatisfying(CloudAnswer.Ok.class, ok -> {
      assertThat(ok.cursor()).isEqualTo(Position.parse(CURSOR));
      assertThat(ok.nextPollMs()).isEqualTo(900);
    });
    assertThat(new HttpReply(204, "", CURSOR, "900", "", bytes("")).read(Expected.POLL))
        .isEqualTo(new CloudAnswer.Nothing(Position.parse(CURSOR), 900));
  }

  @ParameterizedTest
  @CsvSource({
      "200, application/json, ''", "204, '', ''", "200, text/html, cloudlog00001.7", "200, '', cloudlog00001.7",
      "302, '', ''", "511, text/html, ''", "407, '', ''", "403, text/html, ''", "410, text/plain, ''"})
  void portalsAreNotTheCloud(int status, String type, String cursor) {
    assertThat(new HttpReply(status, type, cursor, "", "", bytes("{}")).read(Expected.POLL))
        .isInstanceOf(CloudAnswer.Stranger.class);
  }

  @ParameterizedTest
  @CsvSource({"pruned", "log_changed", "cursor_ahead"})
  void goneIsBelievedWithAReason(String code) {
    assertThat(problem(410, code, "")).isEqualTo(new CloudAnswer.Gone(code));
  }

  @Test
  void goneWithoutAReasonIsNotBelieved() {
    assertThat(problem(410, "whatever", "")).isInstanceOf(CloudAnswer.Stranger.class);
  }

  @Test
  void refusalsAreTold() {
    assertThat(problem(401, "token_expired", "")).isEqualTo(new CloudAnswer.Unauthorized("token_expired why"));
    assertThat(problem(403, "forbidden", "")).isEqualTo(new CloudAnswer.Forbidden("forbidden why"));
    assertThat(problem(401, "token_expired", "").trouble())
        .isEqualTo("401 token_expired why: change sync.token and restart the desktop");
    assertThat(problem(403, "forbidden", "").trouble())
        .isEqualTo("403 forbidden why: change sync.token or sync.orgs and restart the desktop");
    assertThat(problem(409, "outbox_gap", "")).isEqualTo(new CloudAnswer.Refused(409, "outbox_gap", "why"));
    assertThat(problem(429, "rate_limited", "3")).isEqualTo(new CloudAnswer.Throttled(3_000));
    assertThat(problem(503, "moved", "2")).isEqualTo(new CloudAnswer.Failed("HTTP status 503 moved", 2_000));
  }

  @Test
  void noTimeIsBelievedBeyondTenMinutes() {
    assertThat(problem(429, "rate_limited", "999999999")).isEqualTo(new CloudAnswer.Throttled(600_000));
    assertThat(problem(429, "rate_limited", "Wed, 21 Oct 2026 07:28:00 GMT")).isEqualTo(new CloudAnswer.Throttled(0));
    assertThat(new HttpReply(204, "", CURSOR, "-5", "", bytes("")).read(Expected.POLL))
        .isEqualTo(new CloudAnswer.Nothing(Position.parse(CURSOR), 0));
  }

  @Test
  void fatesOfABatchComeWithThreeStatuses() {
    for (int status : new int[] {200, 422, 503}) {
      assertThat(new HttpReply(status, JSON, "", "", "1", bytes("{}")).read(Expected.RESULTS))
          .isInstanceOfSatisfying(CloudAnswer.Ok.class, ok -> assertThat(ok.retryAfterMs()).isEqualTo(1_000));
    }
    assertThat(problem(422, "bad_request", "")).isInstanceOf(CloudAnswer.Refused.class);
  }

  @Test
  void wordsOfStrangersStayOnOneShortLine() {
    String detail = "a\\nb" + "x".repeat(10_000);
    CloudAnswer answer = new HttpReply(
        400, PROBLEM, "", "", "", bytes("{\"code\":\"c\",\"detail\":\"" + detail + "\"}")).read(Expected.JSON);
    assertThat(answer.trouble()).doesNotContain("\n").hasSizeLessThan(250);
  }

  private static CloudAnswer problem(int status, String code, String retryAfter) {
    byte[] body = bytes("{\"code\":\"" + code + "\",\"detail\":\"why\"}");
    return new HttpReply(status, PROBLEM, "", "", retryAfter, body).read(Expected.RESULTS);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
