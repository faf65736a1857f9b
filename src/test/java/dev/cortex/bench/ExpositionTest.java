package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.base.Clock;
import dev.cortex.ops.Metrics;
import dev.cortex.ops.Metrics.PollSource;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ExpositionTest {

  @Test
  void readsWhatAServerTells() {
    var metrics = new Metrics(Set.of(), Clock.SYSTEM);
    metrics.polled(PollSource.MEMORY);
    metrics.polled(PollSource.MEMORY);
    metrics.polled(PollSource.LOG);
    metrics.gauge("cortex_rooms", "Rooms.", () -> 7);

    var told = new Exposition(metrics.scrape());

    assertThat(told.polls("memory")).isEqualTo(2);
    assertThat(told.polls("room")).isZero();
    assertThat(told.polls("log")).isEqualTo(1);
    assertThat(told.heapKib()).isPositive();
    assertThat(told.rooms()).isEqualTo(7);
  }

  @Test
  void aMetricThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> new Exposition("cortex_rooms_more 3\n").rooms())
        .hasMessage("no metric cortex_rooms");
  }
}
