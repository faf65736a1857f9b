package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.Iterator;
import java.util.Optional;

/**
 * Reads a packaged profile into the settings, line by line: nested sections by indentation, plain or quoted values and
 * comments, no more. Those files are ours and that simple, and a YAML parser would take a tenth of the time to
 * readiness. Files of users are read by {@link YamlLayer}; a test holds the two to the same result on every packaged
 * profile.
 */
@Pure
final class PlainLayer {

  private final String file;
  private final Settings settings;

  /** A layer whose problems and origins name that file. */
  PlainLayer(String file, Settings settings) {
    this.file = file;
    this.settings = settings;
  }

  /** Reads the whole text; problems are noted in the settings. */
  void read(String text) {
    String section = "";
    int number = 0;
    for (Iterator<String> lines = text.lines().iterator(); lines.hasNext(); ) {
      String line = withoutComment(lines.next());
      String place = file + ':' + ++number;
      int colon = line.indexOf(':');
      if (line.isBlank()) {
        continue;
      }
      if (colon < 0) {
        settings.problem(place, "a key and a colon are expected");
        continue;
      }
      String name = line.substring(0, colon).strip();
      String value = line.substring(colon + 1).strip();
      String parent = ancestor(section, depth(line));
      String full = parent.isEmpty() ? name : parent + '.' + name;
      if (value.isEmpty()) {
        section = full;
      } else {
        section = parent;
        Optional<Key> key = Keys.named(full);
        key.ifPresentOrElse(known -> settings.put(place, known, bare(value)), () -> settings.unknown(place, full));
      }
    }
  }

  private static String withoutComment(String line) {
    int comment = line.startsWith("#") ? 0 : line.indexOf(" #");
    return comment < 0 ? line : line.substring(0, comment);
  }

  /** How many sections a line is nested in, by two spaces each. */
  private static int depth(String line) {
    int spaces = 0;
    while (line.charAt(spaces) == ' ') {
      spaces++;
    }
    return spaces / 2;
  }

  private static String ancestor(String section, int depth) {
    int end = -1;
    for (int i = 0; i < depth; i++) {
      end = section.indexOf('.', end + 1);
      if (end < 0) {
        return section;
      }
    }
    return end < 0 ? "" : section.substring(0, end);
  }

  /** The text of a value: quotes are taken off, a list becomes its items separated by commas. */
  private static String bare(String value) {
    boolean list = value.startsWith("[") && value.endsWith("]");
    String text = list ? value.substring(1, value.length() - 1) : value;
    return text.replace("\"", "").strip();
  }
}
