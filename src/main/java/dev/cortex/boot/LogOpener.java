package dev.cortex.boot;

import dev.cortex.config.CortexConfig;
import dev.cortex.log.EventLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/** Opens the event log of a data directory: the store a server is built on, or a stand-in for a test. */
@FunctionalInterface
interface LogOpener {

  /** Opens the log; fails with a {@link dev.cortex.log.LogException}. */
  Future<? extends EventLog> open(Vertx vertx, Path dataDir, CortexConfig config);
}
