package dev.cortex.cli;

import java.util.Arrays;
import java.util.Optional;

/** The flags of {@code serve}: one table for reading them and for the help. */
enum ServeFlag {
  PROFILE(
      "--profile", "NAME", "local (default): a desktop; cloud: a node of it; demo: a cloud and two desktops to try"),
  CONFIG("--config", "FILE", "YAML file with the settings that differ"),
  PORT("--port", "PORT", "port to listen on, in a demo the cloud's; 0 picks a free one"),
  DATA_DIR("--data-dir", "DIR", "where everything durable lives"),
  SET("--set", "KEY=VALUE", "any setting, such as retention.hours=48; repeatable"),
  CHECK_CONFIG("--check-config", "", "print the effective configuration, secrets masked, and end"),
  EXIT_WITH_PARENT("--exit-with-parent", "", "end when standard input ends or the parent process is gone"),
  NO_BANNER("--no-banner", "", "no greeting on standard error");

  private final String text;
  private final String parameter;
  private final String doc;

  ServeFlag(String text, String parameter, String doc) {
    this.text = text;
    this.parameter = parameter;
    this.doc = doc;
  }

  /** As the user writes it. */
  String text() {
    return text;
  }

  /** Name of its parameter, empty when it takes none. */
  String parameter() {
    return parameter;
  }

  /** What it does, one line. */
  String doc() {
    return doc;
  }

  /** The flag of that text. */
  static Optional<ServeFlag> of(String text) {
    return Arrays.stream(values()).filter(flag -> flag.text.equals(text)).findFirst();
  }
}
