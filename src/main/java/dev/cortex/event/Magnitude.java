package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;

/** Tells whether a JSON number lies beyond the range of an IEEE double, without building huge numbers. */
@Pure
final class Magnitude {

  private static final long EXPONENT_CLAMP = 4_000_000_000L;

  private Magnitude() {}

  /** Whether the well-formed number in [start, end) would become an infinity. */
  static boolean beyondDouble(byte[] text, int start, int end) {
    int i = text[start] == '-' ? start + 1 : start;
    long wholeDigits = 0;
    long leadingZeros = 0;
    boolean zero = true;
    boolean fraction = false;
    for (; i < end && text[i] != 'e' && text[i] != 'E'; i++) {
      if (text[i] == '.') {
        fraction = true;
      } else {
        wholeDigits += fraction ? 0 : 1;
        zero &= text[i] == '0';
        leadingZeros += zero ? 1 : 0;
      }
    }
    if (zero) {
      return false;
    }
    long decimalExponent = wholeDigits - leadingZeros - 1 + exponent(text, i + 1, end);
    if (decimalExponent != 308) {
      return decimalExponent > 308;
    }
    String number = new String(text, start, end - start, StandardCharsets.ISO_8859_1);
    return Double.isInfinite(Double.parseDouble(number));
  }

  private static long exponent(byte[] text, int start, int end) {
    if (start >= end) {
      return 0;
    }
    boolean negative = text[start] == '-';
    long value = 0;
    for (int i = negative || text[start] == '+' ? start + 1 : start; i < end; i++) {
      value = Math.min(EXPONENT_CLAMP, value * 10 + (text[i] - '0'));
    }
    return negative ? -value : value;
  }
}
