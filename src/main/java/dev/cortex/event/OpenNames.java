package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The names in the JSON objects that are open at one moment of a walk; finds a name that comes twice in its object,
 * however it is escaped. Narrow objects are compared in place, wide ones in a set, so that time stays linear.
 */
@Pure
final class OpenNames {

  /** Most names at one moment: far more than a payload can hold, and few enough to remember. */
  static final int OPEN_MAX = 1 << 18;

  private static final int NARROW_MAX = 16;

  private final Map<Integer, Set<String>> wide = new HashMap<>();
  private byte[][] sources = new byte[NARROW_MAX][];
  private int[] starts = new int[NARROW_MAX];
  private int[] ends = new int[NARROW_MAX];
  private int count;

  /** Begins an object inside the innermost open one; the returned mark names it. */
  int enter() {
    return count;
  }

  /** Ends the object and forgets its names. */
  void leave(int mark) {
    if (count - mark > NARROW_MAX) {
      wide.remove(mark);
    }
    count = mark;
  }

  /** Adds a name to the innermost object, which that mark names; false when the object already has it. */
  boolean add(int mark, byte[] text, int start, int end, boolean plain) {
    boolean escaped = !plain && contains(text, start, end, (byte) '\\');
    byte[] source = text;
    if (escaped) {
      source = JsonSlice.unquote(text, start, end, false).getBytes(StandardCharsets.UTF_8);
    }
    int from = escaped ? 0 : start;
    int to = escaped ? source.length : end;
    boolean fresh = count - mark < NARROW_MAX ? isFresh(mark, source, from, to) : isFreshInWide(mark, source, from, to);
    if (fresh) {
      push(source, from, to);
    }
    return fresh;
  }

  private boolean isFresh(int mark, byte[] source, int from, int to) {
    for (int i = mark; i < count; i++) {
      if (ends[i] - starts[i] == to - from && Arrays.equals(sources[i], starts[i], ends[i], source, from, to)) {
        return false;
      }
    }
    return true;
  }

  private boolean isFreshInWide(int mark, byte[] source, int from, int to) {
    Set<String> set = wide.computeIfAbsent(mark, m -> new HashSet<>(4 * NARROW_MAX));
    if (set.isEmpty()) {
      for (int i = mark; i < count; i++) {
        set.add(text(sources[i], starts[i], ends[i]));
      }
    }
    return set.add(text(source, from, to));
  }

  private void push(byte[] source, int from, int to) {
    if (count == OPEN_MAX) {
      throw new RefusedException(
          ErrorCode.INVALID_EVENT, "An object has too many names; all open objects together may have " + OPEN_MAX);
    }
    if (count == starts.length) {
      sources = Arrays.copyOf(sources, 2 * count);
      starts = Arrays.copyOf(starts, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
    }
    sources[count] = source;
    starts[count] = from;
    ends[count] = to;
    count++;
  }

  private static String text(byte[] source, int from, int to) {
    return new String(source, from, to - from, StandardCharsets.UTF_8);
  }

  private static boolean contains(byte[] text, int start, int end, byte wanted) {
    for (int i = start; i < end; i++) {
      if (text[i] == wanted) {
        return true;
      }
    }
    return false;
  }
}
