package dev.cortex.bus;

import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;

/** How one question is sent; on the way to other nodes it learns whether it was written. */
final class Question extends DeliveryOptions {

  private static final Future<Void> NOT_TOLD = Future.succeededFuture();

  private Future<Void> written = NOT_TOLD;

  /** Notes that the question leaves by a bus between nodes. */
  void written(Future<Void> future) {
    written = future;
  }

  /** Whether {@link #written()} tells anything. */
  boolean isCrossing() {
    return written != NOT_TOLD;
  }

  /** Fails when the question could not be written. */
  Future<Void> written() {
    return written;
  }
}
