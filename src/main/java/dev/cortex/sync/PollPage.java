package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import java.util.Set;

/**
 * A page of the cloud's log.
 *
 * @param events the array of envelopes as it came
 * @param count how many they are
 * @param cursor what the page covers
 */
@Pure
record PollPage(byte[] events, int count, Position cursor, boolean hasMore) {

  private static final Set<String> NAMES = Set.of("events", "cursor", "hasMore");

  /**
   * Reads the body of a poll's answer.
   *
   * @throws RefusedException when it is none, or its cursor is not the one in the header
   */
  static PollPage read(byte[] body, Position header, int eventsMax) {
    Fields fields = Fields.read(body, NAMES);
    JsonSlice events = fields.get("events");
    JsonSlice hasMore = fields.get("hasMore");
    if (!events.isArray() || !(hasMore.isTrue() || hasMore.isFalse())) {
      throw malformed("no events or no hasMore");
    }
    if (!fields.text("cursor").equals(header.cursor())) {
      throw malformed("another cursor than its header");
    }
    int count = Fields.elements(events, eventsMax).size();
    return new PollPage(events.bytes(), count, header, hasMore.isTrue());
  }

  private static RefusedException malformed(String what) {
    return new RefusedException(ErrorCode.BAD_REQUEST, "the page of events has " + what);
  }
}
