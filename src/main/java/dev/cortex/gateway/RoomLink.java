package dev.cortex.gateway;

import dev.cortex.bus.Message;
import io.vertx.core.Future;

/**
 * What feeds need of the world around them: the rooms, wherever they live, and later turns on their own event loop.
 * Nothing is assumed of the order in which deliveries and answers arrive, or that they arrive: offsets decide.
 */
interface RoomLink {

  /**
   * Asks the room of an org something that changes nothing there, and asks again while it moves or does not answer; a
   * refusal fails the future, perhaps at once.
   *
   * @param orgId whose room
   */
  <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer);

  /** Asks the rooms of a node, once. */
  <T extends Message> Future<T> askNode(String node, Message question, Class<T> answer);

  /** Tells the rooms of a node something that has no answer. */
  void tell(String node, Message message);

  /** Runs something when everything that waits already has had its turn; may be called from any thread. */
  void soon(Runnable turn);

  /** Runs something after that many milliseconds, at least 1; the answer names the timer. */
  long after(long ms, Runnable turn);

  /** Stops a timer; false when it has run, or is about to. */
  boolean cancel(long timer);
}
