package dev.cortex.room;

import io.vertx.core.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Whether this node may speak for an org: its shard is ours, and the store has confirmed that lately. What is answered
 * under it was true all the while it was looked for; everything else is {@code moved}.
 */
final class Tenure {

  private final Rooms rooms;
  private final BooleanSupplier trusted;

  /**
   * The tenure of a node that has these rooms.
   *
   * @param trusted whether the store confirmed our epochs so lately that questions may be answered
   */
  Tenure(Rooms rooms, BooleanSupplier trusted) {
    this.rooms = rooms;
    this.trusted = trusted;
  }

  /** Whether this node is sure that the org is its own. */
  boolean holds(String orgId) {
    return rooms.owns(orgId) && trusted.getAsBoolean();
  }

  /** Answers only if this node is sure, before it looks and after, that the org is its own. */
  <T> Future<T> answer(String orgId, Supplier<Future<T>> look) {
    if (!holds(orgId)) {
      return moved();
    }
    return look.get().compose(found -> holds(orgId) ? Future.succeededFuture(found) : moved());
  }

  /** The refusal of what is another node's. */
  static <T> Future<T> moved() {
    return Future.failedFuture(Rooms.moved());
  }
}
