package dev.cortex.event;

import dev.cortex.base.Pure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Walks once over UTF-8 text that must be strict JSON (RFC 8259): no comments, trailing commas, trailing data, names
 * that come twice in their object, invalid UTF-8 or lone surrogates, raw or escaped. Values are told as slices of the
 * text, never copied or converted. Breaking a rule throws {@link RefusedException} with {@link ErrorCode#NOT_JSON} and
 * the place.
 *
 * <p>A general JSON parser keeps a table of the names it has seen, which grows with what strangers send, and lets some
 * malformed UTF-8 pass; this walk keeps nothing and checks every byte.
 */
@Pure
final class JsonCursor {

  /** Deepest nesting the walk itself follows; what an event may have is less and is judged per event. */
  static final int WALK_DEPTH_MAX = 512;

  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private final byte[] text;
  private final int end;
  private final OpenNames names = new OpenNames();
  private int at;
  private boolean first;
  private int openMark;
  private int nameStart;
  private int nameEnd;
  private boolean namePlain;
  /** Whether the string read last is ASCII without escapes. */
  private boolean plain;
  private int spaces;
  private int deepest;
  private int hugeAt;

  JsonCursor(byte[] text) {
    this(text, 0, text.length);
  }

  JsonCursor(byte[] text, int start, int end) {
    this.text = text;
    this.at = start;
    this.end = end;
    if (end - start >= 3 && text[start] == (byte) 0xEF && text[start + 1] == (byte) 0xBB && text[start + 2] == (byte) 0xBF) {
      throw fault(start, "a byte order mark is not allowed");
    }
  }

  /** The first byte of what comes next, white space skipped; -1 at the end of the text. */
  int peek() {
    int i = at;
    while (i < end) {
      byte b = text[i];
      if (b > ' ' || (b != ' ' && b != '\n' && b != '\r' && b != '\t')) {
        break;
      }
      i++;
    }
    spaces += i - at;
    at = i;
    return i < end ? text[i] & 0xFF : -1;
  }

  /** Enters the array or object that begins here. */
  void open() {
    at++;
    first = true;
    openMark = names.enter();
  }

  /** Whether another element of the open array follows; leaves the array when not. */
  boolean nextElement() {
    return next(']', "array");
  }

  /** Whether another field of the open object follows, its name read; leaves the object when not. */
  boolean nextField() {
    if (!next('}', "object")) {
      names.leave(openMark);
      return false;
    }
    name(openMark);
    return true;
  }

  /** Name of the field whose value comes next. */
  String name() {
    return JsonSlice.unquote(text, nameStart, nameEnd, namePlain);
  }

  /** Reads one value of any kind. */
  JsonSlice value() {
    peek();
    int start = at;
    int spacesBefore = spaces;
    deepest = 0;
    hugeAt = -1;
    plain = false;
    skip(0);
    return new JsonSlice(text, start, at, spaces - spacesBefore, deepest, hugeAt, plain);
  }

  /** Asserts that nothing but white space follows. */
  void expectEnd() {
    if (peek() >= 0) {
      throw fault(at, "data after the end of the JSON text");
    }
  }

  private boolean next(char close, String container) {
    int b = peek();
    if (b == close) {
      at++;
      first = false;
      return false;
    }
    if (first) {
      first = false;
    } else {
      if (b != ',') {
        throw unexpected("',' or '" + close + "' in the " + container);
      }
      at++;
    }
    return true;
  }

  private void skip(int depth) {
    int b = peek();
    switch (b) {
      case '"' -> string();
      case '{' -> object(depth + 1);
      case '[' -> array(depth + 1);
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw unexpected("a value");
    }
  }

  private void object(int depth) {
    deeper(depth);
    at++;
    int mark = names.enter();
    if (peek() == '}') {
      at++;
      return;
    }
    while (true) {
      name(mark);
      skip(depth);
      int b = peek();
      at++;
      if (b == '}') {
        names.leave(mark);
        return;
      }
      if (b != ',') {
        at--;
        throw unexpected("',' or '}' in the object");
      }
    }
  }

  private void array(int depth) {
    deeper(depth);
    at++;
    if (peek() == ']') {
      at++;
      return;
    }
    while (true) {
      skip(depth);
      int b = peek();
      at++;
      if (b == ']') {
        return;
      }
      if (b != ',') {
        at--;
        throw unexpected("',' or ']' in the array");
      }
    }
  }

  private void deeper(int depth) {
    if (depth > deepest) {
      deepest = depth;
      if (depth > WALK_DEPTH_MAX) {
        throw new RefusedException(
            ErrorCode.INVALID_EVENT,
            "JSON is nested deeper than " + WALK_DEPTH_MAX + " levels at " + place(at) + "; at most "
                + EnvelopeReader.NESTING_MAX + " are allowed");
      }
    }
  }

  private void name(int mark) {
    if (peek() != '"') {
      throw unexpected("a name in double quotes");
    }
    int quote = at;
    string();
    nameStart = quote + 1;
    nameEnd = at - 1;
    namePlain = plain;
    if (!names.add(mark, text, nameStart, nameEnd, plain)) {
      throw fault(quote, "the name " + JsonSlice.excerpt(name()) + " comes twice in its object");
    }
    if (peek() != ':') {
      throw unexpected("':' after the name");
    }
    at++;
  }

  private void literal(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at + i >= end || text[at + i] != word.charAt(i)) {
        throw fault(at, "expected a value");
      }
    }
    at += word.length();
  }

  private void number() {
    int start = at;
    int i = text[at] == '-' ? at + 1 : at;
    int whole = i;
    i = digits(i);
    if (text[whole] == '0' && i > whole + 1) {
      throw fault(start, "a number begins with a superfluous zero");
    }
    boolean exponent = false;
    int wholeDigits = i - whole;
    if (i < end && text[i] == '.') {
      i = digits(i + 1);
    }
    if (i < end && (text[i] == 'e' || text[i] == 'E')) {
      exponent = true;
      i++;
      if (i < end && (text[i] == '+' || text[i] == '-')) {
        i++;
      }
      i = digits(i);
    }
    at = i;
    if ((exponent || wholeDigits > 308) && hugeAt < 0 && Magnitude.beyondDouble(text, start, i)) {
      hugeAt = start;
    }
  }

  private int digits(int from) {
    int i = from;
    while (i < end && text[i] >= '0' && text[i] <= '9') {
      i++;
    }
    if (i == from) {
      throw fault(from, "expected a digit");
    }
    return i;
  }

  private void string() {
    int i = at + 1;
    plain = true;
    while (true) {
      while (i + 8 <= end) {
        long special = specials((long) LONGS.get(text, i));
        if (special != 0) {
          i += Long.numberOfTrailingZeros(special) >>> 3;
          break;
        }
        i += 8;
      }
      if (i >= end) {
        throw fault(at, "a string is not closed");
      }
      int b = text[i];
      if (b == '"') {
        at = i + 1;
        return;
      } else if (b == '\\') {
        plain = false;
        i = escape(i);
      } else if (b >= ' ') {
        i++;
      } else if (b >= 0) {
        throw fault(i, "a control character in a string is not escaped");
      } else {
        plain = false;
        i = multibyte(i);
      }
    }
  }

  /** Marks, in the highest bit of each byte, what ends a run of ordinary ASCII; the lowest mark is always right. */
  private static long specials(long eight) {
    long quote = eight ^ ONES * '"';
    long backslash = eight ^ ONES * '\\';
    long control = (eight - ONES * ' ') & ~eight;
    return (control | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | eight) & HIGHS;
  }

  private int escape(int backslash) {
    int c = backslash + 1 < end ? text[backslash + 1] : -1;
    switch (c) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
        return backslash + 2;
      }
      case 'u' -> {
        int unit = hex4(backslash);
        if (unit < 0xD800 || unit > 0xDFFF) {
          return backslash + 6;
        }
        int low = backslash + 6;
        boolean pair =
            unit < 0xDC00 && low + 1 < end && text[low] == '\\' && text[low + 1] == 'u' && (hex4(low) & 0xFC00) == 0xDC00;
        if (!pair) {
          throw fault(backslash, "a lone surrogate in a string");
        }
        return backslash + 12;
      }
      default -> throw fault(backslash, "an unknown escape in a string");
    }
  }

  private int hex4(int backslash) {
    int unit = 0;
    for (int i = backslash + 2; i < backslash + 6; i++) {
      int digit = i < end ? Character.digit(text[i], 16) : -1;
      if (digit < 0) {
        throw fault(backslash, "\\u needs four hexadecimal digits");
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** Checks one character of 2 to 4 bytes by the table of well-formed UTF-8 (Unicode 3.9, D92). */
  private int multibyte(int lead) {
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
      throw fault(lead, surrogate ? "a lone surrogate in a string" : "invalid UTF-8 in a string");
    }
    return lead + length;
  }

  private RefusedException unexpected(String expected) {
    return fault(at, at >= end ? "the text ends where " + expected + " was expected" : "expected " + expected);
  }

  private RefusedException fault(int offset, String what) {
    return new RefusedException(ErrorCode.NOT_JSON, "Not strict JSON: " + what + " at " + place(offset));
  }

  /** Line and column count from 1, the column in characters; the byte offset counts from 0. */
  private String place(int offset) {
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
