package dev.cortex.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** The folder where this kind of machine keeps an application's data. */
final class PlatformDirectory {

  private PlatformDirectory() {}

  /**
   * The default data directory.
   *
   * @param os name of the operating system, as {@code os.name} says it
   * @param home the user's home directory
   * @param environment looked at for {@code XDG_DATA_HOME} (when absolute) and {@code LOCALAPPDATA}
   */
  static Path of(String os, Path home, Map<String, String> environment) {
    String lower = os.toLowerCase(Locale.ROOT);
    if (lower.startsWith("windows")) {
      String appData = environment.getOrDefault("LOCALAPPDATA", "");
      return (appData.isEmpty() ? home.resolve("AppData").resolve("Local") : Path.of(appData)).resolve("Cortex");
    }
    if (lower.startsWith("mac")) {
      return home.resolve("Library").resolve("Application Support").resolve("Cortex");
    }
    Path data = Path.of(environment.getOrDefault("XDG_DATA_HOME", ""));
    return (data.isAbsolute() ? data : home.resolve(".local").resolve("share")).resolve("cortex");
  }
}
