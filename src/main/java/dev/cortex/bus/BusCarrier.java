package dev.cortex.bus;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.concurrent.Executor;

/** The event bus and the timers of a Vert.x. */
final class BusCarrier implements Carrier {

  private static final DeliveryOptions HERE = new DeliveryOptions().setLocalOnly(true);
  private static final DeliveryOptions ANYWHERE = new DeliveryOptions();

  private final Vertx vertx;

  BusCarrier(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public <T extends Message> Future<T> ask(
      String node, boolean here, Message question, Class<T> answer, long timeoutMs) {
    return here
        ? Requests.askHere(vertx.eventBus(), Addresses.room(node), question, answer, timeoutMs)
        : Requests.ask(vertx.eventBus(), Addresses.room(node), question, answer, timeoutMs);
  }

  @Override
  public void tell(String node, boolean here, Message message) {
    vertx.eventBus().send(Addresses.room(node), message, here ? HERE : ANYWHERE);
  }

  @Override
  public Executor home() {
    Context context = vertx.getOrCreateContext();
    return turn -> context.runOnContext(go -> turn.run());
  }

  @Override
  public Runnable after(long ms, Runnable turn) {
    long timer = vertx.setTimer(ms, fired -> turn.run());
    return () -> vertx.cancelTimer(timer);
  }
}
