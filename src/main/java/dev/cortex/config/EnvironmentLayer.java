package dev.cortex.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads {@code CORTEX_…} variables into the settings. Which underscores are dots is decided by the known keys. */
final class EnvironmentLayer {

  private static final String PREFIX = "CORTEX_";

  /** Variables that scripts and commands read themselves; they are no settings. */
  static final Set<String> RESERVED =
      Set.of(
          "CORTEX_ARCHIVE",
          "CORTEX_HOME",
          "CORTEX_JAR",
          "CORTEX_JAVA_HOME",
          "CORTEX_JAVA_OPTS",
          "CORTEX_TOKEN",
          "CORTEX_URL");

  private final Settings settings;
  private final List<String> warnings;

  /** A layer that notes problems in the settings and doubts in the warnings. */
  EnvironmentLayer(Settings settings, List<String> warnings) {
    this.settings = settings;
    this.warnings = warnings;
  }

  /** Reads every variable that is ours. A wrong name in a known section is a problem, any other only a doubt. */
  void read(Map<String, String> environment) {
    environment.keySet().stream()
        .filter(name -> name.startsWith(PREFIX) && !RESERVED.contains(name))
        .sorted()
        .forEach(name -> Keys.ofVariable(name)
            .ifPresentOrElse(key -> settings.put(name, key, environment.get(name)), () -> unknown(name)));
  }

  private void unknown(String name) {
    List<String> known = Keys.ALL.stream().map(Key::variable).toList();
    String nearest = NearestName.of(name, known).map(each -> "; did you mean " + each + "?").orElse("");
    boolean ofSection =
        Keys.within("").stream().anyMatch(section -> name.startsWith(PREFIX + section.toUpperCase(Locale.ROOT) + '_'));
    if (ofSection) {
      settings.problem(name, "unknown environment variable" + nearest);
    } else {
      warnings.add(name + ": ignored, no setting has this name" + nearest);
    }
  }
}
