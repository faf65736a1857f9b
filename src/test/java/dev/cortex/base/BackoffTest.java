package dev.cortex.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class BackoffTest {

  private static final double ALMOST_ONE = Math.nextDown(1.0);

  @Test
  void boundDoublesWithEveryFailureUpToTheMost() {
    Backoff backoff = new Backoff(1000, 30_000);
    assertThat(backoff.delayMs(1, ALMOST_ONE)).isEqualTo(1000);
    assertThat(backoff.delayMs(2, ALMOST_ONE)).isEqualTo(2000);
    assertThat(backoff.delayMs(5, ALMOST_ONE)).isEqualTo(16_000);
    assertThat(backoff.delayMs(6, ALMOST_ONE)).isEqualTo(30_000);
    assertThat(backoff.delayMs(Integer.MAX_VALUE, ALMOST_ONE)).isEqualTo(30_000);
  }

  @Test
  void jitterIsFull() {
    Backoff backoff = new Backoff(1000, 30_000);
    SplittableRandom random = new SplittableRandom(7);
    double mean = 0;
    for (int i = 0; i < 10_000; i++) {
      long delayMs = backoff.delayMs(3, random.nextDouble());
      assertThat(delayMs).isBetween(0L, 4000L);
      mean += delayMs / 10_000.0;
    }
    assertThat(mean).isBetween(1900.0, 2100.0);
    assertThat(backoff.delayMs(3, 0)).isZero();
  }

  @Test
  void boundNeverOverflows() {
    Backoff backoff = new Backoff(1, Long.MAX_VALUE / 2);
    for (int failures = 1; failures < 200; failures++) {
      assertThat(backoff.delayMs(failures, 0.999)).isNotNegative();
    }
  }

  @Test
  void refusesNonsense() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(0, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(10, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(1, 5).delayMs(0, 0.5));
    assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(1, 5).delayMs(1, 1.0));
  }
}
