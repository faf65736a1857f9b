package dev.cortex.room;

import dev.cortex.bus.Message;
import io.vertx.core.Future;

/** How the rooms of a node reach others: the event bus, or what a test has in its place. */
interface Wires {

  /** Sends something that has no answer. */
  void send(String address, Message message);

  /** Asks a question; fails with a refusal. */
  <T extends Message> Future<T> ask(String address, Message question, Class<T> answer, long timeoutMs);
}
