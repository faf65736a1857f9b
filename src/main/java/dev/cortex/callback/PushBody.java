package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.Channel;
import dev.cortex.event.StoredEvent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What one push says: every event that a desktop is to know in (after, through] of an org's log.
 *
 * @param events those events
 * @param through up to here; {@code events} lack only what the desktop need not or may not know
 */
@Pure
record PushBody(List<StoredEvent> events, long through) {

  /** Most events of a push. */
  static final int EVENTS_MAX = 500;

  /**
   * Chooses from events what a callback is told at once.
   *
   * @param read events of the callback's org, all of those up to {@code readThrough}
   * @param bytesMax most bytes of envelopes; one event may be longer
   */
  static PushBody of(Callback callback, List<StoredEvent> read, long readThrough, int bytesMax) {
    List<StoredEvent> chosen = new ArrayList<>();
    String own = callback.desktop().text();
    long bytes = 0;
    long through = readThrough;
    for (StoredEvent event : read) {
      if (event.offset() > readThrough) {
        break;
      }
      if (isFor(callback, own, event)) {
        bytes += event.json().length;
        if (chosen.size() == EVENTS_MAX || (bytes > bytesMax && !chosen.isEmpty())) {
          through = event.offset() - 1;
          break;
        }
        chosen.add(event);
      }
    }
    return new PushBody(chosen, through);
  }

  private static boolean isFor(Callback callback, String own, StoredEvent event) {
    if (event.origin().equals(own)) {
      return false;
    }
    if (callback.channels().isEmpty()) {
      return true;
    }
    Channel channel = new Channel(callback.orgId(), event.agentId(), event.sessionId());
    return callback.channels().stream().anyMatch(one -> one.covers(channel));
  }

  /** The JSON of it. */
  byte[] json(String logId, long after) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(128 + (int) bytes() + events.size());
    write(out, "{\"logId\":\"" + logId + "\",\"after\":" + after + ",\"through\":" + through + ",\"events\":[");
    for (int i = 0; i < events.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(events.get(i).json());
    }
    write(out, "]}");
    return out.toByteArray();
  }

  /** Bytes of its envelopes. */
  long bytes() {
    return events.stream().mapToLong(event -> event.json().length).sum();
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
