package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Holds the walk against an independent parser: the same texts must pass, and mean the same. */
@Timeout(120)
final class JsonCursorTest {

  private static final JsonFactory ORACLE =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNumberLength(Integer.MAX_VALUE).build())
          .build();
  private static final String[] PIECES = {
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"b\"", "\"\\u0061\"", "\"é€😀\"", "\"\\ud83d\\ude00\"", "1",
    "-",
    "0", ".5", "1.5e3", "e", "+", "true", "false", "null", " ", "\n", "\t", "\r", "{\"a\":1}", "[1,2]", "{}", "[]",
    "\"long enough to be read in words of eight\"", "\u0001", "/", "'", "x", "\"\\n\"", "\"\\x\"", "\"\\u12\"", "0x1",
    "01"
  };

  @Test
  void acceptsExactlyWhatAnIndependentStrictParserAccepts() {
    Random random = new Random(20_240_611);
    int accepted = 0;
    for (int round = 0; round < 200_000; round++) {
      byte[] text = random.nextInt(3) == 0 ? soup(random) : damaged(random);
      boolean want = oracleAccepts(text);
      assertThat(accepts(text))
          .as(() -> new String(text, StandardCharsets.UTF_8))
          .isEqualTo(want);
      accepted += want ? 1 : 0;
    }
    assertThat(accepted).as("the sample has both kinds").isBetween(20_000, 180_000);
  }

  @Test
  void compactTextHasTheSameTokensAndNoWhiteSpaceBetweenThem() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      byte[] text = RandomJson.object(random, 4, true).getBytes(StandardCharsets.UTF_8);
      byte[] compact = new JsonCursor(text).value().compact();
      assertThat(tokens(compact)).isEqualTo(tokens(text));
      assertThat(new JsonCursor(compact).value().compact()).isEqualTo(compact);
      assertThat(new String(compact, StandardCharsets.UTF_8)).doesNotContain("\n", "\r", "\t");
    }
  }

  @Test
  void stringsAreDecodedLikeAnIndependentParserDoes() throws IOException {
    Random random = new Random(11);
    for (int round = 0; round < 50_000; round++) {
      byte[] text = RandomJson.string(random).getBytes(StandardCharsets.UTF_8);
      try (JsonParser oracle = ORACLE.createParser(text)) {
        oracle.nextToken();
        assertThat(new JsonCursor(text).value().string()).isEqualTo(oracle.getText());
      }
    }
  }

  @Test
  void magnitudeAgreesWithDoubleArithmetic() {
    Random random = new Random(13);
    int huge = 0;
    for (int round = 0; round < 100_000; round++) {
      String number = number(random);
      byte[] text = ("[" + number + "]").getBytes(StandardCharsets.UTF_8);
      boolean want = Double.isInfinite(Double.parseDouble(number));
      assertThat(new JsonCursor(text).value().hugeAt() >= 0).as(number).isEqualTo(want);
      huge += want ? 1 : 0;
    }
    assertThat(huge).isBetween(1_000, 99_000);
  }

  @Test
  void faultNamesLineColumnAndByte() {
    byte[] text = "{\"a\":1,\n \"é\": tru}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> walk(text))
        .isInstanceOf(RefusedException.class)
        .hasMessage("Not strict JSON: expected a value at line 2, column 7 (byte 15)");
  }

  @Test
  void textTooDeepToWalkIsRefusedWithoutFillingTheStack() {
    byte[] text = "[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> walk(text))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_EVENT));
  }

  @Test
  void objectWithVeryManyNamesIsRefusedBeforeItFillsMemory() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i <= OpenNames.OPEN_MAX; i++) {
      text.append(i == 0 ? "\"" : ",\"").append(i).append("\":0");
    }
    byte[] bytes = text.append('}').toString().getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> walk(bytes)).isInstanceOf(RefusedException.class).hasMessageContaining("too many names");
  }

  @Test
  void namesWithEqualHashesStayCheap() {
    StringBuilder text = new StringBuilder("{");
    int names = 1 << 14;
    for (int i = 0; i < names; i++) {
      text.append(i == 0 ? "\"" : ",\"");
      for (int bit = 0; bit < 14; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      text.append("\":0");
    }
    byte[] good = (text + "}").getBytes(StandardCharsets.UTF_8);
    byte[] twice = (text + ",\"" + "Aa".repeat(14) + "\":0}").getBytes(StandardCharsets.UTF_8);
    assertThat(accepts(good)).isTrue();
    assertThat(accepts(twice)).isFalse();
  }

  private static void walk(byte[] text) {
    JsonCursor cursor = new JsonCursor(text);
    cursor.value();
    cursor.expectEnd();
  }

  private static boolean accepts(byte[] text) {
    try {
      walk(text);
      return true;
    } catch (RefusedException refusal) {
      assertThat(refusal.code()).isEqualTo(ErrorCode.NOT_JSON);
      return false;
    }
  }

  private static boolean oracleAccepts(byte[] text) {
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      if (decoded.startsWith("\uFEFF")) {
        return false;
      }
      try (JsonParser parser = ORACLE.createParser(decoded)) {
        int depth = 0;
        boolean seen = false;
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
          if (depth == 0 && seen) {
            return false;
          }
          seen = true;
          depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
          boolean texty = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
          if (texty && hasLoneSurrogate(parser.getText())) {
            return false;
          }
        }
        return seen;
      }
    } catch (CharacterCodingException malformed) {
      return false;
    } catch (IOException refused) {
      return false;
    }
  }

  private static boolean hasLoneSurrogate(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }

  private static List<String> tokens(byte[] text) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (JsonParser parser = ORACLE.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        tokens.add(token + " " + parser.getText());
      }
    }
    return tokens;
  }

  private static byte[] soup(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i >= 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] damaged(Random random) {
    byte[] text = RandomJson.object(random, 3, true).getBytes(StandardCharsets.UTF_8);
    for (int hits = random.nextInt(3); hits > 0 && text.length > 0; hits--) {
      int place = random.nextInt(text.length);
      switch (random.nextInt(4)) {
        case 0 -> text[place] = (byte) random.nextInt(256);
        case 1 -> text = Arrays.copyOf(text, place);
        case 2 -> text[place] = text[random.nextInt(text.length)];
        default -> text[place] = (byte) "{}[],:\"\\ 0eE.-+tfn".charAt(random.nextInt(18));
      }
    }
    return text;
  }

  private static String number(Random random) {
    StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
    int whole = random.nextInt(4) == 0 ? 300 + random.nextInt(20) : 1 + random.nextInt(3);
    text.append(random.nextInt(4) == 0 && whole < 5 ? "0" : String.valueOf((char) ('1' + random.nextInt(9))));
    if (text.charAt(text.length() - 1) != '0') {
      text.append(digits(random, whole - 1));
    }
    if (random.nextBoolean()) {
      text.append('.').append("0".repeat(random.nextInt(5))).append(digits(random, 1 + random.nextInt(20)));
    }
    if (random.nextBoolean()) {
      text.append(random.nextBoolean() ? "e" : "E+")
          .append(random.nextInt(10) == 0 ? "0099999999999" : 290 + random.nextInt(25));
    }
    return text.toString();
  }

  private static String digits(Random random, int count) {
    return random.ints(count, 0, 10).collect(StringBuilder::new, StringBuilder::append, StringBuilder::append)
        .toString();
  }
}
