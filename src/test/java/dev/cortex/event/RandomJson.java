package dev.cortex.event;

import java.util.Random;

/** Well-formed JSON texts from a seed, with names, escapes and white space of every kind. */
final class RandomJson {

  private static final String[] SPACES = {"", "", "", " ", "\n", "\r\n\t", "   "};
  private static final String[] SCALARS = {
    "true", "false", "null", "0", "-0", "1", "-12.50", "1e5", "1E-7", "12345678901234567890123", "0.1000"
  };
  private static final String[] CHARACTERS = {
    "a", "b", "Z", " ", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "\\u0000", "{", "}",
    ":",
    ",", "[", "plain text that is longer than a word"
  };

  private RandomJson() {}

  /** An object at most so many levels deep; without spaces it is compact. */
  static String object(Random random, int depth, boolean spaced) {
    StringBuilder out = new StringBuilder("{");
    int fields = random.nextInt(random.nextInt(40) == 0 ? 40 : 5);
    for (int i = 0; i < fields; i++) {
      String name = string(random);
      out.append(i == 0 ? "" : ",").append(space(random, spaced));
      out.append(name, 0, name.length() - 1).append(i).append('"').append(space(random, spaced)).append(':');
      out.append(space(random, spaced)).append(value(random, depth - 1, spaced)).append(space(random, spaced));
    }
    return out.append(fields == 0 ? space(random, spaced) : "").append('}').toString();
  }

  /** A string with its quotes. */
  static String string(Random random) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = random.nextInt(10); i > 0; i--) {
      out.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
    }
    return out.append('"').toString();
  }

  private static String value(Random random, int depth, boolean spaced) {
    switch (depth > 0 ? random.nextInt(4) : random.nextInt(2)) {
      case 0:
        return SCALARS[random.nextInt(SCALARS.length)];
      case 1:
        return string(random);
      case 2:
        return object(random, depth, spaced);
      default:
        StringBuilder out = new StringBuilder("[").append(space(random, spaced));
        for (int i = random.nextInt(4); i > 0; i--) {
          out.append(value(random, depth - 1, spaced)).append(space(random, spaced)).append(i > 1 ? "," : "");
          out.append(space(random, spaced));
        }
        return out.append(']').toString();
    }
  }

  private static String space(Random random, boolean spaced) {
    return spaced ? SPACES[random.nextInt(SPACES.length)] : "";
  }
}
