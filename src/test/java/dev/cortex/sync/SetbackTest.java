package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SetbackTest {

  private static final long BACKOFF = 700;
  private static final long IDLE = 30_000;

  @Test
  void gapAsksForTheMarkAgain() {
    assertThat(of(new CloudAnswer.Refused(409, "outbox_gap", ""))).isEqualTo(new Setback(BACKOFF, true, false, false));
  }

  @Test
  void batchThatIsTooLargeIsHalvedAtOnceWhileItCanBe() {
    CloudAnswer large = new CloudAnswer.Refused(413, "body_too_large", "");
    assertThat(of(large)).isEqualTo(new Setback(0, false, true, false));
    assertThat(Setback.of(large, BACKOFF, IDLE, false)).isEqualTo(new Setback(IDLE, false, false, true));
  }

  @Test
  void whatOnlyPeopleCanChangeWaitsLong() {
    Setback people = new Setback(IDLE, false, false, true);
    assertThat(of(new CloudAnswer.Unauthorized(""))).isEqualTo(people);
    assertThat(of(new CloudAnswer.Forbidden(""))).isEqualTo(people);
    assertThat(of(new CloudAnswer.Refused(400, "bad_request", ""))).isEqualTo(people);
  }

  @Test
  void cloudSaysWhenToComeAgain() {
    assertThat(of(new CloudAnswer.Throttled(9_000))).isEqualTo(new Setback(9_000, false, false, false));
    assertThat(of(new CloudAnswer.Throttled(1))).isEqualTo(new Setback(BACKOFF, false, false, false));
    assertThat(of(new CloudAnswer.Failed("unknown moved", 2_000))).isEqualTo(new Setback(2_000, false, false, false));
  }

  @Test
  void cloudThatWasSilentIsAskedWhoItIs() {
    Setback silent = new Setback(BACKOFF, true, false, false);
    assertThat(of(new CloudAnswer.Failed("no answer in time", 0))).isEqualTo(silent);
    assertThat(of(new CloudAnswer.Stranger("text/html"))).isEqualTo(silent);
  }

  private static Setback of(CloudAnswer answer) {
    return Setback.of(answer, BACKOFF, IDLE, true);
  }
}
