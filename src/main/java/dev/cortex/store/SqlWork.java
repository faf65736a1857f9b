package dev.cortex.store;

import java.sql.SQLException;

/** Statements that belong together: they run on one connection, on one worker thread, in one transaction. */
@FunctionalInterface
public interface SqlWork<T> {

  /** Runs the statements; a thrown exception rolls the transaction back. */
  T run(Sql sql) throws SQLException;
}
