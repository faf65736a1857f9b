package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns of pushes: bounded, fair between orgs, and not to be had by callbacks that hang. */
@Timeout(20)
final class SlotsTest {

  private final List<String> turns = new ArrayList<>();

  private void take(Slots slots, String orgId, boolean doubtful) {
    slots.take(orgId, doubtful, () -> turns.add(orgId));
  }

  @Test
  void orgsTakeTurnsAndNoneHasAll() {
    Slots slots = new Slots(new Slots.Bounds(3, 1, 2, 1_000, 10, 100));
    for (int i = 0; i < 4; i++) {
      take(slots, "a", false);
    }
    take(slots, "b", false);
    take(slots, "b", false);
    assertThat(turns).containsExactly("a", "a", "b");
    slots.release("a", false, 0);
    assertThat(turns).containsExactly("a", "a", "b", "a");
    slots.release("a", false, 0);
    assertThat(turns).containsExactly("a", "a", "b", "a", "b");
    slots.release("b", false, 0);
    slots.release("b", false, 0);
    slots.release("a", false, 0);
    assertThat(turns).hasSize(6);
    slots.release("a", false, 0);
    assertThat(slots.taken()).isZero();
  }

  @Test
  void callbacksInDoubtShareASmallPart() {
    Slots slots = new Slots(new Slots.Bounds(10, 2, 10, 1_000, 10, 100));
    for (int i = 0; i < 8; i++) {
      take(slots, "bad" + i, true);
    }
    assertThat(turns).hasSize(2);
    for (int i = 0; i < 8; i++) {
      take(slots, "good", false);
    }
    assertThat(turns).hasSize(10);
    slots.release("good", false, 0);
    assertThat(turns).as("what is free is not for those in doubt").hasSize(10);
    slots.release("bad0", true, 0);
    assertThat(turns).hasSize(11);
  }

  @Test
  void bodiesBecomeSmallerAsTheirSumGrows() {
    Slots slots = new Slots(new Slots.Bounds(10, 2, 10, 1_000, 10, 100));
    assertThat(slots.bodyMax()).isEqualTo(100);
    slots.hold(800);
    assertThat(slots.bodyMax()).isEqualTo(50);
    slots.hold(500);
    assertThat(slots.bodyMax()).isEqualTo(10);
    take(slots, "a", false);
    slots.release("a", false, 1_300);
    assertThat(slots.bodyMax()).isEqualTo(100);
  }

  @Test
  void manyTurnsThatAreOverAtOnceDoNotPileUp() {
    Slots slots = new Slots(new Slots.Bounds(1, 1, 1, 1_000, 10, 100));
    int[] done = {0};
    slots.take("first", false, () -> { });
    for (int i = 0; i < 100_000; i++) {
      slots.take("org" + i % 7, false, () -> {
        done[0]++;
        slots.release("org" + (done[0] - 1) % 7, false, 0);
      });
    }
    slots.release("first", false, 0);
    assertThat(done[0]).isEqualTo(100_000);
    assertThat(slots.taken()).isZero();
  }
}
