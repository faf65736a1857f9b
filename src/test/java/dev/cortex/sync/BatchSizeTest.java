package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class BatchSizeTest {

  private final BatchSize size = new BatchSize(500);

  @Test
  void fewerAreTriedDownToOne() {
    assertThat(size.less()).isTrue();
    assertThat(size.events()).isEqualTo(250);
    for (int i = 0; i < 7; i++) {
      assertThat(size.less()).isTrue();
    }
    assertThat(size.events()).isEqualTo(1);
    assertThat(size.less()).isFalse();
    assertThat(size.events()).isEqualTo(1);
  }

  @Test
  void moreAreTriedOnlyAfterFewWentWellSeveralTimesAndNeverTooMany() {
    size.less();
    goesWell(BatchSize.PATIENCE - 1);
    size.less();
    goesWell(BatchSize.PATIENCE - 1);
    assertThat(size.events()).isEqualTo(125);
    goesWell(1);
    assertThat(size.events()).isEqualTo(250);
    goesWell(5 * BatchSize.PATIENCE);
    assertThat(size.events()).isEqualTo(500);
  }

  private void goesWell(int times) {
    for (int i = 0; i < times; i++) {
      size.more();
    }
  }
}
