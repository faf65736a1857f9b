package dev.cortex.event;

import dev.cortex.base.Pure;

/** The shapes of identifiers in the envelope. */
@Pure
public final class Ids {

  /** Longest org, agent or session id, and longest type, in characters. */
  public static final int NAME_MAX = 128;

  /** Longest event id, idempotency key or user id, in characters. */
  public static final int KEY_MAX = 256;

  private Ids() {}

  /** Whether the text is a name: {@code [A-Za-z0-9._~-]{1,128}}. */
  public static boolean isName(String text) {
    return matches(text, NAME_MAX, false);
  }

  /** Whether the text can be an event id or idempotency key: a name that may also hold {@code / : @}, up to 256. */
  public static boolean isKey(String text) {
    return matches(text, KEY_MAX, true);
  }

  /** Whether the text can be a user id: 1 to 256 printable characters (code points). */
  public static boolean isUserId(String text) {
    int count = text.codePointCount(0, text.length());
    if (count < 1 || count > KEY_MAX) {
      return false;
    }
    return text.codePoints().allMatch(Ids::isPrintable);
  }

  /** Whether the text is a type: words of {@code [A-Za-z0-9_-]} joined by single dots, 1 to 128 characters. */
  public static boolean isType(String text) {
    if (text.isEmpty() || text.length() > NAME_MAX) {
      return false;
    }
    char before = '.';
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' ? before == '.' : !(isAlphanumeric(c) || c == '_' || c == '-')) {
        return false;
      }
      before = c;
    }
    return before != '.';
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR -> false;
      default -> true;
    };
  }

  private static boolean matches(String text, int max, boolean key) {
    if (text.isEmpty() || text.length() > max) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean name = isAlphanumeric(c) || c == '.' || c == '_' || c == '~' || c == '-';
      if (!name && !(key && (c == '/' || c == ':' || c == '@'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
