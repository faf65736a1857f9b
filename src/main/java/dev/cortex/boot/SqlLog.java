package dev.cortex.boot;

import dev.cortex.base.Clock;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.CortexConfig.Store.Durability;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import dev.cortex.log.sql.Placement;
import dev.cortex.log.sql.SqlEventLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The event log of a desktop: SQLite in the data directory. */
final class SqlLog {

  /** What opening takes, generously: the driver's library, shared memory and the first pages of the WAL. */
  private static final long OPENING_BYTES = 2 << 20;

  private SqlLog() {}

  /** Opens it, and makes sure that the configuration places orgs where the data has them. */
  static Future<? extends EventLog> open(Vertx vertx, Path dataDir, CortexConfig config) {
    boolean full = config.store().durability() == Durability.FULL;
    Placement mine =
        new Placement(
            config.room().sharding().name().toLowerCase(Locale.ROOT), config.room().shards(), ShardMap.HASH_VERSION);
    return SqlEventLog.open(vertx, dataDir, full, Clock.SYSTEM)
        .recover(failure -> vertx.executeBlocking(() -> explained(failure, dataDir)).compose(Future::failedFuture))
        .compose(log -> log.agree(mine).compose(stored -> stored.agreesWith(mine)
            ? Future.succeededFuture(log)
            : log.close().transform(closed -> Future.failedFuture(disagreement(stored, mine)))));
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
