package dev.cortex.config;

import java.util.List;

/** A configuration that must not be started with. Each problem is one line: where, what, and what is allowed. */
public final class ConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** Refuses for these reasons, at least one. */
  public ConfigException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** Refuses for one reason. */
  public ConfigException(String problem) {
    this(List.of(problem));
  }

  /** Everything that is wrong, in the order it was found; one line each, free of secrets. */
  public List<String> problems() {
    return problems == null ? List.of(getMessage()) : problems;
  }
}
