package dev.cortex.cli;

import dev.cortex.config.ConfigException;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a {@code serve} command line asks for. Read by hand, because this is the path whose start time counts.
 *
 * @param source where the configuration is gathered from
 * @param checkConfig print the configuration instead of serving
 * @param exitWithParent end with the parent process
 * @param banner greet on standard error
 */
record ServeRequest(ConfigSource source, boolean checkConfig, boolean exitWithParent, boolean banner) {

  /**
   * Reads flags, as {@code --flag value} or {@code --flag=value}.
   *
   * @throws ConfigException for an unknown flag or a missing parameter
   */
  static ServeRequest parse(List<String> args, Map<String, String> environment) {
    String profile = "local";
    Optional<Path> file = Optional.empty();
    List<Assignment> sets = new ArrayList<>();
    List<Assignment> strongest = new ArrayList<>();
    boolean checkConfig = false;
    boolean exitWithParent = false;
    boolean banner = true;
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      int equals = arg.indexOf('=');
      String name = equals < 0 ? arg : arg.substring(0, equals);
      ServeFlag flag = ServeFlag.of(name).orElseThrow(() -> unknown(name));
      String value = "";
      if (flag.parameter().isEmpty() && equals >= 0) {
        throw new ConfigException(name + ": takes no value");
      } else if (!flag.parameter().isEmpty()) {
        boolean next = equals < 0 && i + 1 < args.size();
        if (equals < 0 && !next) {
          throw new ConfigException(name + ": expects " + flag.parameter());
        }
        value = next ? args.get(++i) : arg.substring(equals + 1);
      }
      switch (flag) {
        case PROFILE -> profile = value;
        case CONFIG -> file = Optional.of(Path.of(value));
        case PORT -> strongest.add(new Assignment(name, "server.port", value));
        case DATA_DIR -> strongest.add(new Assignment(name, "data_dir", value));
        case SET -> sets.add(Assignment.parse(value));
        case CHECK_CONFIG -> checkConfig = true;
        case EXIT_WITH_PARENT -> exitWithParent = true;
        case NO_BANNER -> banner = false;
      }
    }
    sets.addAll(strongest);
    return new ServeRequest(
        new ConfigSource(profile, file, environment, List.copyOf(sets)), checkConfig, exitWithParent, banner);
  }

  private static ConfigException unknown(String name) {
    String flags = Arrays.stream(ServeFlag.values()).map(ServeFlag::text).collect(Collectors.joining(", "));
    return new ConfigException(name + ": unknown flag; allowed: " + flags);
  }
}
