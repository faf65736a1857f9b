package dev.cortex.room;

import dev.cortex.bus.Message;
import dev.cortex.bus.Requests;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** The event bus. */
final class BusWires implements Wires {

  private final Vertx vertx;

  BusWires(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public void send(String address, Message message) {
    vertx.eventBus().send(address, message);
  }

  @Override
  public <T extends Message> Future<T> ask(String address, Message question, Class<T> answer, long timeoutMs) {
    return Requests.ask(vertx.eventBus(), address, question, answer, timeoutMs);
  }
}
