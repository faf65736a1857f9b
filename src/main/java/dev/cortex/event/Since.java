package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;

/** Where a reader wants to begin, as clients can say it. */
@Pure
public sealed interface Since {

  /** From now on. */
  record Live() implements Since {}

  /** After a position of one org's log. */
  record Cursor(Position position) implements Since {}

  /** After a sequence of the session the channel names; 0 is before its first event. */
  record Sequence(long sequence) implements Since {}

  /** Everything retained that was received since that time, Unix milliseconds from 0 to 2^53-1. */
  record Time(long unixMs) implements Since {}

  /** Reads a cursor, or Unix milliseconds when the text is all digits; empty when it is neither. */
  static Optional<Since> parse(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    OptionalLong unixMs = JsonSlice.integer(bytes, 0, bytes.length);
    if (unixMs.isPresent()) {
      return Optional.of(new Time(unixMs.getAsLong()));
    }
    return Position.parse(text).map(Cursor::new);
  }
}
