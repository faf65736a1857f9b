package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
final class PollPaceTest {

  private static final long REST_MS = 5_000;
  private static final long RATE = 100;

  private static long ns(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }

  /** A fleet in which everyone comes again when it was told to, somewhat later by chance. */
  private static final class Fleet {
    private final PollPace pace = new PollPace(REST_MS, RATE, 0);
    private final PriorityQueue<Long> due = new PriorityQueue<>();
    private final Random chance = new Random(7);
    private final long[] perSecond = new long[7_200];
    private long toldMs = REST_MS;

    private void joins(int desktops, long atMs) {
      for (int i = 0; i < desktops; i++) {
        due.add(atMs + chance.nextInt((int) REST_MS));
      }
    }

    private void leaves(int desktops) {
      for (int i = 0; i < desktops; i++) {
        due.remove();
      }
    }

    private void runs(long untilMs) {
      while (!due.isEmpty() && due.peek() < untilMs) {
        long atMs = due.remove();
        toldMs = pace.answered(ns(atMs));
        perSecond[(int) (atMs / 1_000)]++;
        due.add(atMs + toldMs + chance.nextInt((int) (toldMs / 10)));
      }
    }

    private double rate(int fromSecond, int toSecond) {
      long sum = 0;
      for (int second = fromSecond; second < toSecond; second++) {
        sum += perSecond[second];
      }
      return (double) sum / (toSecond - fromSecond);
    }
  }

  @Test
  void fewAreToldToComeSoon() {
    Fleet fleet = new Fleet();
    fleet.joins(400, 0); // 80 a second at rest
    fleet.runs(600_000);
    assertThat(fleet.toldMs).isEqualTo(REST_MS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 3_000, 10_000, 20_000})
  void largeFleetStaysBelowTheRateAfterAWhileAndDoesNotSwing(int desktops) {
    Fleet fleet = new Fleet();
    fleet.joins(desktops, 0);
    fleet.runs(3_000_000);
    int settled = 1_000;
    for (int second = settled; second < 2_990; second += 10) {
      assertThat(fleet.rate(second, second + 10)).as("at %d s", second).isBetween(RATE * 0.25, RATE * 1.1);
    }
    assertThat(fleet.rate(settled, 2_990)).isBetween(RATE * 0.4, RATE * 1.0);
  }

  @Test
  void timeIsCapped() {
    Fleet fleet = new Fleet();
    fleet.joins(200_000, 0);
    fleet.runs(1_200_000);
    assertThat(fleet.toldMs).isEqualTo(PollPace.AFTER_MS_MAX);
  }

  @Test
  void growthIsNotMoreThanASecondASecond() {
    PollPace pace = new PollPace(REST_MS, RATE, 0);
    for (int ms = 0; ms < 60_000; ms++) {
      long told = pace.answered(ns(ms)); // 1,000 a second
      assertThat(told).isBetween(REST_MS, REST_MS + ms + 1);
    }
    assertThat(pace.answered(ns(60_000))).isGreaterThan(REST_MS + 50_000);
  }

  @Test
  void fleetThatLeftIsForgottenSlowlyAndWhenNobodyComesToo() {
    Fleet fleet = new Fleet();
    fleet.joins(5_000, 0);
    fleet.runs(1_200_000);
    long before = fleet.toldMs;
    assertThat(before).isGreaterThan(30_000);
    fleet.leaves(4_900);
    fleet.runs(1_300_000);
    assertThat(fleet.toldMs).isBetween(before - 60_000, before - 1_000);
    fleet.runs(2_400_000);
    assertThat(fleet.toldMs).isEqualTo(REST_MS);
    PollPace pace = new PollPace(REST_MS, 1, 0);
    for (int i = 0; i < 100_000; i++) {
      pace.answered(ns(i));
    }
    assertThat(pace.answered(ns(100_000))).isGreaterThan(50_000);
    assertThat(pace.answered(Long.MAX_VALUE / 2)).isEqualTo(REST_MS);
  }

  @Test
  void restMayBeLongerThanTheCap() {
    PollPace pace = new PollPace(600_000, 1, 0);
    for (int i = 0; i < 20_000; i++) {
      assertThat(pace.answered(ns(i))).isEqualTo(600_000);
    }
  }
}
