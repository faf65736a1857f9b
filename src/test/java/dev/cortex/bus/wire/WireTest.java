package dev.cortex.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskHeads;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Heads;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Present;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(300)
final class WireTest {

  private static final int ROUNDS = 400;
  private static final int BEFORE = 7;

  static Stream<Class<? extends Message>> all() {
    return Arrays.stream(Message.class.getPermittedSubclasses()).map(type -> type.<Message>asSubclass(Message.class));
  }

  static Stream<Class<? extends Message>> travelling() {
    return TravellingMessages.types();
  }

  @ParameterizedTest
  @MethodSource("travelling")
  <T extends Message> void whatIsReadIsWhatWasWritten(Class<T> type) {
    for (int i = 0; i < ROUNDS; i++) {
      T message = Samples.of(type, i, i);
      assertThat(Wire.read(type, written(type, message), BEFORE))
          .as("sample %d of %s", i, type.getSimpleName())
          .usingRecursiveComparison()
          .isEqualTo(message);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  <T extends Message> void everyMessageEitherTravelsOrIsListedAsLocal(Class<T> type) {
    T message = Samples.of(type, 1, 1);
    if (Wire.LOCAL.contains(type)) {
      assertThatThrownBy(() -> Wire.write(type, message, Buffer.buffer()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(type.getSimpleName() + " does not leave its node");
      assertThatThrownBy(() -> Wire.read(type, Buffer.buffer(new byte[] {1}), 0))
          .isInstanceOf(IllegalArgumentException.class);
    } else {
      assertThat(written(type, message).length()).isGreaterThan(BEFORE);
    }
  }

  @ParameterizedTest
  @MethodSource("travelling")
  <T extends Message> void messageThatEndsEarlyOrGoesOnIsRefused(Class<T> type) {
    for (int i = 0; i < 20; i++) {
      Buffer whole = written(type, Samples.of(type, i, i));
      for (int end = BEFORE; end < whole.length(); end++) {
        Buffer cut = whole.getBuffer(0, end);
        assertThatThrownBy(() -> Wire.read(type, cut, BEFORE)).isInstanceOf(WireException.class);
      }
      Buffer longer = whole.copy().appendByte((byte) 0);
      assertThatThrownBy(() -> Wire.read(type, longer, BEFORE))
          .isInstanceOf(WireException.class)
          .hasMessageContaining("goes on for 1 bytes after its end (at byte " + whole.length() + ")");
    }
  }

  @ParameterizedTest
  @MethodSource("travelling")
  <T extends Message> void otherVersionIsRefused(Class<T> type) {
    Buffer other = written(type, Samples.of(type, 1, 1)).setByte(BEFORE, (byte) (Wire.VERSION + 1));
    assertThatThrownBy(() -> Wire.read(type, other, BEFORE))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("is of version " + (Wire.VERSION + 1) + ", and " + Wire.VERSION + " is read here");
  }

  @ParameterizedTest
  @MethodSource("travelling")
  <T extends Message> void damagedMessageIsRefusedOrReadAndNothingElse(Class<T> type) {
    Random chance = new Random(42);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      Buffer damaged = written(type, Samples.of(type, i, i));
      for (int hits = 1 + chance.nextInt(3); hits > 0; hits--) {
        damaged.setByte(BEFORE + chance.nextInt(damaged.length() - BEFORE), (byte) chance.nextInt(256));
      }
      try {
        Wire.read(type, damaged, BEFORE);
      } catch (WireException e) {
        refused++;
        assertThat(e.position()).isBetween(BEFORE, damaged.length());
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void announcedSizeIsHeldAgainstWhatIsLeftBeforeAnythingIsAllocated() {
    byte[] mostItems = {Wire.VERSION, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07};
    byte[] mostBytes = {Wire.VERSION, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07, 'a'};
    assertThatThrownBy(() -> Wire.read(Heads.class, Buffer.buffer(mostItems), 0))
        .isInstanceOf(WireException.class)
        .hasMessage("announces 2147483647 and has 0 bytes (at byte 1)");
    assertThatThrownBy(() -> Wire.read(AskHead.class, Buffer.buffer(mostBytes), 0))
        .isInstanceOf(WireException.class)
        .hasMessage("announces 2147483647 and has 1 bytes (at byte 1)");
  }

  @Test
  void numbersHaveOneForm() {
    byte[] padded = {Wire.VERSION, (byte) 0x81, 0, 'a'};
    byte[] tooLong = {Wire.VERSION, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2};
    assertThatThrownBy(() -> Wire.read(AskHead.class, Buffer.buffer(padded), 0)).isInstanceOf(WireException.class);
    assertThatThrownBy(() -> Wire.read(AskHead.class, Buffer.buffer(tooLong), 0)).isInstanceOf(WireException.class);
  }

  @Test
  void numberThatIsTooLargeForItsFieldIsRefused() {
    Buffer large = Buffer.buffer(new byte[] {Wire.VERSION, 1, 1, 'u'});
    new WireWriter(large).number(1L << 31);
    assertThatThrownBy(() -> Wire.read(Present.class, large, 0))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("2147483648 where 32 bits are the most (at byte 4)");
  }

  @Test
  void keyThatComesTwiceIsRefused() {
    byte[] twice = {Wire.VERSION, 2, 1, 'u', 2, 1, 'u', 2};
    assertThatThrownBy(() -> Wire.read(Present.class, Buffer.buffer(twice), 0))
        .isInstanceOf(WireException.class)
        .hasMessage("names a key twice (at byte 5)");
  }

  @Test
  void textThatIsNotUtf8IsRefusedAndTheReplacementCharacterIsNot() {
    byte[] broken = {Wire.VERSION, 2, (byte) 0xC3, (byte) 0x28};
    assertThatThrownBy(() -> Wire.read(AskHead.class, Buffer.buffer(broken), 0))
        .isInstanceOf(WireException.class)
        .hasMessage("holds a text that is not UTF-8 (at byte 1)");
    AskHead replaced = new AskHead("\uFFFD");
    assertThat(Wire.read(AskHead.class, written(AskHead.class, replaced), BEFORE)).isEqualTo(replaced);
  }

  @Test
  void positionOutsideTheBufferIsRefused() {
    assertThatThrownBy(() -> Wire.read(AskHeads.class, Buffer.buffer(), 1)).isInstanceOf(WireException.class);
    assertThatThrownBy(() -> Wire.read(AskHeads.class, Buffer.buffer(), 0)).isInstanceOf(WireException.class);
  }

  @Test
  void envelopesTravelAsTheyAre() {
    byte[] noJson = {0, -1, '{', -128};
    StoredEvent event = new StoredEvent(7, "a", "s", 3, Priority.CRITICAL, 1_764_000_000_123L, noJson);
    Delivery delivery = new Delivery("n", "acme", "a123456789abc", 4, 6, 7, List.of(event), 4);
    Delivery read = Wire.read(Delivery.class, written(Delivery.class, delivery), BEFORE);
    assertThat(read.events().get(0).json()).isEqualTo(noJson);
  }

  @Test
  void eventTakesFewBytesBesideItsEnvelope() {
    byte[] json = "x".repeat(200).getBytes(StandardCharsets.UTF_8);
    StoredEvent[] events = new StoredEvent[20];
    Arrays.setAll(
        events,
        i -> new StoredEvent(900_000 + i, "planner", "s-42", 70 + i, Priority.STANDARD, 1_764_000_000_000L + i, json));
    Located located = Samples.of(Located.class, 1, 1);
    Buffer page = written(Page.class, new Page(located.head(), List.of(events), 900_019));
    Buffer empty = written(Page.class, new Page(located.head(), List.of(), 900_019));
    assertThat(page.length() - empty.length()).isLessThan(20 * (json.length + 9));
  }

  @Test
  void errorCodesOfAnotherVersionAreInternalHere() {
    assertThat(Arrays.stream(ErrorCode.values()).map(ErrorNumbers::of)).doesNotHaveDuplicates().doesNotContain(-1);
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(ErrorNumbers.code(ErrorNumbers.of(code))).isEqualTo(code);
      assertThat(ErrorNumbers.code(code.code())).isEqualTo(code);
    }
    assertThat(ErrorNumbers.code("of_tomorrow")).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorNumbers.code(-1)).isEqualTo(ErrorCode.INTERNAL);
  }

  /** Behind a few bytes of another owner, as on the bus. */
  private static <T extends Message> Buffer written(Class<T> type, T message) {
    Buffer buffer = Buffer.buffer(new byte[BEFORE]);
    Wire.write(type, message, buffer);
    return buffer;
  }
}
