package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The newest events of an org: without a hole, and never more than allowed. */
@Timeout(120)
final class RecentEventsTest {

  private static final long SEED = 7;

  private static StoredEvent event(long offset, int bytes) {
    return new StoredEvent(offset, "", "", 0, Priority.STANDARD, 0, new byte[bytes]);
  }

  private static List<StoredEvent> events(long after, long through) {
    return LongStream.rangeClosed(after + 1, through).mapToObj(offset -> event(offset, 10)).toList();
  }

  private static List<Long> offsets(List<StoredEvent> events) {
    return events.stream().map(StoredEvent::offset).toList();
  }

  @Test
  void whatFollowsIsKeptAndWhatLeavesAHoleBeginsAnew() {
    RecentEvents recent = new RecentEvents(new RecentEvents.Budget(1_000_000), 100, 10_000, 5);
    recent.add(5, 8, events(5, 8));
    recent.add(6, 9, events(6, 9));
    assertThat(recent.head()).isEqualTo(9);
    assertThat(offsets(recent.after(5, 100))).containsExactly(6L, 7L, 8L, 9L);
    assertThat(offsets(recent.after(6, 2))).containsExactly(7L, 8L);
    recent.add(20, 22, events(20, 22));
    assertThat(recent.head()).isEqualTo(22);
    assertThat(recent.covers(9)).isFalse();
    assertThat(recent.covers(22)).isTrue();
    recent.add(22, 25, List.of());
    assertThat(recent.head()).isEqualTo(25);
    assertThat(recent.covers(24)).isFalse();
    recent.add(3, 25, events(3, 25));
    assertThat(recent.isEmpty()).isTrue();
  }

  @Test
  void boundsHoldWhateverComes() {
    Random chance = new Random(SEED);
    RecentEvents.Budget budget = new RecentEvents.Budget(3_000);
    List<RecentEvents> orgs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      orgs.add(new RecentEvents(budget, 20, 1_000, 0));
    }
    for (int step = 0; step < 20_000; step++) {
      RecentEvents recent = orgs.get(chance.nextInt(orgs.size()));
      long head = recent.head();
      switch (chance.nextInt(10)) {
        case 0 -> recent.forget(head - chance.nextInt(10));
        case 1 -> recent.reset(head + chance.nextInt(3));
        default -> {
          long through = head + 1 + chance.nextInt(5);
          List<StoredEvent> added = LongStream.rangeClosed(head + 1, through)
              .mapToObj(offset -> event(offset, chance.nextInt(200)))
              .toList();
          recent.add(head, through, added);
          assertThat(recent.head()).isEqualTo(through);
        }
      }
      long held = 0;
      for (RecentEvents one : orgs) {
        long start = one.head();
        while (start > 0 && one.covers(start - 1)) {
          start--;
        }
        List<StoredEvent> kept = one.after(start, 1_000);
        long bytes = kept.stream().mapToLong(event -> event.json().length).sum();
        assertThat(kept.size()).isEqualTo((int) (one.head() - start)).isLessThanOrEqualTo(20);
        assertThat(bytes).isLessThanOrEqualTo(1_000);
        held += bytes;
      }
      assertThat(held).isLessThanOrEqualTo(3_000);
    }
  }
}
