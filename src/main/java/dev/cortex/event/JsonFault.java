package dev.cortex.event;

import dev.cortex.base.Pure;

/** The refusal of a text that is not strict JSON, with the place where it stops being so. */
@Pure
final class JsonFault {

  private JsonFault() {}

  /** The refusal; {@code what} says what is wrong, without the place. */
  static RefusedException at(byte[] text, int offset, String what) {
    return new RefusedException(ErrorCode.NOT_JSON, "Not strict JSON: " + what + " at " + place(text, offset));
  }

  /** Line and column count from 1, the column in characters; the byte offset counts from 0. */
  static String place(byte[] text, int offset) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < offset; i++) {
      if (text[i] == '\n') {
        line++;
        column = 1;
      } else if ((text[i] & 0xC0) != 0x80) {
        column++;
      }
    }
    return "line " + line + ", column " + column + " (byte " + offset + ")";
  }
}
