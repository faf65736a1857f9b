package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;

/** Who has to know what the sender of an outbox finds out. */
interface OutboxOwner {

  /** The desktop and its cursor are known. */
  void onState(SyncState state);

  /** The cloud said which outbox it knows, or that it does not talk about it. */
  void onChecked();

  /** A new incarnation began, in every org. */
  void onReincarnated();

  /**
   * The cloud answered as it should.
   *
   * @param back whether it did not before
   */
  void onReached(boolean back);
}
