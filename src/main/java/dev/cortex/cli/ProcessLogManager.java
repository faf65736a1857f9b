package dev.cortex.cli;

import java.util.logging.LogManager;

/**
 * The log manager of the server's process. It reads no configuration file, which saves time at start, and ignores the
 * virtual machine's reset at the end, so that what happens during a shutdown is still logged.
 */
public final class ProcessLogManager extends LogManager {

  /** Made by the logging system, which finds this class by a system property. */
  public ProcessLogManager() {}

  @Override
  public void readConfiguration() {}

  @Override
  public void reset() {}
}
