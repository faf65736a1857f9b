package dev.cortex.boot;

import io.vertx.core.Future;

/** The event log of a desktop: SQLite in the data directory. */
final class SqlLog {

  /** Opens it. */
  static final LogOpener OPENER =
      (vertx, dataDir, store) ->
          Future.failedFuture(new StartException(StartFailure.INTERNAL, "this build has no event log"));

  private SqlLog() {}
}
