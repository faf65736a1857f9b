package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class WakeWatchTest {

  private final WakeWatch watch = new WakeWatch(1_000, 50_000, 0);

  @Test
  void looksThatComeInTimeAreNoJump() {
    assertThat(watch.onTick(51_000, 1_000)).isFalse();
    assertThat(watch.onTick(61_900, 11_900)).as("a busy machine").isFalse();
    assertThat(watch.onTick(62_000, 12_000)).isFalse();
  }

  @Test
  void wallThatWentOnAloneIsASleep() {
    assertThat(watch.onTick(111_000, 1_000)).isTrue();
    assertThat(watch.onTick(112_000, 2_000)).as("told once").isFalse();
  }

  @Test
  void bothClocksThatWentOnAreASleep() {
    assertThat(watch.onTick(111_000, 61_000)).isTrue();
  }

  @Test
  void wallThatWentBackIsAJump() {
    assertThat(watch.onTick(20_000, 1_000)).isTrue();
  }
}
