package dev.cortex.store;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.jdbcclient.impl.actions.JDBCAction;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.internal.SqlConnectionInternal;
import io.vertx.sqlclient.internal.command.CommandBase;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * JDBC work that runs whole in one hop to a worker thread. The client's public calls hop once per statement, prepare it
 * anew each time and leave a SQLite connection inside the next transaction after a commit; this is the one class that
 * goes beneath them.
 */
final class SqlCommand<T> extends CommandBase<T> implements JDBCAction<T> {

  /** Work on the raw connection. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private final Work<T> work;

  private SqlCommand(Work<T> work) {
    this.work = work;
  }

  /** Runs the work on that connection; the future completes on the given context. */
  static <T> Future<T> run(SqlConnection connection, ContextInternal context, Work<T> work) {
    return ((SqlConnectionInternal) connection).unwrap().schedule(context, new SqlCommand<>(work));
  }

  @Override
  public T execute(Connection connection) throws SQLException {
    return work.run(connection);
  }
}
