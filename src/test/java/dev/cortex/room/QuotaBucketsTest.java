package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Rate;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuotaBucketsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Rate RATE = new Rate(10, 20);

  @Test
  void namesDoNotShareABucket() {
    QuotaBuckets buckets = new QuotaBuckets(RATE, 8, -2 * SECOND);

    assertThat(buckets.use("a", 0).take(20, 0)).isTrue();
    assertThat(buckets.use("a", 0).take(1, 0)).isFalse();
    assertThat(buckets.use("b", 0).take(20, 0)).isTrue();
  }

  @Test
  void whatHasFilledUpIsForgottenAndNothingIsLost() {
    QuotaBuckets buckets = new QuotaBuckets(RATE, 1_000, -2 * SECOND);
    for (int i = 0; i < 100; i++) {
      buckets.use("a" + i, 0).take(20, 0);
    }
    assertThat(buckets.size()).isEqualTo(100);

    buckets.use("b", 2 * SECOND);
    assertThat(buckets.size()).isEqualTo(1);
    assertThat(buckets.use("a7", 2 * SECOND).available(2 * SECOND)).isEqualTo(20);
  }

  @Test
  void whatIsForgottenTooEarlyComesBackWithNoMoreThanItHad() {
    QuotaBuckets buckets = new QuotaBuckets(RATE, 2, -2 * SECOND);
    buckets.use("a", 0).take(20, 0);
    buckets.use("b", 0);
    buckets.use("c", SECOND / 2);

    assertThat(buckets.size()).isEqualTo(2);
    assertThat(buckets.use("a", SECOND).available(SECOND)).as("a second of its rate").isEqualTo(10);
  }

  @Test
  void neverMoreThanTheBoundIsKeptAndNoNameEverGetsMoreThanItsRate() {
    SplittableRandom chance = new SplittableRandom(7);
    QuotaBuckets buckets = new QuotaBuckets(RATE, 30, 0);
    Map<Integer, Long> taken = new HashMap<>();
    long nowNs = 0;
    for (int i = 0; i < 50_000; i++) {
      nowNs += chance.nextLong(SECOND / 200);
      int name = chance.nextInt(1 + chance.nextInt(40));
      if (buckets.use("a" + name, nowNs).take(1, nowNs)) {
        taken.merge(name, 1L, Long::sum);
      }
      assertThat(buckets.size()).isLessThanOrEqualTo(30);
      assertThat(taken.getOrDefault(name, 0L)).isLessThanOrEqualTo(nowNs * 10 / SECOND);
    }
    assertThat(taken.get(0)).as("one in constant use").isGreaterThan(nowNs * 10 / SECOND - 20);
  }
}
