package dev.cortex.bus.wire;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads what {@link WireWriter} wrote, and nothing else: every value has one form, and every length is held against
 * what is left before anything is allocated. Whatever is wrong is a {@link WireException}.
 */
final class WireReader {

  private static final int LAST_GROUP_SHIFT = 63;

  private final Buffer in;
  private final int end;
  private int at;

  WireReader(Buffer in, int position) {
    this.in = in;
    this.at = position;
    this.end = in.length();
    if (position < 0 || position > end) {
      throw new WireException(position, "begins outside its buffer of " + end + " bytes");
    }
  }

  int octet() {
    if (at >= end) {
      throw problem("is cut off");
    }
    return in.getByte(at++) & 0xFF;
  }

  long number() {
    long value = groups();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A number that fits an int. */
  int integer() {
    int begin = at;
    long value = number();
    if (value != (int) value) {
      throw new WireException(begin, "holds " + value + " where 32 bits are the most");
    }
    return (int) value;
  }

  /** A size of things that take a byte each at least. */
  int size() {
    int begin = at;
    long value = groups();
    if (value < 0 || value > end - at) {
      throw new WireException(begin, "announces " + Long.toUnsignedString(value) + " and has " + (end - at) + " bytes");
    }
    return (int) value;
  }

  String text() {
    int begin = at;
    byte[] bytes = bytes();
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      check(begin, bytes);
    }
    return text;
  }

  byte[] bytes() {
    int length = size();
    byte[] bytes = in.getBytes(at, at + length);
    at += length;
    return bytes;
  }

  boolean flag() {
    int value = octet();
    if (value > 1) {
      throw new WireException(at - 1, "holds " + value + " for yes or no");
    }
    return value == 1;
  }

  <E extends Enum<E>> E constant(E[] constants) {
    int value = octet();
    if (value >= constants.length) {
      String type = constants[0].getDeclaringClass().getSimpleName();
      throw new WireException(at - 1, "holds no " + type + ": " + value);
    }
    return constants[value];
  }

  <T> List<T> items(Function<WireReader, T> form) {
    int size = size();
    List<T> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      items.add(form.apply(this));
    }
    return Collections.unmodifiableList(items);
  }

  <V> Map<String, V> pairs(Function<WireReader, V> form) {
    int size = size();
    Map<String, V> pairs = new LinkedHashMap<>();
    for (int i = 0; i < size; i++) {
      int begin = at;
      if (pairs.put(text(), form.apply(this)) != null) {
        throw new WireException(begin, "names a key twice");
      }
    }
    return Collections.unmodifiableMap(pairs);
  }

  <T> Optional<T> optional(Function<WireReader, T> form) {
    return flag() ? Optional.of(form.apply(this)) : Optional.empty();
  }

  /** Where the next value begins. */
  int position() {
    return at;
  }

  /** Nothing may follow. */
  void end() {
    if (at != end) {
      throw problem("goes on for " + (end - at) + " bytes after its end");
    }
  }

  private WireException problem(String problem) {
    return new WireException(at, problem);
  }

  private long groups() {
    int begin = at;
    long value = 0;
    for (int shift = 0; shift <= LAST_GROUP_SHIFT; shift += 7) {
      int group = octet();
      boolean last = (group & 0x80) == 0;
      boolean padded = last && group == 0 && shift > 0;
      if (padded || (shift == LAST_GROUP_SHIFT && group > 1)) {
        break;
      }
      value |= (group & 0x7FL) << shift;
      if (last) {
        return value;
      }
    }
    throw new WireException(begin, "holds no number of 64 bits in its shortest form");
  }

  private static void check(int begin, byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new WireException(begin, "holds a text that is not UTF-8");
    }
  }
}
