package dev.cortex.store;

import dev.cortex.store.Dialect.Stage;
import dev.cortex.store.StoreException.Kind;
import java.sql.SQLException;
import java.util.Optional;

/** Reads PostgreSQL's error codes (SQLSTATE). */
final class PostgresFailures {

  private PostgresFailures() {}

  /**
   * The failure as the rest of the program knows it. What the server says of a statement is definite: one that it
   * refused, cancelled or found no space for has changed nothing. A connection that broke, or an answer that did not
   * come in time, leaves the outcome open if a commit was under way; so does a code without a meaning of its own, such
   * as a violated constraint, because the right answer to it is the same: read heads and keys again.
   */
  static StoreException of(Throwable failure, Stage stage) {
    if (failure instanceof StoreException known) {
      return known;
    }
    Optional<SQLException> reported = reported(failure);
    String state = reported.map(SQLException::getSQLState).orElse("");
    String message = String.valueOf(reported.<Throwable>map(sql -> sql).orElse(failure).getMessage());
    Kind kind = reported.isPresent() ? kind(state, stage) : Kind.UNKNOWN;
    String place = stage == Stage.OPENING ? "the PostgreSQL server of store.url cannot be used: " : "";
    return new StoreException(kind, place + message.replace('\n', ' '), failure);
  }

  private static Kind kind(String state, Stage stage) {
    return switch (state) {
      case "53100" -> Kind.FULL;
      case "25006", "28000", "28P01", "3D000", "42501" -> Kind.READ_ONLY;
      case "40001", "40P01", "53000", "53200", "53300", "53400", "55P03", "57014" -> Kind.BUSY;
      case "XX001", "XX002" -> Kind.CORRUPT;
      default -> broken(state) && stage != Stage.COMMITTING ? Kind.BUSY : Kind.UNKNOWN;
    };
  }

  /** Whether the connection is gone: the network, the server's end, or its being told to go. */
  private static boolean broken(String state) {
    return state.startsWith("08") || state.startsWith("57P") || state.equals("25P03");
  }

  /** The first failure in the chain that has a code. */
  private static Optional<SQLException> reported(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException sql && sql.getSQLState() != null) {
        return Optional.of(sql);
      }
    }
    return Optional.empty();
  }
}
