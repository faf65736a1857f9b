package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CreditsTest {

  private final List<String> told = new ArrayList<>();
  private final Credits credits = new Credits((node, bytes) -> told.add(node + ' ' + bytes));

  private static Delivery delivery(long sentBytes, StoredEvent... events) {
    return new Delivery("n1", "acme", "log", 1, 0, events.length, List.of(events), sentBytes);
  }

  private static StoredEvent event() {
    return new StoredEvent(1, "", "", 0, Priority.STANDARD, 1, new byte[10]);
  }

  @Test
  void aTotalIsToldOnce() {
    assertThat(credits.took(delivery(10, event()))).isEqualTo(10);
    credits.report();
    credits.report();

    assertThat(told).containsExactly("n1 10");
  }

  @Test
  void whoAsksIsToldAgainThoughNothingChangedForTheReportMayHaveBeenLost() {
    credits.took(delivery(10, event()));
    credits.report();
    credits.took(delivery(10));
    credits.report();
    credits.report();

    assertThat(told).containsExactly("n1 10", "n1 10");
  }

  @Test
  void nodesThatAreGoneAreForgotten() {
    credits.took(delivery(10, event()));
    credits.retain(List.of("n2"));
    credits.report();

    assertThat(told).isEmpty();
  }
}
