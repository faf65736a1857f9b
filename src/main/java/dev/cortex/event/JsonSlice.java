package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/** One JSON value where it stands in its text. The text was walked by {@link JsonCursor} and is well formed. */
@Pure
public final class JsonSlice {

  /** Stands for a field that is not there. */
  public static final JsonSlice ABSENT = new JsonSlice(new byte[0], 0, 0, 0, 0, -1, false);

  /** Largest integer that every JSON reader keeps exactly. */
  static final long INTEGER_MAX = (1L << 53) - 1;

  private static final int EXCERPT_MAX = 40;

  private final byte[] text;
  private final int start;
  private final int end;
  private final int spaces;
  private final int depth;
  private final int hugeAt;
  private final boolean plain;

  JsonSlice(byte[] text, int start, int end, int spaces, int depth, int hugeAt, boolean plain) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.spaces = spaces;
    this.depth = depth;
    this.hugeAt = hugeAt;
    this.plain = plain;
  }

  /** Whether the field is there. */
  public boolean isPresent() {
    return end > start;
  }

  /** Whether the value is a string. */
  public boolean isString() {
    return isPresent() && text[start] == '"';
  }

  /** Whether the value is an object. */
  public boolean isObject() {
    return isPresent() && text[start] == '{';
  }

  /** Whether the value is an array. */
  public boolean isArray() {
    return isPresent() && text[start] == '[';
  }

  boolean isNull() {
    return isPresent() && text[start] == 'n';
  }

  /** Whether the value is the word true. */
  public boolean isTrue() {
    return isPresent() && text[start] == 't';
  }

  /** Whether the value is the word false. */
  public boolean isFalse() {
    return isPresent() && text[start] == 'f';
  }

  /** Bytes of the value as sent. */
  public int length() {
    return end - start;
  }

  /** Levels of arrays and objects, the value itself included; 0 for a scalar. */
  int depth() {
    return depth;
  }

  /** Byte offset of a number beyond the range of a double, -1 when there is none. */
  int hugeAt() {
    return hugeAt;
  }

  /** The characters of a string value. */
  public String string() {
    return unquote(text, start + 1, end - 1, plain);
  }

  /** The value's text as sent. */
  String raw() {
    return new String(text, start, end - start, StandardCharsets.UTF_8);
  }

  /** A copy of the value's bytes as sent. */
  public byte[] bytes() {
    return Arrays.copyOfRange(text, start, end);
  }

  /** The value written as digits alone, from 0 to 2^53-1; empty for anything else, 1.0 and -0 included. */
  public OptionalLong integer() {
    return integer(text, start, end);
  }

  /** Whether the value is a number without fraction and exponent, of any sign and size. */
  boolean isIntegral() {
    int digits = isPresent() && text[start] == '-' ? start + 1 : start;
    for (int i = digits; i < end; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
    }
    return end > digits;
  }

  /** A cursor over the value alone. */
  public JsonCursor cursor() {
    return new JsonCursor(text, start, end);
  }

  /** A copy of the value without white space between its tokens; strings, numbers and order of names as sent. */
  byte[] compact() {
    if (spaces == 0) {
      return bytes();
    }
    byte[] out = new byte[end - start - spaces];
    int length = 0;
    boolean quoted = false;
    for (int i = start; i < end; i++) {
      byte b = text[i];
      if (quoted) {
        out[length++] = b;
        if (b == '\\') {
          out[length++] = text[++i];
        } else if (b == '"') {
          quoted = false;
        }
      } else if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        out[length++] = b;
        quoted = b == '"';
      }
    }
    return out;
  }

  /** What the value is, in a few words for an error message. */
  String describe() {
    if (!isPresent()) {
      return "missing";
    }
    return switch (text[start]) {
      case '{' -> "an object";
      case '[' -> "an array";
      case '"' -> "the string " + excerpt(string());
      case 't', 'f', 'n' -> raw();
      default -> "the number " + (length() <= EXCERPT_MAX ? raw() : "of " + length() + " characters");
    };
  }

  /** The text in quotes, cut when it is long. */
  static String excerpt(String value) {
    if (value.length() <= EXCERPT_MAX) {
      return '"' + value + '"';
    }
    int cut = Character.isHighSurrogate(value.charAt(EXCERPT_MAX - 1)) ? EXCERPT_MAX - 1 : EXCERPT_MAX;
    return '"' + value.substring(0, cut) + "…\" (" + value.length() + " characters)";
  }

  /** Digits alone as a number from 0 to 2^53-1; empty for anything else. */
  static OptionalLong integer(byte[] text, int start, int end) {
    if (end <= start || end - start > 16 || (text[start] == '0' && end - start > 1)) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return OptionalLong.empty();
      }
      value = value * 10 + (text[i] - '0');
    }
    return value <= INTEGER_MAX ? OptionalLong.of(value) : OptionalLong.empty();
  }

  /** The characters of a string whose content, without its quotes, is [start, end). */
  static String unquote(byte[] text, int start, int end, boolean plain) {
    if (plain) {
      return new String(text, start, end - start, StandardCharsets.ISO_8859_1);
    }
    String escaped = new String(text, start, end - start, StandardCharsets.UTF_8);
    int next = escaped.indexOf('\\');
    if (next < 0) {
      return escaped;
    }
    StringBuilder out = new StringBuilder(escaped.length());
    int from = 0;
    while (next >= 0) {
      out.append(escaped, from, next);
      char c = escaped.charAt(next + 1);
      if (c == 'u') {
        out.append((char) Integer.parseInt(escaped, next + 2, next + 6, 16));
        from = next + 6;
      } else {
        out.append(
            switch (c) {
              case 'b' -> '\b';
              case 'f' -> '\f';
              case 'n' -> '\n';
              case 'r' -> '\r';
              case 't' -> '\t';
              default -> c;
            });
        from = next + 2;
      }
      next = escaped.indexOf('\\', from);
    }
    return out.append(escaped, from, escaped.length()).toString();
  }
}
