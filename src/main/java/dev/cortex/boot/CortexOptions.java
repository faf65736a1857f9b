package dev.cortex.boot;

import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an embedding program says about the server it wants; the same layers as on the command line. Immutable: each
 * method returns a changed copy.
 */
public final class CortexOptions {

  private final ConfigSource source;

  private CortexOptions(ConfigSource source) {
    this.source = source;
  }

  /** Options of a desktop server with its defaults; the environment of this process counts. */
  public static CortexOptions local() {
    return new CortexOptions(new ConfigSource("local", Optional.empty(), System.getenv(), List.of()));
  }

  /** Picks the profile. */
  public CortexOptions profile(String profile) {
    return new CortexOptions(new ConfigSource(profile, source.file(), source.environment(), source.assignments()));
  }

  /** Adds a configuration file. */
  public CortexOptions config(Path file) {
    return new CortexOptions(
        new ConfigSource(source.profile(), Optional.of(file), source.environment(), source.assignments()));
  }

  /** Replaces the environment; an empty one makes the server independent of its surroundings. */
  public CortexOptions environment(Map<String, String> variables) {
    return new CortexOptions(
        new ConfigSource(source.profile(), source.file(), Map.copyOf(variables), source.assignments()));
  }

  /** Where everything durable lives. */
  public CortexOptions dataDir(Path dataDir) {
    return assign(new Assignment("dataDir", "data_dir", dataDir.toString()));
  }

  /** The port to listen on; 0 means any free one. */
  public CortexOptions port(int port) {
    return assign(new Assignment("port", "server.port", String.valueOf(port)));
  }

  /** Sets any key by its dotted name; lists are separated by commas. Checked at the start. */
  public CortexOptions set(String key, String value) {
    return assign(new Assignment("set", key, value));
  }

  /** Where the configuration is gathered from. */
  public ConfigSource source() {
    return source;
  }

  private CortexOptions assign(Assignment assignment) {
    List<Assignment> all = new ArrayList<>(source.assignments());
    all.add(assignment);
    return new CortexOptions(new ConfigSource(source.profile(), source.file(), source.environment(), List.copyOf(all)));
  }
}
