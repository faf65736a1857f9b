package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;

/** An event id or idempotency key as 128 bits: a canonical UUID as it is, any other text hashed. */
@Pure
public final class KeyHash {

  private KeyHash() {}

  /**
   * Whether the text is a UUID as 8-4-4-4-12 lower-case hexadecimal digits. With upper-case digits it is another id,
   * and no UUID here.
   */
  public static boolean isUuid(String text) {
    if (text.length() != 36) {
      return false;
    }
    for (int i = 0; i < 36; i++) {
      char c = text.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /** The bits of a UUID, so that time-ordered ids stay neighbours, or the first 128 bits of the text's SHA-256. */
  public static Hash128 of(String text) {
    if (isUuid(text)) {
      long hi = Long.parseUnsignedLong(text.substring(0, 8) + text.substring(9, 13) + text.substring(14, 18), 16);
      long lo = Long.parseUnsignedLong(text.substring(19, 23) + text.substring(24), 16);
      return new Hash128(hi, lo);
    }
    return hashed(text);
  }

  /** The first 128 bits of the text's SHA-256, whatever it looks like. */
  public static Hash128 hashed(String text) {
    return Hash128.prefix(ContentHash.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
