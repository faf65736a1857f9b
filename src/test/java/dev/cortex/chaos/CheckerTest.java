package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.chaos.Checker.Log;
import dev.cortex.chaos.Journal.Answered;
import dev.cortex.chaos.Journal.Published;
import dev.cortex.testing.process.Seen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shows that the checker sees each kind of broken promise. */
final class CheckerTest {

  private final List<Published> published =
      List.of(new Published("a", "", 0, 1), new Published("b", "ag:s", 1, 2), new Published("c", "ag:s", 2, 3));
  private final List<Answered> answered =
      new ArrayList<>(
          List.of(
              new Answered("a", "accepted", 1, 0),
              new Answered("b", "accepted", 2, 1),
              new Answered("c", "accepted", 3, 2)));
  private final List<Seen> seen =
      new ArrayList<>(
          List.of(new Seen(1, "a", "", 0, 1), new Seen(2, "b", "ag:s", 1, 2), new Seen(3, "c", "ag:s", 2, 3)));

  private List<String> faults(String channel) {
    return Checker.faults(published, answered, List.of(new Log("anna", channel, seen)));
  }

  @Test
  void keptPromisesAreNoFault() {
    answered.add(new Answered("b", "duplicate", 2, 1));
    assertThat(faults("")).isEmpty();
  }

  @Test
  void anAcceptedEventThatNeverCameIsFound() {
    seen.remove(2);
    assertThat(faults("")).singleElement().asString().contains("never got c");
  }

  @Test
  void aHoleIsFound() {
    seen.remove(1);
    assertThat(faults("")).anyMatch(fault -> fault.contains("a gap")).anyMatch(fault -> fault.contains("sequence 0"));
  }

  @Test
  void aSecondDeliveryIsFound() {
    seen.add(seen.get(2));
    assertThat(faults("")).anyMatch(fault -> fault.contains("came twice"));
  }

  @Test
  void aReorderIsFound() {
    Collections.swap(seen, 1, 2);
    assertThat(faults("ag")).anyMatch(fault -> fault.contains("came after offset 3"));
  }

  @Test
  void anEventOfAnotherChannelIsFound() {
    assertThat(faults("ag")).singleElement().asString().contains("was not asked for");
  }

  @Test
  void anEventNobodySentIsFound() {
    seen.add(new Seen(4, "x", "", 0, 1));
    assertThat(faults("")).singleElement().asString().contains("was never sent");
  }

  @Test
  void anAlteredPayloadIsFound() {
    seen.set(0, new Seen(1, "a", "", 0, 9));
    assertThat(faults("")).singleElement().asString().contains("is not what was sent");
  }

  @Test
  void anEventUnderTwoOffsetsIsFound() {
    answered.add(new Answered("a", "accepted", 4, 0));
    assertThat(faults(""))
        .anyMatch(fault -> fault.contains("was answered"))
        .anyMatch(fault -> fault.contains("accepted twice"));
  }

  @Test
  void anOffsetGivenTwiceIsFound() {
    answered.set(2, new Answered("c", "accepted", 2, 2));
    assertThat(faults("")).anyMatch(fault -> fault.contains("offset 2 was given to"));
  }

  @Test
  void anEventWithoutAnswerIsFound() {
    answered.remove(2);
    assertThat(faults("")).singleElement().asString().contains("never got a definite answer");
  }
}
