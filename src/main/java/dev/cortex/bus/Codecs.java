package dev.cortex.bus;

import dev.cortex.bus.wire.Wire;
import dev.cortex.bus.wire.WireException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How messages cross the event bus: by reference inside a node (they are immutable, so a copy would only cost) and in
 * their binary form between nodes.
 */
public final class Codecs {

  private static final Logger LOG = LoggerFactory.getLogger(Codecs.class);

  private Codecs() {}

  /** Makes every {@link Message} record known to an event bus; to be called once, before anything is deployed. */
  public static void register(EventBus bus) {
    for (Class<?> type : Message.class.getPermittedSubclasses()) {
      if (type.isRecord()) {
        registerOne(bus, type.asSubclass(Message.class));
      }
    }
    Crossing.guard(bus);
  }

  /** Makes one type known. */
  static <T extends Message> void registerOne(EventBus bus, Class<T> type) {
    bus.registerDefaultCodec(type, new Codec<>(type));
  }

  private static final class Codec<T extends Message> implements MessageCodec<T, Object> {

    private final Class<T> type;
    private final AtomicBoolean told = new AtomicBoolean();

    private Codec(Class<T> type) {
      this.type = type;
    }

    /** Never throws: what waits for the same connection would be lost with it. The other side refuses the question. */
    @Override
    public void encodeToWire(Buffer buffer, T message) {
      try {
        Wire.write(type, message, buffer);
      } catch (IllegalArgumentException stays) {
        LOG.error("a message was sent to another node by mistake", stays);
      }
    }

    /** Never throws: a reply whose reading throws is a question that is never answered. */
    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
      try {
        return Wire.read(type, buffer, position);
      } catch (WireException | IllegalArgumentException unreadable) {
        String what = "a message that came in is no " + type.getSimpleName() + ": " + unreadable.getMessage();
        if (told.compareAndSet(false, true)) {
          LOG.error(what + "; further ones are refused without a word");
        }
        return new Unreadable(what);
      }
    }

    @Override
    public Object transform(T message) {
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
