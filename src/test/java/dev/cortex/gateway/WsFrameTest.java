package dev.cortex.gateway;

import static dev.cortex.testing.RawWebSocket.BINARY;
import static dev.cortex.testing.RawWebSocket.CLOSE;
import static dev.cortex.testing.RawWebSocket.CONTINUATION;
import static dev.cortex.testing.RawWebSocket.PING;
import static dev.cortex.testing.RawWebSocket.PONG;
import static dev.cortex.testing.RawWebSocket.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.RawWebSocket.Frame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames as RFC 6455 allows and forbids them. */
@Timeout(300)
class WsFrameTest {

  private static final int FINAL = 0x80;
  private static final byte[] PING_OP = DesktopServer.utf8("{\"op\":\"ping\",\"rid\":1}");

  @TempDir static Path folder;
  static DesktopServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @AfterEach
  void nothingIsLeftBehind() throws Exception {
    Patience.until("no connection is left", 60, () -> server.metric("cortex_connections") == 0);
  }

  private static RawWebSocket client() throws IOException {
    return server.webSocket("?subscribe=none");
  }

  private static void closesWith(int code, byte[] bytes) throws IOException {
    try (RawWebSocket client = client()) {
      client.send(bytes);
      assertThat(client.closed()).isEqualTo(code);
    }
  }

  @Test
  void connectionOfARefusedFrameEndsWhetherOrNotTheCloseIsAnswered() throws Exception {
    try (RawWebSocket answering = client(); RawWebSocket silent = client()) {
      answering.send(RawWebSocket.encoded(FINAL | TEXT, true, new byte[] {(byte) 0xff}));
      silent.send(RawWebSocket.encoded(FINAL | TEXT, false, PING_OP));
      assertThat(answering.closed()).isEqualTo(1007);
      assertThat(answering.close(1007, "").ends()).isTrue();
      assertThat(silent.closed()).isEqualTo(1002);
      assertThat(silent.ends()).isTrue();
    }
  }

