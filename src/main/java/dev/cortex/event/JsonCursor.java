package dev.cortex.event;

import dev.cortex.base.Pure;

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
public final class JsonCursor {

  /** Deepest nesting the walk itself follows; what an event may have is less and is judged per event. */
  static final int WALK_DEPTH_MAX = 512;

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

  /** A walk from the beginning of a text, which is not modified meanwhile. */
  public JsonCursor(byte[] text) {
    this(text, 0, text.length);
  }

  JsonCursor(byte[] text, int start, int end) {
    this.text = text;
    this.at = start;
    this.end = end;
    if (end - start >= 3 && (text[start] & 0xFF) == 0xEF && (text[start + 1] & 0xFF) == 0xBB) {
      throw fault(start, "a byte order mark is not allowed");
    }
  }

  /** The first byte of what comes next, white space skipped; -1 at the end of the text. */
  public int peek() {
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
  public void open() {
    at++;
    first = true;
    openMark = names.enter();
  }

  /** Whether another element of the open array follows; leaves the array when not. */
  public boolean nextElement() {
    return next(']', "array");
  }

  /** Whether another field of the open object follows, its name read; leaves the object when not. */
  public boolean nextField() {
    if (!next('}', "object")) {
      names.leave(openMark);
      return false;
    }
    name(openMark);
    return true;
  }

  /** Name of the field whose value comes next. */
  public String name() {
    return JsonSlice.unquote(text, nameStart, nameEnd, namePlain);
  }

  /** Reads one value of any kind. */
  public JsonSlice value() {
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
  public void expectEnd() {
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
            "JSON is nested deeper than " + WALK_DEPTH_MAX + " levels at " + JsonFault.place(text, at)
                + "; at most " + EnvelopeReader.NESTING_MAX + " are allowed");
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
    int next = JsonStringWalk.skip(text, at, end);
    plain = next >= 0;
    at = plain ? next : ~next;
  }

  private RefusedException unexpected(String expected) {
    return fault(at, at >= end ? "the text ends where " + expected + " was expected" : "expected " + expected);
  }

  private RefusedException fault(int offset, String what) {
    return JsonFault.at(text, offset, what);
  }
}
