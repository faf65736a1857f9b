package dev.cortex.gateway;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Bounds the tails of all feeds together: those that were used longest ago are emptied first. */
final class Tails {

  private final long bytesMax;
  private final Map<Feed, Long> bytesByFeed = new LinkedHashMap<>();
  private long bytes;

  /** No tails; at most so many bytes of envelopes. */
  Tails(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A tail was used: it is the youngest now, and counts as it is. */
  void used(Feed feed) {
    forget(feed);
    long held = feed.tail().bytes();
    if (held > 0) {
      bytes += held;
      bytesByFeed.put(feed, held);
    }
  }

  /** A feed ended. */
  void forget(Feed feed) {
    Long held = bytesByFeed.remove(feed);
    bytes -= held == null ? 0 : held;
  }

  /** Empties tails until the bound holds; events that were not handed on yet stay. */
  void bound() {
    Iterator<Map.Entry<Feed, Long>> eldest = bytesByFeed.entrySet().iterator();
    while (bytes > bytesMax && eldest.hasNext()) {
      Map.Entry<Feed, Long> next = eldest.next();
      Feed feed = next.getKey();
      if (feed.pending() == 0) {
        feed.tail().reset(feed.flushed());
        bytes -= next.getValue();
        eldest.remove();
      }
    }
  }
}
