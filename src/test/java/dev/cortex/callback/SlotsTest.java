package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns of pushes: bounded, fair between orgs, and not to be had by callbacks that hang. */
@Timeout(120)
final class SlotsTest {

  private final List<String> turns = new ArrayList<>();
  private final Map<String, Deque<Slots.Turn>> running = new HashMap<>();

  private Slots.Turn take(Slots slots, String orgId, boolean doubtful) {
    return slots.take(orgId, doubtful, turn -> {
      turns.add(orgId);
      running.computeIfAbsent(orgId, first -> new ArrayDeque<>()).add(turn);
    });
  }

  private void end(String orgId) {
    running.get(orgId).remove().end();
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
    end("a");
    assertThat(turns).as("b waits for a slot, a has as many as it may").containsExactly("a", "a", "b", "b");
    end("a");
    assertThat(turns).containsExactly("a", "a", "b", "b", "a");
    end("b");
    end("b");
    end("a");
    assertThat(turns).hasSize(6);
    end("a");
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
    end("good");
    assertThat(turns).as("what is free is not for those in doubt").hasSize(10);
    end("bad0");
    assertThat(turns).hasSize(11);
  }

  @Test
  void callbacksInDoubtAreNotStarvedByThoseThatWork() {
    Slots slots = new Slots(new Slots.Bounds(1, 1, 1, 1_000, 10, 100));
    for (int i = 0; i < 5; i++) {
      take(slots, "good" + i, false);
    }
    take(slots, "bad", true);
    end("good0");
    assertThat(turns).containsExactly("good0", "bad");
    end("bad");
    assertThat(turns).containsExactly("good0", "bad", "good1");
  }

  @Test
  void whoLeavesGetsNoTurnAndWhoHasOneKeepsItsSlot() {
    Slots slots = new Slots(new Slots.Bounds(1, 1, 1, 1_000, 10, 100));
    Slots.Turn first = take(slots, "a", false);
    Slots.Turn second = take(slots, "a", false);
    Slots.Turn third = take(slots, "b", true);
    first.leave();
    assertThat(slots.taken()).isEqualTo(1);
    second.leave();
    third.leave();
    third.end();
    first.end();
    first.end();
    assertThat(slots.taken()).isZero();
    assertThat(turns).containsExactly("a");
  }

  @Test
  void orgsThatMayHaveNothingCostOthersNothing() {
    Slots slots = new Slots(new Slots.Bounds(2, 1, 2, 1_000, 10, 100));
    for (int i = 0; i < 100_000; i++) {
      take(slots, "bad" + i, true);
    }
    // looking at each of those at each turn would take hours
    for (int i = 0; i < 100_000; i++) {
      take(slots, "good", false);
      end("good");
    }
    assertThat(turns).hasSize(100_001);
  }

  @Test
  void bodiesBecomeSmallerAsTheirSumGrows() {
    Slots slots = new Slots(new Slots.Bounds(10, 2, 10, 1_000, 10, 100));
    assertThat(slots.bodyMax()).isEqualTo(100);
    Slots.Turn one = take(slots, "a", false);
    Slots.Turn other = take(slots, "a", false);
    one.hold(400);
    one.hold(800);
    assertThat(slots.bodyMax()).isEqualTo(50);
    other.hold(500);
    assertThat(slots.bodyMax()).isEqualTo(10);
    one.end();
    other.end();
    assertThat(slots.bodyMax()).isEqualTo(100);
  }

  @Test
  void manyTurnsThatAreOverAtOnceDoNotPileUp() {
    Slots slots = new Slots(new Slots.Bounds(1, 1, 1, 1_000, 10, 100));
    int[] done = {0};
    Slots.Turn first = take(slots, "first", false);
    for (int i = 0; i < 100_000; i++) {
      slots.take("org" + i % 7, false, turn -> {
        done[0]++;
        turn.end();
      });
    }
    first.end();
    assertThat(done[0]).isEqualTo(100_000);
    assertThat(slots.taken()).isZero();
  }
}
