package dev.cortex.store;

import dev.cortex.store.StoreException.Kind;
import io.vertx.core.Vertx;
import io.vertx.jdbcclient.JDBCPool;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;

/**
 * PostgreSQL: several connections write at the same time, each bounded in how long it works, waits for a lock or leaves
 * a transaction open, so that no process, however frozen, holds up another for long.
 */
final class PostgresDialect implements Dialect {

  /** Longest run of one statement, in milliseconds. */
  static final int STATEMENT_MS = 5_000;

  private static final int LOCK_MS = 3_000;
  private static final int IDLE_IN_TRANSACTION_MS = 2_000;
  private static final int COMMITTERS = 4;
  private static final int READERS = 4;
  private static final int VERSION_MIN = 130_000;

  /** Any number that means this program's migrations. */
  private static final long MIGRATION_LOCK = 0x636f_7274_6578_6d67L;

  /**
   * Plans are made once, without looking at values, and find rows by keys: a table that grew since its statistics were
   * made would be read as a whole otherwise.
   */
  private static final String SETTINGS =
      "SET statement_timeout = " + STATEMENT_MS + "; SET lock_timeout = " + LOCK_MS
          + "; SET idle_in_transaction_session_timeout = " + IDLE_IN_TRANSACTION_MS
          + "; SET tcp_user_timeout = " + (STATEMENT_MS + 1_000)
          + "; SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
          + "; SET plan_cache_mode = force_generic_plan";

  private static final String READING =
      "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on";

  /** What was found good stays so for the session, also when the server's configuration is changed. */
  private static final String PIN =
      "SELECT length(set_config('synchronous_commit', current_setting('synchronous_commit'), false))";

  private static final String CHECK =
      """
      SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
        current_setting('default_transaction_read_only'), current_setting('fsync'),
        current_setting('full_page_writes'), current_setting('synchronous_commit'),
        current_setting('server_encoding')""";

  private final PostgresServer server;

  PostgresDialect(PostgresServer server) {
    this.server = server;
  }

  @Override
  public int committers() {
    return COMMITTERS;
  }

  @Override
  public int readers() {
    return READERS;
  }

  @Override
  public boolean singleWriter() {
    return false;
  }

  @Override
  public boolean remote() {
    return true;
  }

  @Override
  public Pool pool(Vertx vertx, Role role) {
    return JDBCPool.pool(vertx, server.dataSource(), new PoolOptions().setMaxSize(1));
  }

  @Override
  public Sql prepared(Connection connection, Role role) throws SQLException {
    Sql sql = new Sql(connection, true);
    sql.execute(SETTINGS);
    if (role == Role.READ) {
      sql.execute(READING);
    } else {
      checkDurable(sql);
    }
    return sql;
  }

  private static void checkDurable(Sql sql) throws SQLException {
    try (ResultSet row = sql.prepare(CHECK).executeQuery()) {
      row.next();
      if (row.getInt(1) < VERSION_MIN) {
        throw new StoreException(
            Kind.INCOMPATIBLE,
            "the server is PostgreSQL " + row.getString(2) + "; " + VERSION_MIN / 10_000 + " or newer is needed");
      }
      if (row.getBoolean(3)) {
        throw new StoreException(
            Kind.READ_ONLY, "the server is a standby (pg_is_in_recovery); store.url must lead to the primary");
      }
      if (row.getString(4).equals("on")) {
        throw new StoreException(
            Kind.READ_ONLY, "the server has default_transaction_read_only = on: nothing can be stored");
      }
      require("fsync", row.getString(5), Set.of("on"), "a power loss would lose what was accepted");
      require("full_page_writes", row.getString(6), Set.of("on"), "a power loss could damage the database");
      require(
          "synchronous_commit",
          row.getString(7),
          Set.of("on", "remote_apply"),
          "a power loss would lose what was accepted");
      require("server_encoding", row.getString(8), Set.of("UTF8"), "events are Unicode text");
    }
    sql.number(PIN);
  }

  private static void require(String setting, String value, Set<String> good, String reason) {
    if (!good.contains(value)) {
      throw new StoreException(
          Kind.INCOMPATIBLE,
          "the server has " + setting + " = " + value + ", needed is "
              + String.join(" or ", good.stream().sorted().toList()) + ": " + reason);
    }
  }

  @Override
  public void begin(Sql sql, Role role) throws SQLException {
    sql.connection().setAutoCommit(false); // the driver begins with the first statement
  }

  @Override
  public void commit(Sql sql) throws SQLException {
    sql.connection().commit();
    sql.connection().setAutoCommit(true);
  }

  @Override
  public void clean(Sql sql, boolean begun) throws SQLException {
    if (sql.connection().isClosed()) {
      throw new SQLException("the connection is closed");
    }
    if (begun) {
      sql.connection().rollback();
      sql.connection().setAutoCommit(true);
    }
  }

  @Override
  public StoreException failure(Throwable failure, Stage stage) {
    return PostgresFailures.of(failure, stage);
  }

  /** One node at a time. */
  @Override
  public int migrate(Sql sql) throws SQLException {
    sql.number("SELECT length(pg_advisory_xact_lock(" + MIGRATION_LOCK + ")::text)");
    return Migrations.postgres().apply(sql);
  }
}
