package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class FrameReaderTest {

  private static final Channel SESSION = new Channel("acme", "planner", "s-42");

  private final FrameReader reader = new FrameReader();

  @Test
  void subscribeCarriesChannelBeginningAndDelta() {
    assertThat(read("{\"op\":\"subscribe\",\"rid\":\"r1\",\"channel\":\"acme\"}"))
        .isEqualTo(new ClientFrame.Subscribe("\"r1\"", Channel.root("acme"), new Since.Live(), false));
    assertThat(
            read(
                "{\"delta\":true,\"since\":\"a123456789abc.7\","
                    + "\"channel\":\"acme:planner:s-42\",\"op\":\"subscribe\"}"))
        .isEqualTo(
            new ClientFrame.Subscribe("", SESSION, new Since.Cursor(new Position("a123456789abc", 7)), true));
    assertThat(read("{\"op\":\"subscribe\",\"channel\":\"acme:planner:s-42\",\"since\":{\"sequence\":0}}"))
        .isEqualTo(new ClientFrame.Subscribe("", SESSION, new Since.Sequence(0), false));
    assertThat(read("{\"op\":\"subscribe\",\"channel\":\"acme\",\"since\":\"1764000000000\"}"))
        .isEqualTo(new ClientFrame.Subscribe("", Channel.root("acme"), new Since.Time(1_764_000_000_000L), false));
    assertThat(read("{\"op\":\"subscribe\",\"channel\":\"acme\",\"since\":0,\"delta\":null,\"rid\":null}"))
        .isEqualTo(new ClientFrame.Subscribe("", Channel.root("acme"), new Since.Time(0), false));
  }

  @Test
  void publishKeepsTheBytesOfItsEvent() {
    ClientFrame frame =
        read(" {\"op\" : \"publish\", \"rid\": 7, \"event\": {\"type\":\"a\", \"payload\":{\"é\":1.0}} } ");
    assertThat(frame.rid()).isEqualTo("7");
    assertThat(((ClientFrame.Publish) frame).event()).isEqualTo(bytes("{\"type\":\"a\", \"payload\":{\"é\":1.0}}"));
  }

  @Test
  void smallFramesAreRead() {
    assertThat(read("{\"op\":\"unsubscribe\",\"channel\":\"acme:planner\"}"))
        .isEqualTo(new ClientFrame.Unsubscribe("", new Channel("acme", "planner", "")));
    assertThat(read("{\"op\":\"presence\",\"channel\":\"acme\",\"rid\":-1}"))
        .isEqualTo(new ClientFrame.Presence("-1", Channel.root("acme")));
    assertThat(read("{\"op\":\"ping\",\"rid\":\"\\u00e9\\\"\"}")).isEqualTo(new ClientFrame.Ping("\"\\u00e9\\\"\""));
  }

  @Test
  void resumeCarriesItsTokenAndWhereEachSubscriptionStands() {
    ClientFrame.Resume resume = (ClientFrame.Resume) read(
        "{\"op\":\"resume\",\"rid\":7,\"token\":\"T\",\"subscriptions\":[{\"channel\":\"acme\"},"
            + "{\"cursor\":\"a123456789abc.7\",\"channel\":\"acme:planner:s-42\",\"delta\":true,\"more\":[]}]}");
    assertThat(resume.token()).isEqualTo("T");
    assertThat(resume.subscriptions()).containsExactly(
        new ClientFrame.Subscribe("", Channel.root("acme"), new Since.Live(), false),
        new ClientFrame.Subscribe("", SESSION, new Since.Cursor(new Position("a123456789abc", 7)), true));
    assertThat(resume.toString()).doesNotContain("T,").contains("acme");
    assertThat(read("{\"op\":\"resume\",\"token\":\"\"}"))
        .isEqualTo(new ClientFrame.Resume("", "", List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{\"op\":\"resume\"}",
      "{\"op\":\"resume\",\"token\":[\"SECRET\"]}",
      "{\"op\":\"resume\",\"token\":\"SECRET\",\"subscriptions\":{}}",
      "{\"op\":\"resume\",\"token\":\"SECRET\",\"subscriptions\":[\"acme\"]}",
      "{\"op\":\"resume\",\"token\":\"SECRET\",\"subscriptions\":[{\"cursor\":\"a123456789abc.7\"}]}"})
  void resumeThatIsWrongIsRefusedWithoutItsToken(String text) {
    ClientFrame.Refused refused = (ClientFrame.Refused) read(text);
    assertThat(refused.code()).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refused.message()).doesNotContain("SECRET");
  }

  @ParameterizedTest
  @ValueSource(strings = {"consume", "ack", "nack", "extend", "state.get", "state.put", "state.cas",
      "Subscribe", ""})
  void opThatIsNotServedIsUnknown(String op) {
    assertThat(read("{\"op\":\"" + op + "\",\"rid\":\"r\",\"channel\":7}"))
        .isEqualTo(new ClientFrame.Unknown("\"r\"", op));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`{}`, op",
        "`{\"op\":7}`, op",
        "`{\"op\":\"subscribe\"}`, channel",
        "`{\"op\":\"subscribe\",\"channel\":\"a:b:c:d\"}`, channel",
        "`{\"op\":\"subscribe\",\"channel\":\"\"}`, channel",
        "`{\"op\":\"subscribe\",\"channel\":[\"a\"]}`, channel",
        "`{\"op\":\"subscribe\",\"channel\":\"a\",\"delta\":1}`, delta",
        "`{\"op\":\"subscribe\",\"channel\":\"a\",\"since\":true}`, since",
        "`{\"op\":\"subscribe\",\"channel\":\"a\",\"since\":-1}`, since",
        "`{\"op\":\"subscribe\",\"channel\":\"a\",\"since\":1.5}`, since",
        "`{\"op\":\"subscribe\",\"channel\":\"a:b:c\",\"since\":{}}`, since.sequence",
        "`{\"op\":\"subscribe\",\"channel\":\"a:b:c\",\"since\":{\"sequence\":\"1\"}}`, since.sequence",
        "`{\"op\":\"subscribe\",\"channel\":\"a:b\",\"since\":{\"sequence\":1}}`, since.sequence",
        "`{\"op\":\"publish\"}`, event",
        "`{\"op\":\"publish\",\"event\":null}`, event",
        "`{\"op\":\"unsubscribe\"}`, channel",
        "`{\"op\":\"presence\"}`, channel"
      })
  void wrongFieldIsRefusedWithItsNameAndTheRidKept(String frame, String field) {
    String withRid = frame.replaceFirst("\\{(?=.)", frame.equals("{}") ? "{\"rid\":42" : "{\"rid\":42,");
    ClientFrame.Refused refused = (ClientFrame.Refused) read(withRid);
    assertThat(refused.rid()).isEqualTo("42");
    assertThat(refused.code()).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(refused.message()).contains("'" + field + "'", "allowed");
  }

  @Test
  void malformedCursorIsRefusedAsSuch() {
    ClientFrame.Refused refused =
        (ClientFrame.Refused) read("{\"op\":\"subscribe\",\"rid\":\"r\",\"channel\":\"a\",\"since\":\"nonsense\"}");
    assertThat(refused.code()).isEqualTo(ErrorCode.CURSOR_INVALID);
    assertThat(refused.rid()).isEqualTo("\"r\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\"", "1.5", "1e3", "true", "{}", "[1]"})
  void oddRidIsRefusedAndNotEchoed(String rid) {
    ClientFrame.Refused refused = (ClientFrame.Refused) read("{\"op\":\"ping\",\"rid\":" + rid + "}");
    assertThat(refused.rid()).isEmpty();
    assertThat(refused.message()).contains("'rid'");
  }

  @Test
  void ridHasAtMost128Characters() {
    assertThat(read("{\"op\":\"ping\",\"rid\":\"" + "é".repeat(128) + "\"}")).isInstanceOf(ClientFrame.Ping.class);
    assertThat(read("{\"op\":\"ping\",\"rid\":\"" + "é".repeat(129) + "\"}")).isInstanceOf(ClientFrame.Refused.class);
    assertThat(read("{\"op\":\"ping\",\"rid\":" + "1".repeat(129) + "}")).isInstanceOf(ClientFrame.Refused.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "[]", "7", "\"op\"", "null", "{\"op\":\"ping\"} x",
      "{\"op\":\"ping\",\"op\":\"ping\"}", "{"})
  void whatIsNoStrictJsonObjectIsABadFrame(String message) {
    assertThatThrownBy(() -> read(message))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_FRAME));
  }

  @Test
  void frameTooDeepToWalkIsRefusedAndTheConnectionStays() {
    String deep = "[".repeat(5_000) + "]".repeat(5_000);
    ClientFrame frame = read("{\"op\":\"publish\",\"event\":{\"payload\":" + deep + "}}");
    ClientFrame.Refused refused = (ClientFrame.Refused) frame;
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_EVENT);
    assertThat(refused.message()).contains("at most 64 are allowed");
  }

  @Test
  void garbageIsAlwaysAnsweredNeverAFailure() {
    Random random = new Random(99);
    byte[] seed =
        bytes("{\"op\":\"subscribe\",\"rid\":1,\"channel\":\"a:b:c\",\"since\":{\"sequence\":1},\"delta\":true}");
    int read = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] message = seed.clone();
      for (int hits = random.nextInt(4); hits >= 0; hits--) {
        message[random.nextInt(message.length)] =
            (byte) (random.nextBoolean() ? random.nextInt(256) : "{}\":,0[".charAt(random.nextInt(7)));
      }
      try {
        reader.read(message);
        read++;
      } catch (RefusedException refusal) {
        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_FRAME);
      }
    }
    assertThat(read).isBetween(1_000, 49_000);
  }

  private ClientFrame read(String message) {
    return reader.read(bytes(message));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
