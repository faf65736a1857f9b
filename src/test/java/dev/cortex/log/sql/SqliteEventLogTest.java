package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.log.EventLog;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by SQLite. */
final class SqliteEventLogTest extends EventLogContract implements SyncNotesContract {

  private static Vertx vertx;

  @TempDir Path dataDir;

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    await(vertx.close());
  }

  @Override
  EventLog open() {
    return await(SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM));
  }

  @Override
  public SqlEventLog log() {
    return (SqlEventLog) log;
  }
}
