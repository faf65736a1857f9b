package dev.cortex.store;

/** A failure of the database, sorted by what it means for the data. */
public final class StoreException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What a failure means. */
  public enum Kind {
    /** Another connection holds the write lock; nothing was stored. */
    BUSY,
    /** The disk, or the size allowed to the database, is exhausted; nothing was stored. */
    FULL,
    /** The file may not be read or written; nothing was stored. */
    READ_ONLY,
    /** The file is damaged or no database. */
    CORRUPT,
    /** The schema is newer than this program, or an applied migration was altered; nothing was changed. */
    INCOMPATIBLE,
    /** The transaction may or may not have committed. */
    UNKNOWN
  }

  private final Kind kind;

  /** A failure of that kind. */
  public StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** A failure of that kind with its cause. */
  public StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What the failure means. */
  public Kind kind() {
    return kind;
  }
}
