package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.sync.CloudAnswer.Silence;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class RetryTest {

  private static final CloudAnswer LOST = new CloudAnswer.Failed("Connection reset", 0, Silence.LOST);
  private static final CloudAnswer LATE = new CloudAnswer.Failed("no answer in time", 0, Silence.LATE);
  private static final CloudAnswer BROKEN = new CloudAnswer.Failed("HTTP status 500", 0);
  /** The largest that can be drawn. */
  private static final double ALL = 0.999_999;
  private static final Timing TIMING = Timing.normal(5_000, 30_000);
  private static final long SOON = TIMING.soonMs(ALL);

  private final Retry retry = new Retry(TIMING, 0);

  @Test
  void lostConnectionIsLookedForSoonAFewTimesBeforeBackoffBegins() {
    for (int i = 0; i < Retry.LOOKS; i++) {
      assertThat(retry.isOutage(LOST)).isFalse();
      assertThat(waitMs(LOST)).isEqualTo(SOON).isLessThan(1_000);
    }
    for (long bound : new long[] {1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000}) {
      assertThat(retry.isOutage(LOST)).isTrue();
      assertThat(waitMs(LOST)).isEqualTo(bound);
    }
    assertThat(retry.isFailing()).isTrue();
  }

  @Test
  void whatTheCloudTakesGivesNewLooksAndEndsBackoff() {
    exhaust();
    waitMs(LOST);
    waitMs(LOST);
    retry.worked();
    assertThat(retry.isFailing()).isFalse();
    assertThat(waitMs(LOST)).isEqualTo(SOON);
    assertThat(waitMs(BROKEN)).isEqualTo(1_000);
  }

  @Test
  void cloudThatIsLateOrSaysThatItFailsIsNeverHurried() {
    assertThat(retry.isOutage(LATE)).isTrue();
    assertThat(retry.isOutage(BROKEN)).isTrue();
    assertThat(waitMs(LATE)).isEqualTo(1_000);
    assertThat(waitMs(BROKEN)).isEqualTo(2_000);
    assertThat(waitMs(new CloudAnswer.Stranger("text/html"))).isEqualTo(4_000);
  }

  @Test
  void afterABackoffAnAnswerGivesOneLookAndNoMoreBeforeTheNext() {
    exhaust();
    assertThat(waitMs(LOST)).isEqualTo(1_000);
    retry.reached();
    assertThat(waitMs(LOST)).isEqualTo(SOON);
    retry.reached();
    assertThat(waitMs(LOST)).isEqualTo(2_000);
    retry.reached();
    assertThat(waitMs(LOST)).isEqualTo(SOON);
    retry.reached();
    assertThat(waitMs(LOST)).isEqualTo(4_000);
  }

  @Test
  void cloudThatAnswersQuestionsAndLosesEveryBatchIsAskedLessAndLess() {
    Random random = new Random(7);
    int batches = 0;
    for (long nowMs = 0; nowMs < 600_000; batches++) {
      nowMs += retry.failed(LOST, true, nowMs, random.nextDouble()).waitMs();
      retry.reached();
    }
    // two for each backoff, of half of 30 s in the middle
    assertThat(batches).isBetween(40, 140);
  }

  @Test
  void desktopsThatLoseTheCloudTogetherDoNotComeBackTogether() {
    Random random = new Random(11);
    long early = random.doubles(1_000)
        .map(chance -> new Retry(TIMING, 0).failed(LOST, true, 0, chance).waitMs())
        .filter(ms -> ms < SOON / 4)
        .count();
    assertThat(early).isBetween(150L, 350L);
  }

  @Test
  void cloudThatIsLeftAloneIsNoFailureMore() {
    assertThat(waitMs(BROKEN)).isEqualTo(1_000);
    assertThat(retry.leftAlone(0, ALL)).isEqualTo(1_000);
    assertThat(retry.leftAlone(0, ALL)).isEqualTo(1_000);
    assertThat(waitMs(BROKEN)).isEqualTo(2_000);
  }

  @Test
  void cloudThatIsBackEndsTheWaitUnlessItNamedATimeOrOnlyPeopleCanHelp() {
    retry.failed(BROKEN, true, 100, ALL);
    assertThat(retry.hurries(100)).isTrue();
    retry.failed(new CloudAnswer.Failed("HTTP status 503", 9_000), true, 10_000, ALL);
    assertThat(retry.hurries(18_999)).isFalse();
    assertThat(retry.hurries(19_000)).isTrue();
    retry.failed(new CloudAnswer.Forbidden(""), true, 30_000, ALL);
    assertThat(retry.hurries(60_000)).isFalse();
  }

  @Test
  void waitIsNotEndedMoreOftenThanPolls() {
    retry.failed(BROKEN, true, 0, ALL);
    assertThat(retry.hurries(0)).isTrue();
    retry.failed(BROKEN, true, 0, ALL);
    assertThat(retry.hurries(4_999)).isFalse();
    assertThat(retry.hurries(5_000)).isTrue();
  }

  private void exhaust() {
    for (int i = 0; i < Retry.LOOKS; i++) {
      waitMs(LOST);
    }
  }

  private long waitMs(CloudAnswer answer) {
    return retry.failed(answer, true, 0, ALL).waitMs();
  }
}
