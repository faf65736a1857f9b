package dev.cortex.bus.wire;

import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The binary form of a row of events, most of what nodes say to each other. Each is told by its difference to the one
 * before it: next offset, little later, often of the same session.
 */
final class Events {

  private static final int PRIORITY_MASK = 0b011;
  private static final int SAME_SESSION = 0b100;
  private static final int SAME_ORIGIN = 0b1000;
  private static final Priority[] PRIORITIES = Priority.values();

  private Events() {}

  static void write(WireWriter out, List<StoredEvent> events) {
    out.size(events.size());
    long offset = 0;
    long receivedAt = 0;
    String agentId = "";
    String sessionId = "";
    String origin = "";
    for (StoredEvent event : events) {
      boolean same = event.agentId().equals(agentId) && event.sessionId().equals(sessionId);
      boolean sameOrigin = event.origin().equals(origin);
      out.octet(event.priority().ordinal() | (same ? SAME_SESSION : 0) | (sameOrigin ? SAME_ORIGIN : 0));
      if (!same) {
        out.text(event.agentId());
        out.text(event.sessionId());
      }
      if (!sameOrigin) {
        out.text(event.origin());
      }
      out.number(event.offset() - offset);
      out.number(event.sequence());
      out.number(event.receivedAt() - receivedAt);
      out.bytes(event.json());
      offset = event.offset();
      receivedAt = event.receivedAt();
      agentId = event.agentId();
      sessionId = event.sessionId();
      origin = event.origin();
    }
  }

  static List<StoredEvent> read(WireReader in) {
    int size = in.size();
    List<StoredEvent> events = new ArrayList<>(size);
    long offset = 0;
    long receivedAt = 0;
    String agentId = "";
    String sessionId = "";
    String origin = "";
    for (int i = 0; i < size; i++) {
      int flags = in.octet();
      if ((flags & ~(SAME_ORIGIN | SAME_SESSION | PRIORITY_MASK)) != 0
          || (flags & PRIORITY_MASK) >= PRIORITIES.length) {
        throw new WireException(in.position() - 1, "holds no kind of event: " + flags);
      }
      if ((flags & SAME_SESSION) == 0) {
        agentId = in.text();
        sessionId = in.text();
      }
      if ((flags & SAME_ORIGIN) == 0) {
        origin = in.text();
      }
      offset += in.number();
      long sequence = in.number();
      receivedAt += in.number();
      Priority priority = PRIORITIES[flags & PRIORITY_MASK];
      events.add(new StoredEvent(offset, agentId, sessionId, sequence, priority, receivedAt, origin, in.bytes()));
    }
    return Collections.unmodifiableList(events);
  }
}
