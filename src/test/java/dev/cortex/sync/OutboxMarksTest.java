package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.Hash128;
import dev.cortex.event.KeyHash;
import dev.cortex.event.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class OutboxMarksTest {

  private static final Hash128 NONE = new Hash128(0, 0);

  @Test
  void newOutboxIsSentFromTheFirst() {
    assertThat(OutboxMarks.sendAfter(state(3, 0), new OutboxMark(0, NONE), rows(1))).isEqualTo(OptionalLong.of(0));
  }

  @Test
  void emptyOutboxOfAnEmptyCloudIsOurs() {
    assertThat(OutboxMarks.sendAfter(state(0, 0), new OutboxMark(0, NONE), List.of())).isEqualTo(OptionalLong.of(0));
  }

  @Test
  void whatWasTakenIsNotSentAgainThoughItsAnswerWasLost() {
    assertThat(OutboxMarks.sendAfter(state(9, 2), mark(5), rows(5, 6))).isEqualTo(OptionalLong.of(5));
    assertThat(OutboxMarks.sendAfter(state(9, 2), mark(5, 1, 2), rows(5, 6))).isEqualTo(OptionalLong.of(5));
  }

  @Test
  void whyAnEventWasRefusedIsAskedForAgain() {
    assertThat(OutboxMarks.sendAfter(state(9, 2), mark(5, 2, 4, 5), rows(5, 6))).isEqualTo(OptionalLong.of(3));
    assertThat(OutboxMarks.sendAfter(state(9, 2), mark(5, 3), rows(5, 6))).isEqualTo(OptionalLong.of(2));
  }

  @Test
  void markBeyondTheHeadIsAnotherOutbox() {
    assertThat(OutboxMarks.sendAfter(state(3, 3), mark(4), List.of())).isEmpty();
  }

  @Test
  void anotherHashIsAnotherOutbox() {
    OutboxMark other = new OutboxMark(5, KeyHash.hashed("somebody else's"));
    assertThat(OutboxMarks.sendAfter(state(9, 5), other, rows(5, 6))).isEmpty();
  }

  @Test
  void markOfWhatWasTrimmedSinceIsBelieved() {
    assertThat(OutboxMarks.sendAfter(state(9, 5), mark(5), rows(6))).isEqualTo(OptionalLong.of(5));
  }

  @Test
  void markWithoutItsRowThatWasNeverConfirmedIsAnotherOutbox() {
    assertThat(OutboxMarks.sendAfter(state(9, 2), mark(5), rows(6))).isEmpty();
  }

  @Test
  void whatTheCloudLostIsSentAgainWhileItIsHere() {
    assertThat(OutboxMarks.sendAfter(state(9, 8), mark(5), rows(5, 6))).isEqualTo(OptionalLong.of(5));
    assertThat(OutboxMarks.sendAfter(state(9, 8), mark(5), rows(7))).isEmpty();
  }

  @Test
  void onlyAMarkOfMoreOrOfOtherEventsShowsThatThisDesktopWasRestored() {
    assertThat(OutboxMarks.showsRestore(state(3, 3), mark(4), List.of())).isTrue();
    assertThat(OutboxMarks.showsRestore(state(9, 2), mark(5), rows(6))).isTrue();
    OutboxMark other = new OutboxMark(5, KeyHash.hashed("somebody else's"));
    assertThat(OutboxMarks.showsRestore(state(9, 5), other, rows(5, 6))).isTrue();
    assertThat(OutboxMarks.showsRestore(state(9, 8), mark(5), rows(7))).as("the cloud lost some").isFalse();
  }

  @Test
  void markIsRead() {
    byte[] body = utf8("{\"number\":7,\"hash\":\"00000000000000ff8000000000000001\",\"refused\":[3,5],\"more\":[]}");
    assertThat(OutboxMarks.read(body))
        .isEqualTo(new OutboxMark(7, new Hash128(255, Long.MIN_VALUE + 1), List.of(3L, 5L)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}",
      "{\"number\":-1,\"hash\":\"00000000000000ff8000000000000001\",\"refused\":[]}",
      "{\"number\":1,\"hash\":\"00000000000000ff8000000000000001\"}",
      "{\"number\":1,\"hash\":\"00000000000000ff8000000000000001\",\"refused\":1}",
      "{\"number\":9,\"hash\":\"00000000000000ff8000000000000001\",\"refused\":[3,\"5\"]}",
      "{\"number\":1,\"hash\":\"ff\",\"refused\":[]}", "{\"number\":1,\"refused\":[]}"})
  void anythingElseIsRefused(String body) {
    assertThatThrownBy(() -> OutboxMarks.read(utf8(body))).isInstanceOf(RefusedException.class);
  }

  private static SyncState state(long head, long confirmed) {
    return new SyncState(new Desktop("i", "n"), Optional.empty(), head, confirmed, Optional.empty(), 0);
  }

  private static OutboxMark mark(long number) {
    return mark(number, new long[0]);
  }

  private static OutboxMark mark(long number, long... refused) {
    return new OutboxMark(number, KeyHash.hashed("e" + number), Arrays.stream(refused).boxed().toList());
  }

  private static List<Outgoing> rows(long... numbers) {
    return Arrays.stream(numbers).mapToObj(n -> new Outgoing(n, "e" + n, 1, new byte[0])).toList();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