  private static void pongs(RawWebSocket client) throws IOException {
    assertThat(client.json().getString("op")).isEqualTo("pong");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x40, 0x20, 0x10, 0x70})
  void reservedBitIsAProtocolError(int bit) throws Exception {
    closesWith(1002, RawWebSocket.encoded(FINAL | bit | TEXT, true, PING_OP));
    closesWith(1002, RawWebSocket.encoded(FINAL | bit | PING, true, new byte[0]));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
  void reservedOpcodeIsAProtocolError(int opcode) throws Exception {
    closesWith(1002, RawWebSocket.encoded(FINAL | opcode, true, PING_OP));
  }

  @Test
  void unmaskedFrameIsAProtocolError() throws Exception {
    closesWith(1002, RawWebSocket.encoded(FINAL | TEXT, false, PING_OP));
    closesWith(1002, RawWebSocket.encoded(FINAL | PING, false, new byte[0]));
  }

  @Test
  void controlFrameIsNeitherFragmentedNorLong() throws Exception {
    for (int opcode : new int[] {PING, PONG, CLOSE}) {
      closesWith(1002, RawWebSocket.encoded(opcode, true, new byte[0]));
      closesWith(1002, RawWebSocket.encoded(FINAL | opcode, true, new byte[126]));
    }
  }

  @Test
  void fragmentsOutOfOrderAreAProtocolError() throws Exception {
    closesWith(1002, RawWebSocket.encoded(FINAL | CONTINUATION, true, PING_OP));
    closesWith(1002, RawWebSocket.encoded(CONTINUATION, true, PING_OP));
    try (RawWebSocket client = client()) {
      client.frame(false, TEXT, PING_OP).frame(true, TEXT, PING_OP);
      assertThat(client.closed()).isEqualTo(1002);
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "125", "126", "127", "128", "65535", "65536", "262000"})
  void messageOfAnyLengthWithinTheLimitIsRead(int length) throws Exception {
    try (RawWebSocket client = client()) {
      client.text("{\"op\":\"ping\",\"rid\":1,\"filling\":\"" + "x".repeat(length) + "\"}");
      pongs(client);
    }
  }

  @Test
  void fragmentedMessageIsPutTogetherWithPingsInBetween() throws Exception {
    try (RawWebSocket client = client()) {
      client.frame(false, TEXT, Arrays.copyOf(PING_OP, 5));
      client.frame(true, PING, new byte[] {7});
      client.frame(false, CONTINUATION, new byte[0]);
      client.frame(true, PONG, new byte[] {8});
      client.frame(true, CONTINUATION, Arrays.copyOfRange(PING_OP, 5, PING_OP.length));
      Frame pong = client.frame();
      assertThat(pong.opcode()).isEqualTo(PONG);
      assertThat(pong.payload()).containsExactly(7);
      pongs(client);
    }
  }

  @Test
  void messageThatComesByteByByteIsRead() throws Exception {
    try (RawWebSocket client = client()) {
      for (byte b : RawWebSocket.encoded(FINAL | TEXT, true, PING_OP)) {
        client.send(new byte[] {b});
      }
      pongs(client);
    }
  }

  @Test
  void pingIsEchoedWithItsPayload() throws Exception {
    try (RawWebSocket client = client()) {
      byte[] payload = new byte[125];
      Arrays.fill(payload, (byte) 0xfe);
      client.frame(true, PING, payload).frame(true, PING, new byte[0]).frame(true, PONG, payload);
      assertThat(client.frame().payload()).isEqualTo(payload);
      assertThat(client.frame().payload()).isEmpty();
      assertThat(client.silentFor(100)).as("a pong needs no answer").isTrue();
    }
  }

  @Test
  void invalidUtf8ClosesWith1007() throws Exception {
    byte[][] invalid = {
      {(byte) 0xff}, {(byte) 0xc0, (byte) 0xaf}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xf4, (byte) 0x90,
          (byte) 0x80, (byte) 0x80},
      {(byte) 0xe2, (byte) 0x82}, {(byte) 0x80}, {'{', (byte) 0xc3, '}'}};
    for (byte[] text : invalid) {
      closesWith(1007, RawWebSocket.encoded(FINAL | TEXT, true, text));
      try (RawWebSocket client = client()) {
        client.frame(false, TEXT, DesktopServer.utf8("{\"a\":\"")).frame(true, CONTINUATION, text);
        assertThat(client.closed()).isEqualTo(1007);
      }
    }
  }

  @Test
  void characterSplitOverFragmentsIsValid() throws Exception {
    byte[] text = DesktopServer.utf8("{\"op\":\"ping\",\"rid\":\"😀é€\"}");
    try (RawWebSocket client = client()) {
      client.frame(false, TEXT, new byte[] {text[0]});
      for (int i = 1; i < text.length; i++) {
        client.frame(i == text.length - 1, CONTINUATION, new byte[] {text[i]});
      }
      assertThat(client.json().getString("rid")).isEqualTo("😀é€");
    }
  }

  @Test
  void oversizedFrameClosesWith1009ForAClientThatIsStillSending() throws Exception {
    byte[] frame = RawWebSocket.encoded(FINAL | TEXT, true, new byte[2 << 20]);
    try (RawWebSocket client = client()) {
      int sent = 0;
      while (sent < frame.length) {
        int part = Math.min(16 * 1024, frame.length - sent);
        client.send(Arrays.copyOfRange(frame, sent, sent + part));
        sent += part;
      }
      assertThat(client.closed()).isEqualTo(1009);
      client.close(1009, "");
      assertThat(client.ends()).isTrue();
    }
  }

  @Test
  void frameThatAnnouncesTheLargestLengthClosesAtOnce() throws Exception {
    byte[] head = {(byte) (FINAL | TEXT), (byte) 0xff, 0x7f, -1, -1, -1, -1, -1, -1, -1, 1, 2, 3, 4};
    closesWith(1009, head);
    head[2] = (byte) 0xff;
    try (RawWebSocket client = client()) {
      client.send(head);
      assertThat(client.closed()).isIn(1002, 1009);
    }
  }

  @Test
  void oversizedMessageInSmallFramesClosesWith1009() throws Exception {
    try (RawWebSocket client = client()) {
      client.frame(false, TEXT, new byte[60_000]);
      for (int i = 0; i < 5; i++) {
        client.frame(false, CONTINUATION, new byte[60_000]);
      }
      assertThat(client.closed()).isEqualTo(1009);
    }
  }

  @Test
  void messageOfEndlessFragmentsIsEnded() throws Exception {
    try (RawWebSocket client = client()) {
      client.frame(false, TEXT, new byte[0]);
      for (int i = 0; i < 300; i++) {
        client.frame(false, CONTINUATION, new byte[0]);
      }
      assertThat(client.closed()).isEqualTo(1008);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "[]", "7", "null", "\"text\"", "{", "{\"op\":\"ping\"} x",
      "{\"op\":\"ping\",\"op\":\"ping\"}"})
  void textThatIsNoJsonObjectClosesWith4400(String text) throws Exception {
    closesWith(4400, RawWebSocket.encoded(FINAL | TEXT, true, DesktopServer.utf8(text)));
  }

  @Test
  void binaryMessageClosesWith4400() throws Exception {
    closesWith(4400, RawWebSocket.encoded(FINAL | BINARY, true, PING_OP));
  }

  @Test
  void nothingIsHeardAfterTheFrameThatClosed() throws Exception {
    String cursor = server.cursor("late");
    try (RawWebSocket client = client()) {
      client.text("no json");
      client.text("{\"op\":\"publish\",\"rid\":1,\"event\":{\"orgId\":\"late\",\"type\":\"t\"}}");
      assertThat(client.closed()).isEqualTo(4400);
      client.close(4400, "");
      assertThat(client.ends()).isTrue();
    }
    assertThat(server.cursor("late")).isEqualTo(cursor);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1003, 1007, 1008, 1011, 3000, 3999, 4000, 4999})
  void closeIsEchoedWithItsCode(int code) throws Exception {
    try (RawWebSocket client = client()) {
      client.close(code, "done");
      assertThat(client.closed()).isEqualTo(code);
      assertThat(client.ends()).isTrue();
    }
  }

  @Test
  void closeWithoutCodeIsEchoed() throws Exception {
    try (RawWebSocket client = client()) {
      client.frame(true, CLOSE, new byte[0]);
      assertThat(client.closed()).isIn(1000, 1005);
      assertThat(client.ends()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999})
  void closeCodeThatMayNotBeSentIsAProtocolError(int code) throws Exception {
    try (RawWebSocket client = client()) {
      client.close(code, "");
      assertThat(client.closed()).isEqualTo(1002);
    }
  }

  @Test
  void closeOfOneByteOrWithBrokenTextIsRefused() throws Exception {
    closesWith(1002, RawWebSocket.encoded(FINAL | CLOSE, true, new byte[] {3}));
    try (RawWebSocket client = client()) {
      client.frame(true, CLOSE, new byte[] {3, (byte) 0xe8, (byte) 0xff});
      assertThat(client.closed()).isEqualTo(1007);
    }
  }

  @Test
  void clientThatClosesAndSendsOnHarmsNothing() throws Exception {
    try (RawWebSocket client = client()) {
      byte[] close = RawWebSocket.encoded(FINAL | CLOSE, true, new byte[] {3, (byte) 0xe8});
      byte[] more = RawWebSocket.encoded(FINAL | TEXT, true, PING_OP);
      byte[] both = Arrays.copyOf(close, close.length + more.length);
      System.arraycopy(more, 0, both, close.length, more.length);
      client.send(both);
      assertThat(client.closed()).isEqualTo(1000);
      assertThat(client.ends()).isTrue();
    }
  }
}
