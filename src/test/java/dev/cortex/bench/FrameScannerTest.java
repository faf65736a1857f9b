package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
final class FrameScannerTest {

  private static final class Seen implements FrameScanner.Sink {
    private final List<String> frames = new ArrayList<>();

    @Override
    public void onText(byte[] bytes, int start, int end) {
      frames.add("text " + new String(bytes, start, end - start, StandardCharsets.UTF_8));
    }

    @Override
    public void onControl(int opcode, byte[] bytes, int start, int end) {
      frames.add("control " + opcode + " " + (end - start));
    }

    @Override
    public void onForeign(int firstByte) {
      frames.add("foreign " + firstByte);
    }
  }

  private final Seen seen = new Seen();

  private static byte[] frame(int first, String text) {
    var payload = text.getBytes(StandardCharsets.UTF_8);
    var out = new ByteArrayOutputStream();
    out.write(first);
    if (payload.length < 126) {
      out.write(payload.length);
    } else if (payload.length < 65_536) {
      out.write(126);
      out.write(payload.length >> 8);
      out.write(payload.length);
    } else {
      out.write(127);
      for (var shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) payload.length >> shift));
      }
    }
    out.writeBytes(payload);
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 125, 126, 127, 65_535, 65_536, 70_000})
  void everyLengthFormIsRead(int length) {
    var bytes = frame(0x81, "x".repeat(length));

    assertThat(FrameScanner.scan(bytes, 0, bytes.length, seen)).isEqualTo(bytes.length);
    assertThat(seen.frames).containsExactly("text " + "x".repeat(length));
  }

  @Test
  void frameCutAnywhereIsLeftForTheNextRead() {
    for (var length : new int[] {5, 200, 66_000}) {
      var bytes = frame(0x81, "y".repeat(length));
      for (var cut = 0; cut < bytes.length; cut += cut < 12 ? 1 : 97) {
        assertThat(FrameScanner.scan(bytes, 0, cut, seen)).isZero();
      }
    }
    assertThat(seen.frames).isEmpty();
  }

  @Test
  void severalFramesAndTheBeginningOfAnotherAreTold() {
    var out = new ByteArrayOutputStream();
    out.writeBytes(frame(0x81, "one"));
    out.writeBytes(frame(0x89, "ping"));
    out.writeBytes(frame(0x81, "two"));
    var whole = out.size();
    out.writeBytes(Arrays.copyOf(frame(0x81, "three"), 4));

    assertThat(FrameScanner.scan(out.toByteArray(), 0, out.size(), seen)).isEqualTo(whole);
    assertThat(seen.frames).containsExactly("text one", "control 9 4", "text two");
  }

  @Test
  void fragmentedBinaryAndMaskedFramesAreForeign() {
    for (var first : new int[] {0x01, 0x80, 0x82, 0xc1}) {
      var bytes = frame(first, "z");
      FrameScanner.scan(bytes, 0, bytes.length, seen);
    }
    FrameScanner.scan(new byte[] {(byte) 0x81, (byte) 0x80, 0, 0, 0, 0}, 0, 6, seen);

    assertThat(seen.frames).containsExactly("foreign 1", "foreign 128", "foreign 130", "foreign 193", "foreign 129");
  }
}
