package dev.cortex.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;

/**
 * How messages cross the event bus: by reference inside a node. They are immutable, so a copy would only cost.
 */
public final class Codecs {

  private Codecs() {}

  /** Makes every {@link Message} record known to an event bus; to be called once, before anything is deployed. */
  public static void register(EventBus bus) {
    for (Class<?> type : Message.class.getPermittedSubclasses()) {
      registerOne(bus, type);
    }
  }

  private static <T> void registerOne(EventBus bus, Class<T> type) {
    if (type.isRecord()) {
      bus.registerDefaultCodec(type, new ByReference<>(type));
    }
  }

  private record ByReference<T>(Class<T> type) implements MessageCodec<T, T> {

    @Override
    public void encodeToWire(Buffer buffer, T message) {
      throw new UnsupportedOperationException(type.getSimpleName() + " does not leave its node");
    }

    @Override
    public T decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException(type.getSimpleName() + " does not leave its node");
    }

    @Override
    public T transform(T message) {
      return message;
    }

    @Override
    public String name() {
      return "cortex." + type.getSimpleName();
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
