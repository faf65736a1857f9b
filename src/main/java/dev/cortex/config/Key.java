package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.Locale;

/**
 * One configuration key: everything that parsing, documentation and {@code --check-config} need to know of it.
 *
 * @param name dotted name: section (and subsection) and key; {@code data_dir} has no section
 * @param kind type and range
 * @param initial the value without any configuration
 * @param secret whether the value is never shown
 * @param used whether this version acts on it; what only a later one does is accepted, with a warning
 * @param doc what it is for, one sentence
 */
@Pure
record Key(String name, Kind kind, Object initial, boolean secret, boolean used, String doc) {

  /** The same key, not acted on by this version. */
  Key unused() {
    return new Key(name, kind, initial, secret, false, doc);
  }

  /** The environment variable that sets it. */
  String variable() {
    return "CORTEX_" + name.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** The section it is in, the top level being the empty name. */
  String section() {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(0, dot);
  }
}
