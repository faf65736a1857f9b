package dev.cortex.bus;

import io.vertx.core.Future;
import java.util.concurrent.Executor;

/** What {@link RoomCalls} needs of the world: the bus, time, and the context of whoever calls. */
interface Carrier {

  /**
   * Asks the rooms of a node; completes on the caller's context, fails with a {@code RefusedException}.
   *
   * @param here whether the node is this one
   */
  <T extends Message> Future<T> ask(String node, boolean here, Message question, Class<T> answer, long timeoutMs);

  /** Tells the rooms of a node something that has no answer. */
  void tell(String node, boolean here, Message message);

  /** The context of whoever calls now. */
  Executor home();

  /** Takes a turn on the caller's context after that long, at least 1 ms; returns how to call it off. */
  Runnable after(long ms, Runnable turn);
}
