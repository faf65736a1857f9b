package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.JsonCursor;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.RefusedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Those fields of a JSON object that are wanted; others are passed over. */
@Pure
record Fields(Map<String, JsonSlice> byName) {

  private static final Fields NONE = new Fields(Map.of());

  /**
   * The fields of a text that is one object; none when it is another value.
   *
   * @throws RefusedException when it is not strict JSON
   */
  static Fields read(byte[] body, Set<String> wanted) {
    JsonSlice whole = whole(body);
    return of(whole, wanted);
  }

  /**
   * The one value of a text.
   *
   * @throws RefusedException when it is not strict JSON
   */
  static JsonSlice whole(byte[] body) {
    JsonCursor walk = new JsonCursor(body);
    JsonSlice whole = walk.value();
    walk.expectEnd();
    return whole;
  }

  /** The fields of a value; none when it is no object. */
  static Fields of(JsonSlice value, Set<String> wanted) {
    if (!value.isObject()) {
      return NONE;
    }
    Map<String, JsonSlice> found = new HashMap<>();
    JsonCursor walk = value.cursor();
    walk.peek();
    walk.open();
    while (walk.nextField()) {
      String name = walk.name();
      JsonSlice field = walk.value();
      if (wanted.contains(name)) {
        found.put(name, field);
      }
    }
    return new Fields(found);
  }

  /**
   * The elements of an array.
   *
   * @throws RefusedException when there are more than {@code max}
   */
  static List<JsonSlice> elements(JsonSlice array, int max) {
    List<JsonSlice> elements = new ArrayList<>();
    JsonCursor walk = array.cursor();
    walk.peek();
    walk.open();
    while (walk.nextElement()) {
      if (elements.size() == max) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "The array has more than " + max + " elements");
      }
      elements.add(walk.value());
    }
    return elements;
  }

  /** A field; absent when it is not there. */
  JsonSlice get(String name) {
    return byName.getOrDefault(name, JsonSlice.ABSENT);
  }

  /** A field's text; empty when it is not there or is none. */
  String text(String name) {
    JsonSlice field = get(name);
    return field.isString() ? field.string() : "";
  }

  /** Somebody else's words as a line of at most so many characters. */
  static String line(String text, int max) {
    String line = text.replaceAll("\\p{Cntrl}", " ").strip();
    if (line.length() <= max) {
      return line;
    }
    return line.substring(0, Character.isHighSurrogate(line.charAt(max - 1)) ? max - 1 : max);
  }
}
