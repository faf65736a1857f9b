package dev.cortex.gateway;

import dev.cortex.bus.Message;
import io.vertx.core.Future;

/** What feeds need of the world around them: the room of their orgs, and later turns on their own event loop. */
interface RoomLink {

  /** Asks the room; a refusal fails the future, perhaps at once. Answers keep their place among the deliveries. */
  <T extends Message> Future<T> ask(Message question, Class<T> answer);

  /** Tells the room something that has no answer. */
  void tell(Message message);

  /** Runs something when everything that waits already has had its turn. */
  void soon(Runnable turn);

  /** Runs something after that many milliseconds, at least 1; the answer names the timer. */
  long after(long ms, Runnable turn);

  /** Stops a timer; false when it has run, or is about to. */
  boolean cancel(long timer);
}
