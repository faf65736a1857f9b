package dev.cortex.bench;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;

/**
 * The payload of a measured event: its number from 0 and the time it was due, in digits at fixed places, so that a
 * reader finds both again in any envelope without parsing JSON.
 */
@Pure
final class Stamp {

  private static final byte[] MARK = "\"b\":1".getBytes(StandardCharsets.US_ASCII);
  private static final int NUMBER_DIGITS = 12;
  private static final int TIME_DIGITS = 15;
  private static final int TIME_AT = MARK.length + NUMBER_DIGITS + ",\"t\":1".length();

  private Stamp() {}

  /** JSON object of exactly {@code bytes} bytes (at least 64). */
  static String payload(long number, long dueUs, int bytes) {
    var head = "{\"b\":1" + digits(number, NUMBER_DIGITS) + ",\"t\":1" + digits(dueUs, TIME_DIGITS) + ",\"p\":\"";
    return head + "x".repeat(bytes - head.length() - 2) + "\"}";
  }

  /**
   * The place of the stamp in [start, end), or -1.
   *
   * @param hint where it was in the last frame, counted from the start; looked at first
   */
  static int find(byte[] bytes, int start, int end, int hint) {
    for (var near = Math.max(0, hint - 2); near <= hint + 2; near++) {
      if (isAt(bytes, start + near, end)) {
        return start + near;
      }
    }
    for (var at = start; at < end; at++) {
      if (isAt(bytes, at, end)) {
        return at;
      }
    }
    return -1;
  }

  /** The number of the event whose stamp is at this place. */
  static long number(byte[] bytes, int at) {
    return parse(bytes, at + MARK.length, NUMBER_DIGITS);
  }

  /** When that event was due, in microseconds of the sender's clock. */
  static long dueUs(byte[] bytes, int at) {
    return parse(bytes, at + TIME_AT, TIME_DIGITS);
  }

  private static boolean isAt(byte[] bytes, int at, int end) {
    if (at + TIME_AT + TIME_DIGITS > end) {
      return false;
    }
    for (var i = 0; i < MARK.length; i++) {
      if (bytes[at + i] != MARK[i]) {
        return false;
      }
    }
    return true;
  }

  private static long parse(byte[] bytes, int at, int count) {
    long value = 0;
    for (var i = at; i < at + count; i++) {
      value = value * 10 + bytes[i] - '0';
    }
    return value;
  }

  private static String digits(long value, int count) {
    var text = Long.toString(value);
    return "0".repeat(count - text.length()) + text;
  }
}
