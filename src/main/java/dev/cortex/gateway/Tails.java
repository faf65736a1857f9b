package dev.cortex.gateway;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Bounds the tails of all feeds together: those that were used longest ago are emptied first. */
final class Tails {

  private static final class Held {
    private long bytes;
  }

  private final long bytesMax;
  /** In the order of their last use. */
  private final Map<Feed, Held> byFeed = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** No tails; at most so many bytes of envelopes. */
  Tails(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A tail was used: it is the youngest now, and counts as it is. */
  void used(Feed feed) {
    long now = feed.tail().bytes();
    Held held = byFeed.get(feed);
    if (held == null) {
      if (now == 0) {
        return;
      }
      held = new Held();
      byFeed.put(feed, held);
    }
    bytes += now - held.bytes;
    held.bytes = now;
  }

  /** A feed ended. */
  void forget(Feed feed) {
    Held held = byFeed.remove(feed);
    bytes -= held == null ? 0 : held.bytes;
  }

  /** Empties tails until the bound holds; events that were not handed on yet stay. */
  void bound() {
    if (bytes <= bytesMax) {
      return;
    }
    Iterator<Map.Entry<Feed, Held>> eldest = byFeed.entrySet().iterator();
    while (bytes > bytesMax && eldest.hasNext()) {
      Map.Entry<Feed, Held> next = eldest.next();
      Feed feed = next.getKey();
      if (feed.pending() == 0) {
        feed.tail().reset(feed.flushed());
        bytes -= next.getValue().bytes;
        eldest.remove();
      }
    }
  }
}
