package dev.cortex.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenBucketTest {

  private static final long SECOND = 1_000_000_000L;

  @Test
  void emptyBucketGathersAtItsRateAndHoldsNoMoreThanPassesAtOnce() {
    TokenBucket bucket = new TokenBucket(new Rate(10, 25), 0, 0);

    assertThat(bucket.take(1, 0)).isFalse();
    assertThat(bucket.take(1, SECOND / 10 - 1)).isFalse();
    assertThat(bucket.take(1, SECOND / 10)).isTrue();
    assertThat(bucket.available(SECOND / 10)).isZero();
    assertThat(bucket.available(SECOND)).isEqualTo(9);
    assertThat(bucket.available(100 * SECOND)).isEqualTo(25);
  }

  @Test
  void whatDoesNotFitTakesNothing() {
    TokenBucket bucket = full(new Rate(10, 25));

    assertThat(bucket.take(26, 0)).isFalse();
    assertThat(bucket.take(25, 0)).isTrue();
    assertThat(bucket.take(1, 0)).isFalse();
  }

  @Test
  void waitIsExactToTheMillisecond() {
    TokenBucket bucket = full(new Rate(3, 6));
    bucket.take(6, 0);

    long waitMs = bucket.waitMs(2, 0);
    assertThat(waitMs).isEqualTo(667);
    assertThat(bucket.take(2, (waitMs - 1) * 1_000_000)).isFalse();
    assertThat(bucket.take(2, waitMs * 1_000_000)).isTrue();
  }

  @Test
  void givingBackDoesNotOverflow() {
    TokenBucket bucket = full(new Rate(10, 20));
    bucket.take(20, 0);
    assertThat(bucket.available(SECOND)).isEqualTo(10);

    bucket.giveBack(20, SECOND);
    assertThat(bucket.available(SECOND)).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "7, 100", "5000, 10000", "1000000000, 2000000000"})
  void bucketMadeLaterHasWhatOneLeftAloneHas(long perSecond, long atOnce) {
    Rate rate = new Rate(perSecond, atOnce);
    for (long ns = 0; ns < 2 * rate.fillNs(); ns += 1 + rate.fillNs() / 97) {
      long kept = new TokenBucket(rate, 0, 0).available(ns);
      assertThat(new TokenBucket(rate, 0, ns).available(ns)).as("after %d ns", ns).isEqualTo(kept);
    }
    assertThat(new TokenBucket(rate, -100L * 365 * 86_400 * SECOND / 2, 0).available(0)).isEqualTo(atOnce);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 7, 2", "100, 250, 3", "999983, 2000000, 4"})
  void neverMoreIsTakenThanRateAndBurstAllow(long perSecond, long atOnce, long seed) {
    SplittableRandom chance = new SplittableRandom(seed);
    TokenBucket bucket = full(new Rate(perSecond, atOnce));
    long taken = 0;
    long nowNs = 0;
    for (int i = 0; i < 20_000; i++) {
      nowNs += chance.nextLong(1 + SECOND / perSecond);
      long wanted = 1 + chance.nextLong(atOnce);
      taken += bucket.take(wanted, nowNs) ? wanted : 0;
      assertThat(taken).isLessThanOrEqualTo(atOnce + given(perSecond, nowNs));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "100, 3", "999983, 4"})
  void bucketThatNeverOverflowsGivesOutAllThatGathered(long perSecond, long seed) {
    SplittableRandom chance = new SplittableRandom(seed);
    TokenBucket bucket = new TokenBucket(Rate.perSecond(perSecond), 0, 0);
    long taken = 0;
    long nowNs = 0;
    for (int i = 0; i < 20_000; i++) {
      nowNs += chance.nextLong(1 + SECOND / perSecond);
      long all = bucket.available(nowNs);
      if (all > 0) {
        bucket.take(all, nowNs);
        taken += all;
      }
      assertThat(taken).isEqualTo(given(perSecond, nowNs));
    }
  }

  private static long given(long perSecond, long ns) {
    return ns / SECOND * perSecond + ns % SECOND * perSecond / SECOND;
  }

  private static TokenBucket full(Rate rate) {
    return new TokenBucket(rate, -rate.fillNs(), 0);
  }
}
