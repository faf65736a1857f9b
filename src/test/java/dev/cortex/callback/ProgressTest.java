package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Desktop;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a desktop is told next, by what it said last. */
@Timeout(120)
final class ProgressTest {

  private static final String LOG = "aaaaaaaaaaaaa";
  private static final String OWN = "i1/inc-1";
  private static final Callback CALLBACK = new Callback(
      "acme", "c1", "user ann", new Desktop("i1", "inc-1"), 0, "https://desk.example.com/", "", "", 0, List.of(), 1, 1);

  private final Progress progress = new Progress();
  private int names;

  private static StoredEvent event(long offset, String origin) {
    return new StoredEvent(offset, "", "", 0, Priority.STANDARD, 1_000, origin, new byte[10]);
  }

  private static Stretch events(long after, long through) {
    return new Stretch(
        LongStream.rangeClosed(after + 1, through).mapToObj(offset -> event(offset, "")).toList(), through);
  }

  private Optional<Progress.Push> next(Stretch stretch, int bytesMax) {
    return progress.next(CALLBACK, stretch, bytesMax, 0, () -> "p" + ++names);
  }

  private Progress.Step answered(String logId, long offset, long head) {
    return progress.answered(Optional.of(new Position(logId, offset)), LOG, head);
  }

  @Test
  void newestEventIsToldFirstIfItIsRecent() {
    progress.begin(5, 0);
    assertThat(progress.scanned()).isEqualTo(4);
    Progress.Push push = next(events(4, 5), 100).orElseThrow();
    assertThat(push.after()).isEqualTo(4);
    assertThat(push.body().through()).isEqualTo(5);
    progress.begin(5, 0);
    assertThat(progress.next(CALLBACK, events(4, 5), 100, 1_000, () -> "old")).isEmpty();
    assertThat(progress.scanned()).isEqualTo(5);
    assertThat(next(events(5, 6), 100).orElseThrow().after()).as("nobody knows where it stands").isEqualTo(4);
  }

  @Test
  void whatIsRepeatedIsTheSameUnderTheSameNameWhateverCameMeanwhile() {
    progress.begin(3, 0);
    Progress.Push first = next(events(2, 3), 100).orElseThrow();
    Progress.Push again = next(events(2, 9), 0).orElseThrow();
    assertThat(again.id()).isEqualTo(first.id());
    assertThat(again.body().through()).isEqualTo(3);
    assertThat(answered(LOG, 3, 9)).isEqualTo(Progress.Step.ON);
    assertThat(next(events(3, 9), 100).orElseThrow().id()).isNotEqualTo(first.id());
  }

  @Test
  void desktopThatAlwaysStandsElsewhereIsNotAskedInATightCircle() {
    progress.begin(100, 0);
    for (int i = 0; i < 2; i++) {
      next(events(progress.scanned(), 100), 1_000).orElseThrow();
      assertThat(answered(LOG, 10, 100)).isEqualTo(Progress.Step.ON);
      assertThat(progress.scanned()).isEqualTo(10);
    }
    for (int i = 1; i < 4; i++) {
      next(events(10, 100), 1_000).orElseThrow();
      assertThat(answered(LOG, 10, 100)).isEqualTo(Progress.Step.SLOWLY);
      assertThat(progress.tooOften()).isEqualTo(i);
    }
    next(events(10, 100), 1_000).orElseThrow();
    assertThat(answered(LOG, 100, 100)).isEqualTo(Progress.Step.ON);
  }

  @Test
  void cursorOfAnotherLogOrOfNoneIsAstrayAndOneBeyondTheHeadIsAhead() {
    progress.begin(5, 0);
    next(events(4, 5), 100).orElseThrow();
    assertThat(answered("bbbbbbbbbbbbb", 5, 5)).isEqualTo(Progress.Step.ASTRAY);
    assertThat(progress.answered(Optional.empty(), LOG, 5)).isEqualTo(Progress.Step.ASTRAY);
    assertThat(answered(LOG, 6, 5)).isEqualTo(Progress.Step.AHEAD);
    assertThat(progress.isAhead(5)).isTrue();
    assertThat(progress.isAhead(6)).as("it was on its way here").isFalse();
    progress.begin(5, 0);
    next(events(4, 7), 100).orElseThrow();
    assertThat(answered(LOG, 7, 5)).as("read from the log before it was heard of").isEqualTo(Progress.Step.ON);
  }

  @Test
  void whatIsNotForTheDesktopIsPassedOver() {
    progress.begin(0, 0);
    assertThat(next(new Stretch(List.of(), 0), 100)).isEmpty();
    Stretch own = new Stretch(List.of(event(1, OWN), event(2, OWN)), 2);
    assertThat(progress.passOver(CALLBACK, own)).isTrue();
    assertThat(progress.scanned()).isEqualTo(2);
    assertThat(progress.passOver(CALLBACK, own)).isFalse();
    Stretch mixed = new Stretch(List.of(event(3, OWN), event(4, "i1/inc-0")), 4);
    assertThat(progress.passOver(CALLBACK, mixed)).isFalse();
    Progress.Push push = next(mixed, 100).orElseThrow();
    assertThat(push.after()).isZero();
    assertThat(push.body().events()).hasSize(1);
  }
}
