package dev.cortex.sync;

import dev.cortex.ops.Metrics;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;

/** What is wrong with one part of the sync: told once when it begins or changes, and once when it is over. */
final class Trouble {

  private static final Logger LOG = LoggerFactory.getLogger(Trouble.class);

  private final String part;
  private final Metrics metrics;
  private String last = "";

  /** No trouble. */
  Trouble(String part, Metrics metrics) {
    this.part = part;
    this.metrics = metrics;
  }

  /** Something failed. */
  void failed(String reason) {
    metrics.sync().failed();
    if (!reason.equals(last)) {
      LOG.warn(part + ": " + reason);
    }
    last = reason;
  }

  /** It works. */
  void over() {
    if (!last.isEmpty()) {
      LOG.info(part + " works again");
    }
    last = "";
  }

  /** What is wrong; empty when nothing is. */
  String last() {
    return last;
  }
}
