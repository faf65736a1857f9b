package dev.cortex.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;

/** Lets the records of {@link Message} travel on the event bus of one process, by reference. */
public final class Codecs {

  private Codecs() {}

  /** Registers every message type; once for each Vert.x instance. */
  public static void register(EventBus bus) {
    for (Class<?> type : Message.class.getPermittedSubclasses()) {
      registerOne(bus, type);
    }
  }

  private static <T> void registerOne(EventBus bus, Class<T> type) {
    bus.registerDefaultCodec(type, new ByReference<>(type.getName()));
  }

  /** Hands the same object to the receiver; messages are immutable. */
  private record ByReference<T>(String name) implements MessageCodec<T, T> {
    @Override
    public void encodeToWire(Buffer buffer, T message) {
      throw new UnsupportedOperationException(name + " stays inside its process");
    }

    @Override
    public T decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException(name + " stays inside its process");
    }

    @Override
    public T transform(T message) {
      return message;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
