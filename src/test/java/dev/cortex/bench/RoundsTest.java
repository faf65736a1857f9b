package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class RoundsTest {

  private static Row row(double eventsPerSecond, long latencyUs, long faults, String note) {
    var latencies = new Histogram(60_000_000L, 3);
    latencies.recordValue(latencyUs);
    return new Row("quiet", "load", eventsPerSecond, 2 * eventsPerSecond, 4, latencies, faults, note);
  }

  @Test
  void roundsOfOneCaseBecomeOneRow() {
    var rounds = new Rounds();
    rounds.add(row(100, 1_000, 0, ""));
    rounds.add(row(200, 3_000, 2, "late"));

    var merged = rounds.merged();

    assertThat(merged.eventsPerSecond()).isEqualTo(150);
    assertThat(merged.deliveriesPerSecond()).isEqualTo(300);
    assertThat(merged.latencyUs().getTotalCount()).isEqualTo(2);
    assertThat(merged.percentileMs(100)).isBetween(3.0, 3.01);
    assertThat(merged.faults()).isEqualTo(2);
    assertThat(merged.note()).isEqualTo("late");
  }

  @Test
  void middleRoundDecidesAndOneOddRoundDoesNot() {
    var rounds = new Rounds();
    rounds.add(row(100, 1, 0, ""));
    rounds.add(row(5_000, 1, 0, ""));
    rounds.add(row(110, 1, 0, ""));
    assertThat(rounds.median(Row::eventsPerSecond)).isEqualTo(110);

    rounds.add(row(120, 1, 0, ""));
    assertThat(rounds.median(Row::eventsPerSecond)).isEqualTo(115);
    assertThat(rounds.span(Row::eventsPerSecond)).isEqualTo("100.00 to 5,000.00");
  }
}
