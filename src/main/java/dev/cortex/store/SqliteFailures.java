package dev.cortex.store;

import dev.cortex.store.StoreException.Kind;
import java.sql.SQLException;

/** Reads SQLite's result codes. */
final class SqliteFailures {

  private static final int ERROR = 1;
  private static final int PERM = 3;
  private static final int BUSY = 5;
  private static final int LOCKED = 6;
  private static final int READONLY = 8;
  private static final int CORRUPT = 11;
  private static final int FULL = 13;
  private static final int CANTOPEN = 14;
  private static final int AUTH = 23;
  private static final int NOTADB = 26;
  private static final int PRIMARY_CODE = 0xff;

  private SqliteFailures() {}

  /**
   * The failure as the rest of the program knows it. A full disk is definite even when COMMIT reports it: in WAL mode a
   * commit counts only with its last frame, and the frame that did not fit is that one or an earlier one. Anything else
   * that COMMIT reports, and any I/O error, leaves the outcome open; so does a code without a meaning of its own, such
   * as a violated constraint, because the right answer to it is the same: read heads and keys again.
   */
  static StoreException of(Throwable failure, boolean committing) {
    if (failure instanceof StoreException known) {
      return known;
    }
    Kind kind = kind(code(failure));
    boolean definite = !committing || kind == Kind.FULL;
    return new StoreException(definite ? kind : Kind.UNKNOWN, String.valueOf(failure.getMessage()), failure);
  }

  /** Whether a ROLLBACK failed because there was nothing to roll back: the one thing it reports by the plain code. */
  static boolean noTransaction(SQLException rollback) {
    return code(rollback) == ERROR;
  }

  private static Kind kind(int code) {
    return switch (code) {
      case BUSY, LOCKED -> Kind.BUSY;
      case FULL -> Kind.FULL;
      case READONLY, CANTOPEN, PERM, AUTH -> Kind.READ_ONLY;
      case CORRUPT, NOTADB -> Kind.CORRUPT;
      default -> Kind.UNKNOWN;
    };
  }

  /** The first result code in the chain; a failed batch carries it in its cause. */
  private static int code(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql && sql.getErrorCode() != 0) {
        return sql.getErrorCode() & PRIMARY_CODE;
      }
    }
    return 0;
  }
}
