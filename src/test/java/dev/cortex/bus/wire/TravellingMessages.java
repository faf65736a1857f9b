package dev.cortex.bus.wire;

import dev.cortex.bus.Message;
import java.util.Arrays;
import java.util.stream.Stream;

/** The messages that leave their node. */
public final class TravellingMessages {

  private TravellingMessages() {}

  /** All but those that are listed as local. */
  public static Stream<Class<? extends Message>> types() {
    return Arrays.stream(Message.class.getPermittedSubclasses())
        .<Class<? extends Message>>map(type -> type.asSubclass(Message.class))
        .filter(type -> !Wire.LOCAL.contains(type));
  }
}
