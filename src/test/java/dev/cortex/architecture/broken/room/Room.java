package dev.cortex.architecture.broken.room;

import dev.cortex.architecture.broken.log.LogWithSql;

/** May use the log. */
public final class Room {

  private final LogWithSql log;

  /** Over a log. */
  public Room(LogWithSql log) {
    this.log = log;
  }

  /** The log it writes to. */
  public LogWithSql log() {
    return log;
  }
}
