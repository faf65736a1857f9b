package dev.cortex.base;

/** The version of this build, as the ready line, the run file, {@code --version} and every greeting say it. */
public final class Version {

  /** Semantic version; a constant, so that saying it costs no file access at start. A test holds it to the POM's. */
  public static final String TEXT = "0.1.0";

  private Version() {}
}
