package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.chaos.sync.Judge.Log;
import dev.cortex.chaos.sync.Judge.Verdict;
import dev.cortex.testing.process.Seen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shows that the judge sees each kind of broken promise. */
final class JudgeTest {

  private final List<Born> born = new ArrayList<>();
  private final List<Seen> seen = new ArrayList<>();
  private boolean whole = true;

  @BeforeEach
  void everyPromiseWasKept() {
    for (int i = 1; i <= 4; i++) {
      born.add(new Born("desktop", 10 + i, "e" + i, "p:s", i, i));
      seen.add(new Seen(i, "e" + i, "p:s", i, i));
    }
  }

  private Verdict verdict() {
    return Judge.of(born, List.of(new Log("cloud", seen, whole)), List.of());
  }

  @Test
  void keptPromisesAreNoFault() {
    Verdict verdict = verdict();
    assertThat(verdict.faults()).isEmpty();
    assertThat(verdict.good()).isTrue();
    assertThat(verdict.accepted()).isEqualTo(4);
  }

  @Test
  void aLostEventIsFound() {
    seen.remove(3);
    assertThat(verdict().lost()).isEqualTo(1);
  }

  @Test
  void aLogWhoseBeginningIsGoneHasLostNothing() {
    seen.remove(0);
    whole = false;
    assertThat(verdict().faults()).isEmpty();
  }

  @Test
  void aSecondTimeIsFound() {
    seen.add(new Seen(5, "e4", "p:s", 4, 4));
    Verdict verdict = verdict();
    assertThat(verdict.twice()).isEqualTo(1);
    assertThat(verdict.good()).isFalse();
  }

  @Test
  void acceptedTwiceIsFound() {
    born.add(new Born("cloud", 1, "e4", "p:s", 4, 4));
    assertThat(verdict().twice()).isEqualTo(1);
  }

  @Test
  void aSessionOutOfOrderIsFound() {
    Collections.swap(seen, 1, 2);
    assertThat(verdict().disordered()).isPositive();
  }

  @Test
  void eventsWithoutASessionKeepTheOrderOfTheirPlace() {
    born.replaceAll(each -> new Born(each.place(), each.offset(), each.id(), "", 0, each.payload()));
    seen.clear();
    int offset = 0;
    for (int i : new int[] {1, 3, 2, 4}) {
      seen.add(new Seen(++offset, "e" + i, "", 0, i));
    }
    assertThat(verdict().disordered()).isEqualTo(1);
  }

  @Test
  void aHoleInTheOffsetsIsFound() {
    seen.set(3, new Seen(5, "e4", "p:s", 4, 4));
    assertThat(verdict().disordered()).isEqualTo(1);
  }

  @Test
  void anAlteredOrUnknownEventIsFound() {
    seen.set(3, new Seen(4, "e4", "p:s", 4, 99));
    seen.add(new Seen(5, "e9", "", 0, 9));
    assertThat(verdict().others()).isEqualTo(2);
  }

  @Test
  void aComplaintIsFound() {
    Verdict verdict = Judge.of(born, List.of(), List.of("refused"));
    assertThat(verdict.others()).isEqualTo(1);
    assertThat(verdict.faults()).containsExactly("refused");
  }
}
