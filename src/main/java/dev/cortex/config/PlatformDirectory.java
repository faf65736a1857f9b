package dev.cortex.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** The folder where this kind of machine keeps an application's data. */
final class PlatformDirectory {

  private PlatformDirectory() {}

  /**
   * The default data directory. A cloud node has one of its own: it lets in whoever has a token, and a desktop's events
   * are for nobody else.
   *
   * @param cloud whether it is a cloud node's
   * @param os name of the operating system, as {@code os.name} says it
   * @param home the user's home directory
   * @param environment looked at for {@code XDG_DATA_HOME} (when absolute) and {@code LOCALAPPDATA}
   */
  static Path of(boolean cloud, String os, Path home, Map<String, String> environment) {
    String suffix = cloud ? "-cloud" : "";
    String lower = os.toLowerCase(Locale.ROOT);
    if (lower.startsWith("windows")) {
      String appData = environment.getOrDefault("LOCALAPPDATA", "");
      Path local = appData.isEmpty() ? home.resolve("AppData").resolve("Local") : Path.of(appData);
      return local.resolve("Cortex" + suffix);
    }
    if (lower.startsWith("mac")) {
      return home.resolve("Library").resolve("Application Support").resolve("Cortex" + suffix);
    }
    Path data = Path.of(environment.getOrDefault("XDG_DATA_HOME", ""));
    return (data.isAbsolute() ? data : home.resolve(".local").resolve("share")).resolve("cortex" + suffix);
  }
}
