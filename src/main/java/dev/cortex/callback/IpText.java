package dev.cortex.callback;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Addresses as text, in one notation each: four decimal numbers without superfluous zeros, or groups of hexadecimal
 * digits with at most one {@code ::}. Whatever else some reader would take for an address is none here.
 */
@Pure
final class IpText {

  private static final int GROUPS = 8;

  private IpText() {}

  /** The 4 or 16 bytes of an address; empty when the text is none. */
  static Optional<byte[]> parse(String text) {
    return text.indexOf(':') >= 0 ? six(text) : four(text);
  }

  /** Whether the last label of a name says that some reader takes the name for an IPv4 address. */
  static boolean endsInNumber(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return last.matches("[0-9]+|0[xX][0-9a-fA-F]*");
  }

  private static Optional<byte[]> four(String text) {
    String[] parts = text.split("\\.", -1);
    byte[] address = new byte[4];
    if (parts.length != address.length) {
      return Optional.empty();
    }
    for (int i = 0; i < parts.length; i++) {
      if (!parts[i].matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(parts[i]) > 255) {
        return Optional.empty();
      }
      address[i] = (byte) Integer.parseInt(parts[i]);
    }
    return Optional.of(address);
  }

  private static Optional<byte[]> six(String text) {
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text).filter(all -> all.size() == GROUPS).map(IpText::bytes);
    }
    Optional<List<Integer>> before = groups(text.substring(0, gap));
    Optional<List<Integer>> after = groups(text.substring(gap + 2));
    if (before.isEmpty() || after.isEmpty() || before.get().size() + after.get().size() >= GROUPS) {
      return Optional.empty();
    }
    Integer[] all = new Integer[GROUPS];
    Arrays.fill(all, 0);
    for (int i = 0; i < before.get().size(); i++) {
      all[i] = before.get().get(i);
    }
    for (int i = 0; i < after.get().size(); i++) {
      all[GROUPS - after.get().size() + i] = after.get().get(i);
    }
    return Optional.of(bytes(List.of(all)));
  }

  private static Optional<List<Integer>> groups(String text) {
    List<Integer> groups = new ArrayList<>();
    if (text.isEmpty()) {
      return Optional.of(groups);
    }
    for (String group : text.split(":", -1)) {
      if (!group.matches("[0-9a-fA-F]{1,4}")) {
        return Optional.empty();
      }
      groups.add(Integer.parseInt(group, 16));
    }
    return Optional.of(groups);
  }

  private static byte[] bytes(List<Integer> groups) {
    byte[] address = new byte[2 * GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      address[2 * i] = (byte) (groups.get(i) >> 8);
      address[2 * i + 1] = (byte) (int) groups.get(i);
    }
    return address;
  }
}
