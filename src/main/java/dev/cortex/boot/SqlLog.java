package dev.cortex.boot;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig.Store.Durability;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.log.sql.SqlEventLog;

/** The event log of a desktop: SQLite in the data directory. */
final class SqlLog {

  /** Opens it. */
  static final LogOpener OPENER =
      (vertx, dataDir, store) ->
          SqlEventLog.open(
              vertx, dataDir, store.durability() == Durability.FULL, Clock.SYSTEM, EnvelopeWriter::write);

  private SqlLog() {}
}
