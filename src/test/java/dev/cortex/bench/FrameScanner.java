package dev.cortex.bench;

import dev.cortex.base.Pure;

/** Walks over the WebSocket frames a server sent (unmasked, RFC 6455) without making an object for any of them. */
@Pure
final class FrameScanner {

  /** What to do with the frames found. The array is the reader's own and holds other bytes after the call. */
  interface Sink {

    /** One whole text message, from {@code start} (inclusive) to {@code end} (exclusive). */
    void onText(byte[] bytes, int start, int end);

    /** A ping, pong or close frame with its payload. */
    void onControl(int opcode, byte[] bytes, int start, int end);

    /** A frame that this reader does not take: masked, binary, fragmented, or with reserved bits. */
    void onForeign(int firstByte);
  }

  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  private static final int FINAL_TEXT = 0x81;

  private FrameScanner() {}

  /** Hands every complete frame in [from, to) to the sink and returns the index of the first byte not consumed. */
  static int scan(byte[] bytes, int from, int to, Sink sink) {
    var at = from;
    while (to - at >= 2) {
      var first = bytes[at] & 0xff;
      long length = bytes[at + 1] & 0xff;
      var header = 2;
      if (length == 126) {
        if (to - at < 4) {
          return at;
        }
        length = (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
        header = 4;
      } else if (length == 127) {
        if (to - at < 10) {
          return at;
        }
        length = bigEndian(bytes, at + 2);
        header = 10;
      } else if (length > 127) {
        sink.onForeign(first);
        return to;
      }
      if (to - at < header + length) {
        return at;
      }
      var start = at + header;
      at = start + (int) length;
      if (first == FINAL_TEXT) {
        sink.onText(bytes, start, at);
      } else if (first >= 0x88 && first <= 0x8a) {
        sink.onControl(first & 0xf, bytes, start, at);
      } else {
        sink.onForeign(first);
      }
    }
    return at;
  }

  private static long bigEndian(byte[] bytes, int at) {
    long value = 0;
    for (var i = 0; i < 8; i++) {
      value = value << 8 | bytes[at + i] & 0xff;
    }
    return value;
  }
}
