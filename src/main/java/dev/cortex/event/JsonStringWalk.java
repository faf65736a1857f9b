package dev.cortex.event;

import dev.cortex.base.Pure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Walks over one JSON string and checks it: escapes, control characters, UTF-8 and surrogates. Runs of ordinary ASCII,
 * which are nearly all of the text that models write, are passed eight bytes at a time.
 */
@Pure
final class JsonStringWalk {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private JsonStringWalk() {}

  /**
   * Finds the end of a string.
   *
   * @param quote place of its opening quote
   * @param end where the text ends
   * @return the place after its closing quote; its complement when the string is not plain, that is, holds an escape or
   *     a character beyond ASCII
   * @throws RefusedException {@link ErrorCode#NOT_JSON} with the place
   */
  static int skip(byte[] text, int quote, int end) {
    int i = quote + 1;
    boolean plain = true;
    while (true) {
      i = skipOrdinary(text, i, end);
      if (i >= end) {
        throw JsonFault.at(text, quote, "a string is not closed");
      }
      int b = text[i];
      if (b == '"') {
        return plain ? i + 1 : ~(i + 1);
      } else if (b == '\\') {
        plain = false;
        i = escape(text, i, end);
      } else if (b >= ' ') {
        i++;
      } else if (b >= 0) {
        throw JsonFault.at(text, i, "a control character in a string is not escaped");
      } else {
        plain = false;
        i = multibyte(text, i, end);
      }
    }
  }

  /** The place of the first special byte, or one from which fewer than eight bytes are left. */
  private static int skipOrdinary(byte[] text, int from, int end) {
    int i = from;
    while (i + 8 <= end) {
      long special = specials((long) LONGS.get(text, i));
      if (special != 0) {
        return i + (Long.numberOfTrailingZeros(special) >>> 3);
      }
      i += 8;
    }
    return i;
  }

  /** Marks, in the highest bit of each byte, what ends a run of ordinary ASCII; the lowest mark is always right. */
  private static long specials(long eight) {
    long quote = eight ^ ONES * '"';
    long backslash = eight ^ ONES * '\\';
    long control = (eight - ONES * ' ') & ~eight;
    return (control | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | eight) & HIGHS;
  }

  private static int escape(byte[] text, int backslash, int end) {
    int c = backslash + 1 < end ? text[backslash + 1] : -1;
    switch (c) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
        return backslash + 2;
      }
      case 'u' -> {
        return unicodeEscape(text, backslash, end);
      }
      default -> throw JsonFault.at(text, backslash, "an unknown escape in a string");
    }
  }

  private static int unicodeEscape(byte[] text, int backslash, int end) {
    int unit = hex4(text, backslash, end);
    if (unit < Character.MIN_SURROGATE || unit > Character.MAX_SURROGATE) {
      return backslash + 6;
    }
    int next = backslash + 6;
    boolean escapeFollows = next + 1 < end && text[next] == '\\' && text[next + 1] == 'u';
    boolean pair =
        Character.isHighSurrogate((char) unit)
            && escapeFollows
            && Character.isLowSurrogate((char) hex4(text, next, end));
    if (!pair) {
      throw JsonFault.at(text, backslash, "a lone surrogate in a string");
    }
    return backslash + 12;
  }

  private static int hex4(byte[] text, int backslash, int end) {
    int unit = 0;
    for (int i = backslash + 2; i < backslash + 6; i++) {
      int digit = i < end ? Character.digit(text[i], 16) : -1;
      if (digit < 0) {
        throw JsonFault.at(text, backslash, "\\u needs four hexadecimal digits");
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** Checks one character of 2 to 4 bytes by Unicode's table of well-formed UTF-8: no overlong form, no surrogate. */
  private static int multibyte(byte[] text, int lead, int end) {
    int b = text[lead] & 0xFF;
    int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
    int low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    int high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    boolean wellFormed = b >= 0xC2 && b <= 0xF4 && lead + length <= end;
    for (int i = 1; wellFormed && i < length; i++) {
      int c = text[lead + i] & 0xFF;
      wellFormed = c >= low && c <= high;
      low = 0x80;
      high = 0xBF;
    }
    if (!wellFormed) {
      boolean surrogate = b == 0xED && lead + 1 < end && (text[lead + 1] & 0xE0) == 0xA0;
      throw JsonFault.at(
          text, lead, surrogate ? "a lone surrogate in a string" : "invalid UTF-8 in a string");
    }
    return lead + length;
  }
}
