package dev.cortex.boot;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig.Store.Durability;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.log.LogException;
import dev.cortex.log.sql.SqlEventLog;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The event log of a desktop: SQLite in the data directory. */
final class SqlLog {

  /** What opening takes, generously: the driver's library, shared memory and the first pages of the WAL. */
  private static final long OPENING_BYTES = 2 << 20;

  /** Opens it. */
  static final LogOpener OPENER =
      (vertx, dataDir, store) ->
          SqlEventLog.open(
                  vertx, dataDir, store.durability() == Durability.FULL, Clock.SYSTEM, EnvelopeWriter::write)
              .recover(
                  failure -> vertx.executeBlocking(() -> explained(failure, dataDir)).compose(Future::failedFuture));

  private SqlLog() {}

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
}
