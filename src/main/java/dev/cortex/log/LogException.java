package dev.cortex.log;

/** A failure of the store, with what it means for the data. */
public final class LogException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What a failure means. */
  public enum Kind {
    /** Another process holds the write lock; nothing was stored. */
    BUSY,
    /** The disk is full; nothing was stored. */
    FULL,
    /** The file is read-only or may not be written; nothing was stored. */
    READ_ONLY,
    /** The database is damaged or no database. */
    CORRUPT,
    /** The database was made by a newer or another program; nothing was changed. */
    INCOMPATIBLE,
    /** The statement may or may not have committed: claim again, re-read heads and keys, then answer. */
    UNKNOWN
  }

  private final Kind kind;

  /** A failure of that kind. */
  public LogException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What the failure means. */
  public Kind kind() {
    return kind;
  }

  /** Whether it is certain that nothing was stored. */
  public boolean definite() {
    return kind != Kind.UNKNOWN;
  }
}
