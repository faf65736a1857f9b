package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.log.EventLog;
import dev.cortex.store.PostgresServer;
import dev.cortex.testing.LocalPostgres;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The contract, kept by PostgreSQL. */
final class PostgresEventLogTest extends EventLogContract implements SyncNotesContract {

  private static Vertx vertx;

  private LocalPostgres.Database database;

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    await(vertx.close());
  }

  /** Before the contract opens its first log. */
  @BeforeEach
  @Override
  void openLog() {
    database = LocalPostgres.shared().database();
    super.openLog();
  }

  @AfterEach
  @Override
  void closeLogs() {
    super.closeLogs();
    LocalPostgres.shared().drop(database);
  }

  @Override
  EventLog open() {
    PostgresServer server = new PostgresServer(database.url(), database.user(), database.password());
    return await(PostgresEventLog.open(vertx, server, Clock.SYSTEM));
  }

  @Override
  public SqlEventLog log() {
    return (SqlEventLog) log;
  }
}
