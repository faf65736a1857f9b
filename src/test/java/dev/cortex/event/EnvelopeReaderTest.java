package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class EnvelopeReaderTest {

  private static final int LIMIT = 65_536;

  private final EnvelopeReader reader = new EnvelopeReader(LIMIT);

  @ParameterizedTest
  @ValueSource(strings = {"x", "é", "€", "😀", "\\n", "\\u00e9"})
  void payloadPassesUpToItsLimitInBytesWhateverTheCharacters(String character) {
    for (int bytes : new int[] {LIMIT - 1, LIMIT, LIMIT + 1}) {
      String payload = payloadOf(bytes, character);
      Parsed parsed = reader.readEvent(bytes("{\"id\":\"e\",\"type\":\"a\",\"payload\":" + payload + "}"));
      if (bytes <= LIMIT) {
        assertThat(valid(parsed).payload()).isEqualTo(bytes(payload)).hasSize(bytes);
      } else {
        Parsed.Invalid invalid = (Parsed.Invalid) parsed;
        assertThat(invalid.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
        assertThat(invalid.id()).isEqualTo("e");
        assertThat(invalid.message()).contains("65537", "65536", "artifact", "reference");
      }
    }
  }

  @Test
  void payloadIsMeasuredAsSentWithItsWhiteSpace() {
    String fits = "{" + " ".repeat(LIMIT - 2) + "}";
    assertThat(valid(reader.readEvent(bytes("{\"type\":\"a\",\"payload\":  " + fits + "  }"))).payload())
        .isEqualTo(bytes("{}"));
    Parsed.Invalid tooLong =
        (Parsed.Invalid) reader.readEvent(bytes("{\"type\":\"a\",\"payload\": " + fits.replace("}", " }") + "}"));
    assertThat(tooLong.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
  }

  @Test
  void invalidEventInAnArrayRejectsOnlyItself() {
    List<Parsed> events =
        reader.readBody(
            bytes("[{\"type\":\"a\"},{\"id\":\"e-2\"},7,[],{\"id\":\"e 5\",\"type\":\"b\"},{\"type\":\"c\"}]"), 500);
    assertThat(events).hasSize(6);
    assertThat(valid(events.get(0)).type()).isEqualTo("a");
    assertThat(events.get(1)).isEqualTo(
        new Parsed.Invalid(
            "e-2", ErrorCode.INVALID_EVENT, "Field 'type' is missing; required is dotted words such as task.created"));
    assertThat(events.get(2)).isEqualTo(
        new Parsed.Invalid("", ErrorCode.INVALID_EVENT, "An event is a JSON object, not the number 7"));
    assertThat(events.get(3)).isInstanceOf(Parsed.Invalid.class);
    assertThat(((Parsed.Invalid) events.get(4)).id()).isEmpty();
    assertThat(valid(events.get(5)).type()).isEqualTo("c");
  }

  @Test
  void tooDeepEventInAnArrayRejectsOnlyItself() {
    String deep = "{\"type\":\"a\",\"payload\":{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}}";
    List<Parsed> events = reader.readBody(bytes("[" + deep + ",{\"type\":\"b\"}]"), 500);
    assertThat(((Parsed.Invalid) events.get(0)).message()).isEqualTo(
        "Field 'payload' is nested 65 levels deep; at most 64 are allowed");
    assertThat(valid(events.get(1)).type()).isEqualTo("b");
  }

  @Test
  void syntaxErrorInAnArrayRefusesTheWholeBody() {
    assertThatThrownBy(() -> reader.readBody(bytes("[{\"type\":\"a\"},{\"type\":\"a\",\"type\":\"b\"}]"), 500))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_JSON))
        .hasMessageContaining("\"type\" comes twice");
  }

  @Test
  void arrayHoldsAsManyEventsAsAllowedAndNotOneMore() {
    assertThat(reader.readBody(bytes("[" + "{\"type\":\"a\"},".repeat(499) + "{\"type\":\"a\"}]"), 500)).hasSize(500);
    assertThatThrownBy(() -> reader.readBody(bytes("[" + "{\"type\":\"a\"},".repeat(500) + "{\"type\":\"a\"}]"), 500))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_MANY_EVENTS));
    assertThat(reader.readBody(bytes(" [ ] "), 500)).isEmpty();
  }

  @Test
  void messagesNameFieldFindingAndWhatIsAllowed() {
    assertThat(message("{\"type\":\"a\",\"userId\":null}"))
        .isEqualTo("Field 'userId' is null; allowed is a string, or no such field");
    assertThat(message("{\"type\":\"a\",\"agentId\":\"p\",\"sessionId\":\"s\",\"sequence\":1.0}"))
        .isEqualTo(
            "Field 'sequence' is the number 1.0; allowed is an integer from 1 to 2^53-1, without fraction or exponent");
    assertThat(message("{\"type\":\"a\",\"metadata\":{\"priority\":\"high\"}}"))
        .isEqualTo(
            "Field 'metadata.priority' is the string \"high\"; "
                + "allowed is \"critical\", \"standard\" or \"background\"");
    assertThat(message("{\"type\":\"" + "x ".repeat(5_000) + "\"}")).contains("(10000 characters)")
        .hasSizeLessThan(250);
  }

  @Test
  void traceOfAForwardedEventIsKeptAndAnOddOneIgnored() {
    assertThat(valid(reader.readEvent(bytes("{\"type\":\"a\",\"traceId\":\"abc\"}"))).traceId()).isEqualTo("abc");
    assertThat(valid(reader.readEvent(bytes("{\"type\":\"a\",\"traceId\":\"a b\"}"))).traceId()).isEmpty();
    assertThat(valid(reader.readEvent(bytes("{\"type\":\"a\",\"traceId\":7}"))).traceId()).isEmpty();
  }

  private String message(String event) {
    return ((Parsed.Invalid) reader.readEvent(bytes(event))).message();
  }

  private static Draft valid(Parsed parsed) {
    assertThat(parsed).isInstanceOf(Parsed.Valid.class);
    return ((Parsed.Valid) parsed).draft();
  }

  /** An object of exactly so many bytes, filled with the character as far as it goes. */
  private static String payloadOf(int bytes, String character) {
    int size = bytes(character).length;
    int room = bytes - "{\"s\":\"\"}".length();
    return "{\"s\":\"" + character.repeat(room / size) + "x".repeat(room % size) + "\"}";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
