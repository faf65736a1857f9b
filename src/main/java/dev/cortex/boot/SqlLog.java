package dev.cortex.boot;

import dev.cortex.base.Clock;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.CortexConfig.Store.Durability;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import dev.cortex.log.sql.Placement;
import dev.cortex.log.sql.PostgresEventLog;
import dev.cortex.log.sql.SqlEventLog;
import dev.cortex.log.sql.SqliteEventLog;
import dev.cortex.store.PostgresServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** The event log: SQLite in the data directory, or PostgreSQL where {@code store.url} names a database. */
final class SqlLog {

  /** What opening takes, generously: the driver's library, shared memory and the first pages of the WAL. */
  private static final long OPENING_BYTES = 2 << 20;

  private static final Set<LogException.Kind> UNSUITABLE =
      Set.of(LogException.Kind.READ_ONLY, LogException.Kind.INCOMPATIBLE);

  private SqlLog() {}

  /** Opens it, and makes sure that the configuration places orgs where the data has them. */
  static Future<? extends EventLog> open(Vertx vertx, Path dataDir, CortexConfig config) {
    ShardMap shards =
        new ShardMap(config.room().shards(), config.room().sharding() == CortexConfig.Room.Sharding.GLOBAL);
    Placement mine =
        new Placement(
            config.room().sharding().name().toLowerCase(Locale.ROOT), config.room().shards(), ShardMap.HASH_VERSION);
    Future<? extends SqlEventLog> opened =
        config.store().url().isEmpty()
            ? sqlite(vertx, dataDir, config)
            : postgres(vertx, config.store());
    return opened.compose(log -> log.agree(mine, shards::shardOf).compose(stored -> stored.agreesWith(mine)
        ? Future.succeededFuture(log)
        : log.close().transform(closed -> Future.failedFuture(disagreement(stored, mine)))));
  }

  private static Future<SqliteEventLog> sqlite(Vertx vertx, Path dataDir, CortexConfig config) {
    boolean full = config.store().durability() == Durability.FULL;
    SqliteEventLog.Owner owner = config.cloud() ? SqliteEventLog.Owner.CLOUD : SqliteEventLog.Owner.DESKTOP;
    return SqliteEventLog.open(vertx, dataDir, full, Clock.SYSTEM, owner)
        .recover(failure -> vertx.executeBlocking(() -> explained(failure, dataDir)).compose(Future::failedFuture));
  }

  /** A database that does not suit, or lets nobody in by that name, is a matter of the configuration. */
  private static Future<PostgresEventLog> postgres(Vertx vertx, CortexConfig.Store store) {
    try {
      return PostgresEventLog.open(vertx, new PostgresServer(store.url(), store.user(), store.password()), Clock.SYSTEM)
          .recover(
              failure ->
                  Future.failedFuture(
                      failure instanceof LogException log && UNSUITABLE.contains(log.kind())
                          ? new StartException(StartFailure.BAD_CONFIG, "store.url: " + log.getMessage(), log)
                          : failure));
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(new StartException(StartFailure.BAD_CONFIG, "store.url " + e.getMessage(), e));
    }
  }

  /**
   * A full disk fails an opening in many ways that do not say so, and whoever is told of a damaged database instead may
   * delete a sound one.
   */
  private static Throwable explained(Throwable failure, Path dataDir) throws IOException {
    boolean unexplained = failure instanceof LogException log && log.kind() == LogException.Kind.UNKNOWN;
    if (!unexplained || Files.getFileStore(dataDir).getUsableSpace() >= OPENING_BYTES) {
      return failure;
    }
    return new LogException(
        LogException.Kind.FULL, "the disk of " + dataDir + " is full (" + failure.getMessage() + ')', failure);
  }

  private static StartException disagreement(Placement stored, Placement mine) {
    return new StartException(
        StartFailure.BAD_CONFIG,
        "the data was written with room.sharding: " + stored.sharding() + " and room.shards: " + stored.shards()
            + ", the configuration says " + mine.sharding() + " and " + mine.shards());
  }
}
