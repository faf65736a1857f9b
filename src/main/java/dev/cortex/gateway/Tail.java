package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest events of one org that this gateway has seen, without a gap, bounded in bytes: what a connection that fell
 * behind a little reads again without asking the log. Grows with use and holds nothing before the first event.
 */
@Pure
final class Tail {

  private final long bytesMax;
  private StoredEvent[] ring = new StoredEvent[0];
  private long after;
  private int count;
  private int start;
  private long bytes;

  /** An empty tail that ends at an offset. */
  Tail(long after, long bytesMax) {
    this.after = after;
    this.bytesMax = bytesMax;
  }

  /** Adds the event that follows the last one; the oldest leave when the bound is passed. */
  void add(StoredEvent event) {
    if (count == ring.length) {
      grow();
    }
    ring[(start + count) & (ring.length - 1)] = event;
    count++;
    bytes += event.json().length;
    while (bytes > bytesMax && count > 1) {
      dropOldest();
    }
  }

  /** Forgets everything; the tail then ends at {@code newAfter}. */
  void reset(long newAfter) {
    ring = new StoredEvent[0];
    start = 0;
    count = 0;
    bytes = 0;
    after = newAfter;
  }

  /** Whether every event after that offset is here. */
  boolean covers(long offset) {
    return offset >= after;
  }

  /** Bytes of envelopes held. */
  long bytes() {
    return bytes;
  }

  /** Offset of the last event here, or the one the tail was reset to. */
  long last() {
    return after + count;
  }

  /**
   * Events in (from, through] until about that many bytes are together; {@code from} must be covered. At least one
   * event is taken.
   */
  List<StoredEvent> slice(long from, long through, int sliceBytes) {
    List<StoredEvent> slice = new ArrayList<>();
    int taken = 0;
    for (long offset = from + 1; offset <= Math.min(through, last()) && taken < sliceBytes; offset++) {
      StoredEvent event = ring[(start + (int) (offset - after - 1)) & (ring.length - 1)];
      slice.add(event);
      taken += event.json().length;
    }
    return slice;
  }

  private void dropOldest() {
    bytes -= ring[start].json().length;
    ring[start] = null;
    start = (start + 1) & (ring.length - 1);
    count--;
    after++;
  }

  private void grow() {
    StoredEvent[] bigger = new StoredEvent[Math.max(16, ring.length * 2)];
    for (int i = 0; i < count; i++) {
      bigger[i] = ring[(start + i) & (ring.length - 1)];
    }
    ring = bigger;
    start = 0;
  }
}
