package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class LadderTest {

  private static final Timing TIMING = Timing.normal(5_000, 30_000);
  /** Neither early nor late. */
  private static final double MIDDLE = 0.5;
  private static final long LEASE = 600_000;

  private final Ladder ladder = new Ladder(TIMING, 0);

  @Test
  void beginsOfflineAndPollsAtOnceWithAWait() {
    assertThat(ladder.mode(0)).isEqualTo(Mode.OFFLINE);
    assertThat(ladder.nextPollMs()).isZero();
    assertThat(ladder.waits(0)).isTrue();
  }

  @Test
  void heldPollIsAskedAgainAtOnce() {
    ladder.onNothing(25_000, 25_000, 30_000, MIDDLE);
    assertThat(ladder.mode(25_000)).isEqualTo(Mode.HELD);
    assertThat(ladder.nextPollMs()).isBetween(25_001L, 25_100L);
  }

  @Test
  void idleDesktopStepsBackToTheSlowRateAndComesBackWithTheFirstEvent() {
    long[] waits = new long[7];
    long nowMs = 0;
    for (int i = 0; i < waits.length; i++) {
      ladder.onNothing(nowMs, 10, 0, MIDDLE);
      waits[i] = ladder.nextPollMs() - nowMs;
      nowMs = ladder.nextPollMs();
    }
    assertThat(waits).containsExactly(5_000, 7_500, 11_250, 16_875, 25_312, 30_000, 30_000);
    ladder.onEvents(nowMs, 10, 0, false, 1, MIDDLE);
    assertThat(ladder.nextPollMs() - nowMs).isLessThan(100);
    ladder.onNothing(nowMs, 10, 0, MIDDLE);
    assertThat(ladder.nextPollMs() - nowMs).isEqualTo(5_000);
  }

  @Test
  void intervalIsSpreadByATenth() {
    ladder.onNothing(0, 10, 0, 0);
    assertThat(ladder.nextPollMs()).isEqualTo(4_500);
    Ladder late = new Ladder(TIMING, 0);
    late.onNothing(0, 10, 0, 0.999_999);
    assertThat(late.nextPollMs()).isBetween(5_490L, 5_500L);
  }

  @Test
  void cloudMayStretchTheIntervalAndNotShortenIt() {
    ladder.onNothing(0, 10, 60_000, MIDDLE);
    assertThat(ladder.nextPollMs()).isEqualTo(60_000);
    Ladder other = new Ladder(TIMING, 0);
    other.onNothing(0, 10, 1, MIDDLE);
    assertThat(other.nextPollMs()).isEqualTo(5_000);
  }

  @Test
  void cloudThatIsCrowdedIsNotAskedAgainAtOnceBecauseItHolds() {
    ladder.onEvents(0, 5_000, 5_000, false, 1, MIDDLE);
    assertThat(ladder.nextPollMs()).isLessThan(100);
    ladder.onEvents(100, 5_000, 60_000, false, 2, MIDDLE);
    assertThat(ladder.nextPollMs()).isEqualTo(60_100);
    ladder.onNothing(60_100, 25_000, 90_000, MIDDLE);
    assertThat(ladder.nextPollMs()).isEqualTo(150_100);
    ladder.onNothing(150_100, 25_000, 5_000, MIDDLE);
    assertThat(ladder.nextPollMs() - 150_100).isLessThan(100);
    ladder.onEvents(200_000, 10, 60_000, true, 9, MIDDLE);
    assertThat(ladder.nextPollMs()).as("what is missing is fetched").isEqualTo(200_000);
  }

  @Test
  void eventsWithoutAHoldDoNotMakeATightLoop() {
    long nowMs = 0;
    int polls = 0;
    // a cloud that never holds, and an event a poll
    while (nowMs < 60_000) {
      ladder.onEvents(nowMs, 10, 0, false, polls, MIDDLE);
      nowMs = ladder.nextPollMs();
      ladder.onNothing(nowMs, 10, 0, MIDDLE);
      nowMs = ladder.nextPollMs();
      polls += 2;
    }
    assertThat(polls).isLessThanOrEqualTo(26);
  }

  @Test
  void pagesFollowAtOnce() {
    ladder.onEvents(7, 10, 60_000, true, 500, MIDDLE);
    assertThat(ladder.nextPollMs()).isEqualTo(7);
  }

  @Test
  void failuresBackOffWithFullJitterAndOneSuccessResetsThem() {
    for (int i = 0; i < 10; i++) {
      ladder.onFailure(0, false, 0, 0.999_999);
    }
    assertThat(ladder.mode(0)).isEqualTo(Mode.OFFLINE);
    assertThat(ladder.nextPollMs()).isBetween(29_000L, 30_000L);
    ladder.onFailure(0, false, 0, 0);
    assertThat(ladder.nextPollMs()).isZero();
    ladder.onNothing(0, 10, 0, MIDDLE);
    assertThat(ladder.nextPollMs()).as("a held poll follows the trial").isEqualTo(25);
    ladder.onNothing(0, 10, 0, MIDDLE);
    ladder.onFailure(0, false, 0, 0.999_999);
    assertThat(ladder.nextPollMs()).isBetween(990L, 1_000L);
    ladder.onNothing(0, 10, 0, MIDDLE);
    ladder.onFailure(0, true, 90_000, 0);
    assertThat(ladder.nextPollMs()).isEqualTo(90_000);
    assertThat(ladder.mode(0)).isEqualTo(Mode.POLL);
  }

  @Test
  void refusedDesktopComesBackAtTheSlowRate() {
    ladder.onRefused(0, MIDDLE);
    assertThat(ladder.mode(0)).isEqualTo(Mode.REFUSED);
    assertThat(ladder.nextPollMs()).isEqualTo(30_000);
  }

  @Test
  void pushNeedsALeaseAndAProofWithinIt() {
    ladder.onNothing(0, 10, 0, MIDDLE);
    ladder.onProof(0);
    assertThat(ladder.mode(0)).isEqualTo(Mode.POLL);
    ladder.onLease(0, LEASE);
    assertThat(ladder.mode(0)).isEqualTo(Mode.PUSH);
    assertThat(ladder.waits(0)).isFalse();
    assertThat(ladder.mode(LEASE - 1)).isEqualTo(Mode.PUSH);
    assertThat(ladder.mode(LEASE)).isEqualTo(Mode.POLL);
    ladder.onLease(LEASE / 2, LEASE / 2 + LEASE);
    assertThat(ladder.mode(LEASE + 1)).as("proven too long ago").isEqualTo(Mode.POLL);
    ladder.onPush(LEASE + 1, 1);
    assertThat(ladder.mode(LEASE + 1)).isEqualTo(Mode.PUSH);
    ladder.onLeaseLost();
    assertThat(ladder.mode(LEASE + 1)).isEqualTo(Mode.POLL);
  }

  @Test
  void underPushPollsAreASafetyNet() {
    pushed();
    ladder.onNothing(0, 10, 0, MIDDLE);
    assertThat(ladder.nextPollMs()).isEqualTo(30_000);
  }

  @Test
  void pushThatBringsWhatAPollFoundStaysProven() {
    pushed();
    ladder.onEvents(0, 10, 0, false, 7, MIDDLE);
    ladder.onPush(4_000, 7);
    assertThat(ladder.onTick(10_000)).isFalse();
    assertThat(ladder.mode(10_000)).isEqualTo(Mode.PUSH);
  }

  @Test
  void pushThatDoesNotIsNotBelievedBeforeItBroughtSomething() {
    pushed();
    ladder.onEvents(0, 10, 0, false, 7, MIDDLE);
    ladder.onPush(4_000, 6);
    assertThat(ladder.onTick(4_999)).isFalse();
    assertThat(ladder.onTick(5_000)).isTrue();
    assertThat(ladder.onTick(5_001)).as("told once").isFalse();
    assertThat(ladder.mode(5_001)).isEqualTo(Mode.POLL);
    assertThat(ladder.nextPollMs()).isEqualTo(5_000);
    ladder.onProof(6_000);
    assertThat(ladder.mode(6_000)).isEqualTo(Mode.POLL);
    ladder.onPush(7_000, 8);
    assertThat(ladder.mode(7_000)).isEqualTo(Mode.PUSH);
  }

  @Test
  void heldRequestCountsWhileItIsPendingWhenTheCloudAnsweredSomethingElse() {
    assertThat(ladder.onAsk(0)).isTrue();
    assertThat(ladder.mode(10)).isEqualTo(Mode.OFFLINE);
    ladder.onToldElsewhere(20, MIDDLE);
    assertThat(ladder.mode(20)).isEqualTo(Mode.HELD);
    ladder.onFailure(30, false, 0, MIDDLE);
    assertThat(ladder.mode(30)).isEqualTo(Mode.OFFLINE);
  }

  @Test
  void pollBehindAnOutageIsNotHeldAndTheNextOneIsAndSaysSo() {
    ladder.onAsk(0);
    ladder.onFailure(0, false, 0, MIDDLE);
    assertThat(ladder.onAsk(1_000)).isFalse();
    ladder.onNothing(1_010, 10, 0, MIDDLE);
    assertThat(ladder.mode(1_010)).isEqualTo(Mode.POLL);
    assertThat(ladder.nextPollMs()).isEqualTo(1_035);
    assertThat(ladder.onAsk(1_035)).isTrue();
    assertThat(ladder.mode(1_036)).isEqualTo(Mode.HELD);
  }

  @Test
  void cloudThatAnswersTrialsAndNothingElseIsLeftAloneLongerAndLonger() {
    for (int i = 0; i < 10; i++) {
      ladder.onFailure(0, false, 0, 0.999_999);
      ladder.onAsk(0);
      ladder.onNothing(0, 10, 0, MIDDLE);
      ladder.onAsk(0);
    }
    ladder.onFailure(100, false, 0, 0.999_999);
    assertThat(ladder.nextPollMs()).isGreaterThan(29_000);
    ladder.onAsk(40_000);
    ladder.onNothing(40_000, 10, 0, MIDDLE);
    ladder.onAsk(40_025);
    ladder.onFailure(50_000, false, 0, 0.999_999);
    assertThat(ladder.nextPollMs()).as("another outage").isBetween(50_990L, 51_000L);
  }

  @Test
  void newsFromElsewhereEndTheWaitAndNotMoreOftenThanPollsCome() {
    fail();
    assertThat(ladder.onToldElsewhere(10, MIDDLE)).isTrue();
    assertThat(ladder.nextPollMs()).isBetween(10L, 260L);
    ladder.onAsk(200);
    fail();
    assertThat(ladder.onToldElsewhere(210, MIDDLE)).isTrue();
    assertThat(ladder.nextPollMs()).isBetween(5_000L, 5_260L);
    ladder.onFailure(6_000, false, 20_000, 0);
    assertThat(ladder.onToldElsewhere(6_001, MIDDLE)).as("the cloud said when").isFalse();
  }

  private void fail() {
    for (int i = 0; i < 10; i++) {
      ladder.onFailure(0, false, 0, 0.999_999);
    }
  }

  @Test
  void wakeComesBackAtARandomMoment() {
    ladder.onNothing(0, 10, 0, MIDDLE);
    ladder.onWake(100_000, 0.8);
    assertThat(ladder.nextPollMs()).isEqualTo(104_000);
  }

  private void pushed() {
    ladder.onNothing(0, 10, 0, MIDDLE);
    ladder.onLease(0, LEASE);
    ladder.onProof(0);
  }
}
