package dev.cortex.gateway;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Requests;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** The room of a node over the event bus, and the event loop of the verticle that made this. */
final class BusRoomLink implements RoomLink {

  private static final long TIMEOUT_MS = 10_000;

  private final Vertx vertx;
  private final String room;

  /** A link to the room of that node. */
  BusRoomLink(Vertx vertx, String node) {
    this.vertx = vertx;
    this.room = Addresses.room(node);
  }

  @Override
  public <T extends Message> Future<T> ask(Message question, Class<T> answer) {
    return Requests.ask(vertx.eventBus(), room, question, answer, TIMEOUT_MS);
  }

  @Override
  public void tell(Message message) {
    vertx.eventBus().send(room, message);
  }

  @Override
  public void soon(Runnable turn) {
    vertx.runOnContext(go -> turn.run());
  }

  @Override
  public long after(long ms, Runnable turn) {
    return vertx.setTimer(ms, timer -> turn.run());
  }

  @Override
  public boolean cancel(long timer) {
    return vertx.cancelTimer(timer);
  }
}
