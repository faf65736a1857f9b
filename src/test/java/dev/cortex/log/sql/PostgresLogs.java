package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;

import dev.cortex.base.Clock;
import dev.cortex.store.PostgresServer;
import dev.cortex.testing.LocalPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;

/** A fresh database and the logs that were opened on it. */
final class PostgresLogs implements AutoCloseable {

  final LocalPostgres postgres = LocalPostgres.shared();
  final LocalPostgres.Database database = postgres.database();
  final Vertx vertx = Vertx.vertx();
  private final List<PostgresEventLog> opened = new ArrayList<>();

  /** A node's log; opening fails as it fails. */
  Future<PostgresEventLog> opening() {
    return opening(database.password());
  }

  Future<PostgresEventLog> opening(String password) {
    PostgresServer server = new PostgresServer(database.url(), database.user(), password);
    return PostgresEventLog.open(vertx, server, Clock.SYSTEM).onSuccess(opened::add);
  }

  /** A node's log. */
  PostgresEventLog open() {
    return await(opening());
  }

  /** Changes this database as its superuser. */
  void alter(String what) {
    postgres.superuser("ALTER DATABASE " + database.name() + ' ' + what);
  }

  /** Ends every connection to this database, as a failover does. */
  void cut() {
    postgres.superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database.name() + "'");
  }

  @Override
  public void close() {
    opened.forEach(log -> await(log.close()));
    await(vertx.close());
    postgres.drop(database);
  }
}
