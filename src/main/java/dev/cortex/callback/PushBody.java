package dev.cortex.callback;

import dev.cortex.base.Pure;
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
   * Chooses what a callback is told at once.
   *
   * @param stretch of the log of the callback's org
   * @param bytesMax most bytes of envelopes; one event may be longer
   */
  static PushBody of(Callback callback, Stretch stretch, int bytesMax) {
    List<StoredEvent> chosen = new ArrayList<>();
    long bytes = 0;
    long through = stretch.through();
    for (StoredEvent event : stretch.events()) {
      if (event.offset() > stretch.through()) {
        break;
      }
      if (callback.isFor(event)) {
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

  /** The JSON of it. */
  byte[] json(String logId, long after) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(128 + bytes() + events.size());
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
  int bytes() {
    return events.stream().mapToInt(event -> event.json().length).sum();
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
