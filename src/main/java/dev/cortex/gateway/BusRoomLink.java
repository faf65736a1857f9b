package dev.cortex.gateway;

import dev.cortex.bus.Message;
import dev.cortex.bus.RoomCalls;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/**
 * The rooms over the event bus, and the event loop of the verticle that made this. Between two nodes the bus writes
 * to one connection, but an answer goes there at once while a message may wait for its address to be looked up, and
 * what is on its way when the connection breaks is gone: so nothing here promises an order.
 */
final class BusRoomLink implements RoomLink {

  /** How long the room of an org is asked again while it moves, or does not answer. */
  private static final long BUDGET_MS = 10_000;

  /** A node that is silent for so long does not keep others from being asked. */
  private static final long OTHER_NODE_MS = 3_000;

  private final Vertx vertx;
  private final Context context;
  private final RoomCalls calls;

  /** A link for the verticle on whose event loop this is called. */
  BusRoomLink(Vertx vertx, RoomCalls calls) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.calls = calls;
  }

  @Override
  public <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer) {
    return calls.read(orgId, question, answer, BUDGET_MS);
  }

  @Override
  public <T extends Message> Future<T> askNode(String node, Message question, Class<T> answer) {
    // the room of this node is as alive as we are: what takes long there is the store
    boolean self = node.equals(calls.directory().self());
    return calls.askNode(node, question, answer, self ? BUDGET_MS : OTHER_NODE_MS);
  }

  @Override
  public void tell(String node, Message message) {
    calls.tell(node, message);
  }

  @Override
  public void soon(Runnable turn) {
    context.runOnContext(go -> turn.run());
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
