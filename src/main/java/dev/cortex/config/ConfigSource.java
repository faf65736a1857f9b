package dev.cortex.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a configuration is gathered from, weakest layer first.
 *
 * @param profile picks the packaged {@code conf/<profile>.yaml}
 * @param file a further YAML file
 * @param environment variables; those that start with {@code CORTEX_} are settings
 * @param assignments the flags, strongest last
 */
public record ConfigSource(
    String profile, Optional<Path> file, Map<String, String> environment, List<Assignment> assignments) {

  /**
   * One setting from a flag.
   *
   * @param flag what the user wrote it with, such as {@code --port}
   * @param key dotted name, not yet known to exist
   * @param value text, not yet checked; lists are separated by commas
   */
  public record Assignment(String flag, String key, String value) {

    /**
     * Reads {@code a.b=c}, split at the first {@code =}.
     *
     * @throws ConfigException when there is no {@code =}
     */
    public static Assignment parse(String text) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw new ConfigException("--set: expected key=value, such as server.port=0");
      }
      return new Assignment("--set", text.substring(0, equals).strip(), text.substring(equals + 1));
    }
  }
}
