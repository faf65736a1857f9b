package dev.cortex.store;

import io.vertx.core.Vertx;
import io.vertx.jdbcclient.JDBCPool;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.sql.Connection;
import java.sql.SQLException;

/** SQLite: one connection writes, a few read. */
final class SqliteDialect implements Dialect {

  private static final int READERS = 2;

  private final SqliteFile file;

  SqliteDialect(SqliteFile file) {
    this.file = file;
  }

  @Override
  public int committers() {
    return 1;
  }

  @Override
  public int readers() {
    return READERS;
  }

  @Override
  public boolean singleWriter() {
    return true;
  }

  @Override
  public boolean remote() {
    return false;
  }

  @Override
  public Pool pool(Vertx vertx, Role role) {
    SqliteSource source = new SqliteSource(role == Role.READ ? file.readerUrl() : file.writerUrl());
    return JDBCPool.pool(vertx, source, new PoolOptions().setMaxSize(1));
  }

  @Override
  public Sql prepared(Connection connection, Role role) throws SQLException {
    Sql sql = new Sql(connection);
    for (String pragma : role == Role.READ ? file.readerPragmas() : file.writerPragmas()) {
      sql.execute(pragma);
    }
    return sql;
  }

  @Override
  public void begin(Sql sql, Role role) throws SQLException {
    sql.prepare(role == Role.READ ? "BEGIN" : "BEGIN IMMEDIATE").execute();
  }

  @Override
  public void commit(Sql sql) throws SQLException {
    sql.prepare("COMMIT").execute();
  }

  /** Ends the transaction, unless SQLite did so by itself, as on a full disk. */
  @Override
  public void clean(Sql sql, boolean begun) throws SQLException {
    try {
      sql.forget();
      if (begun) {
        sql.execute("ROLLBACK");
      }
    } catch (SQLException e) {
      if (!SqliteFailures.noTransaction(e)) {
        throw e;
      }
    }
  }

  @Override
  public StoreException failure(Throwable failure, Stage stage) {
    return SqliteFailures.of(failure, stage == Stage.COMMITTING);
  }

  @Override
  public int migrate(Sql sql) throws SQLException {
    return Migrations.sqlite().apply(sql);
  }
}
