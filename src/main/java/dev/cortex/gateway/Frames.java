package dev.cortex.gateway;

import dev.cortex.base.Pure;
import io.netty.buffer.ByteBuf;

/** WebSocket text frames as bytes (RFC 6455 section 5.2): from the server, final and unmasked. */
@Pure
final class Frames {

  private static final int FINAL_TEXT = 0x81;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;

  private Frames() {}

  /** Bytes of a text frame with a payload of that length. */
  static int sizeOfText(int length) {
    return length + (length < LENGTH_16 ? 2 : length <= 0xFFFF ? 4 : 10);
  }

  /** Appends a text frame. */
  static void writeText(ByteBuf out, byte[] text) {
    out.writeByte(FINAL_TEXT);
    if (text.length < LENGTH_16) {
      out.writeByte(text.length);
    } else if (text.length <= 0xFFFF) {
      out.writeByte(LENGTH_16).writeShort(text.length);
    } else {
      out.writeByte(LENGTH_64).writeLong(text.length);
    }
    out.writeBytes(text);
  }
}
