package dev.cortex.bus.wire;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Appends values in their binary form: numbers in groups of seven bits, lowest first; texts and bytes after their
 * length; collections after their size.
 */
final class WireWriter {

  private final Buffer out;

  WireWriter(Buffer out) {
    this.out = out;
  }

  /** One byte as it is. */
  void octet(int value) {
    out.appendByte((byte) value);
  }

  /** Any whole number; small ones of either sign are short. */
  void number(long value) {
    groups((value << 1) ^ (value >> 63));
  }

  /** A number of 32 bits, in the same form. */
  void integer(int value) {
    number(value);
  }

  /** A size, 0 or more. */
  void size(int value) {
    groups(value);
  }

  /** A text in UTF-8. */
  void text(String value) {
    bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Bytes as they are. */
  void bytes(byte[] value) {
    size(value.length);
    out.appendBytes(value);
  }

  /** Yes or no. */
  void flag(boolean value) {
    octet(value ? 1 : 0);
  }

  /** One of a closed set; the order of its constants is part of the format. */
  void constant(Enum<?> value) {
    octet(value.ordinal());
  }

  /** Items in their order. */
  <T> void items(Collection<T> items, BiConsumer<WireWriter, T> form) {
    size(items.size());
    items.forEach(item -> form.accept(this, item));
  }

  /** Pairs in their order. */
  <V> void pairs(Map<String, V> pairs, BiConsumer<WireWriter, V> form) {
    size(pairs.size());
    pairs.forEach((key, value) -> {
      text(key);
      form.accept(this, value);
    });
  }

  /** A value or none. */
  <T> void optional(Optional<T> value, BiConsumer<WireWriter, T> form) {
    flag(value.isPresent());
    value.ifPresent(present -> form.accept(this, present));
  }

  private void groups(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      octet((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    octet((int) rest);
  }
}
