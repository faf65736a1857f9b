package dev.cortex.log.sql;

import dev.cortex.log.LogException;
import dev.cortex.store.StoreException;
import io.vertx.core.Future;

/** Tells a failure of the store as the log's contract names it. */
final class LogFailures {

  private LogFailures() {}

  /** The failed future; what is no failure of the store, a mistake in the program for one, has an unknown outcome. */
  static <T> Future<T> failed(Throwable failure) {
    if (failure instanceof LogException) {
      return Future.failedFuture(failure);
    }
    LogException.Kind kind =
        failure instanceof StoreException known ? kind(known.kind()) : LogException.Kind.UNKNOWN;
    return Future.failedFuture(new LogException(kind, String.valueOf(failure.getMessage()), failure));
  }

  private static LogException.Kind kind(StoreException.Kind kind) {
    return switch (kind) {
      case BUSY -> LogException.Kind.BUSY;
      case FULL -> LogException.Kind.FULL;
      case READ_ONLY -> LogException.Kind.READ_ONLY;
      case CORRUPT -> LogException.Kind.CORRUPT;
      case INCOMPATIBLE -> LogException.Kind.INCOMPATIBLE;
      case UNKNOWN -> LogException.Kind.UNKNOWN;
    };
  }
}
