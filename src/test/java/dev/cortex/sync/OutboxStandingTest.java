package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class OutboxStandingTest {

  private final OutboxStanding standing = new OutboxStanding();

  @Test
  void nothingWaitsAsFarAsNothingIsKnown() {
    standing.grew(5);
    assertThat(standing.head()).isEqualTo(5);
    assertThat(standing.depth()).isZero();
    assertThat(standing.known()).isEmpty();
  }

  @Test
  void whatGrewSinceWaitsToo() {
    standing.learn(state("a", 7, 4));
    standing.grew(9);
    standing.grew(8);
    assertThat(standing.depth()).isEqualTo(5);
    assertThat(standing.setAside()).isEqualTo(1);
  }

  @Test
  void anotherIncarnationIsNoticed() {
    assertThat(standing.learn(state("a", 7, 4))).isFalse();
    assertThat(standing.learn(state("a", 8, 4))).isFalse();
    assertThat(standing.learn(state("b", 3, 0))).isTrue();
  }

  @Test
  void numbersOfAnotherIncarnationMayBeLower() {
    standing.learn(state("a", 7, 4));
    standing.learnAnew(state("b", 3, 0));
    assertThat(standing.head()).isEqualTo(3);
    assertThat(standing.depth()).isEqualTo(3);
  }

  @Test
  void nothingIsOldOnceAllIsAnswered() {
    standing.oldest(1_000);
    standing.learn(state("a", 7, 4));
    assertThat(standing.oldestMs(1_250)).isEqualTo(250);
    assertThat(standing.oldestMs(900)).isZero();
    standing.learn(state("a", 7, 7));
    assertThat(standing.oldestMs(1_250)).isZero();
  }

  private static SyncState state(String incarnation, long head, long confirmed) {
    return new SyncState(new Desktop("i", incarnation), Optional.empty(), head, confirmed, Optional.empty(), 1);
  }
}
