package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest events of one org that were not pushed everywhere yet: all of (start, head], and no more than the bounds
 * allow. What is older is read from the log.
 */
@Pure
final class RecentEvents {

  /** What all orgs of a node may keep together, in bytes. */
  static final class Budget {
    private long left;

    Budget(long bytes) {
      this.left = bytes;
    }
  }

  private static final int RING_MIN = 8;

  private final Budget budget;
  private final int eventsMax;
  private final long bytesMax;
  /** The event of an offset is at that offset modulo the length, a power of two; empty until there is one. */
  private StoredEvent[] ring = new StoredEvent[0];
  private long bytes;
  private long start;
  private long head;

  /** Nothing, after that offset. */
  RecentEvents(Budget budget, int eventsMax, long bytesMax, long head) {
    this.budget = budget;
    this.eventsMax = eventsMax;
    this.bytesMax = bytesMax;
    this.start = head;
    this.head = head;
  }

  /** The newest offset that was heard of. */
  long head() {
    return head;
  }

  boolean isEmpty() {
    return start == head;
  }

  /** Whether every event after that offset is here. */
  boolean covers(long after) {
    return after >= start;
  }

  /** Takes over events that follow {@code after}, up to {@code through}; where they leave a hole, all begins anew. */
  void add(long after, long through, List<StoredEvent> added) {
    if (through <= head) {
      return;
    }
    if (after > head || added.isEmpty()) {
      reset(through);
      return;
    }
    for (StoredEvent event : added) {
      if (event.offset() == head + 1) {
        keep(event);
        while (head - start > eventsMax || bytes > bytesMax || (budget.left < 0 && !isEmpty())) {
          drop();
        }
      }
    }
    if (head < through) {
      reset(through);
    }
  }

  /** Everything up to that offset is needed no more. */
  void forget(long through) {
    while (!isEmpty() && start < through) {
      drop();
    }
    if (isEmpty()) {
      ring = new StoredEvent[0];
    }
  }

  /** Nothing is here, and that offset is the newest. */
  void reset(long through) {
    budget.left += bytes;
    bytes = 0;
    ring = new StoredEvent[0];
    start = through;
    head = through;
  }

  /** The events after an offset that is covered, as many as may be told at once. */
  List<StoredEvent> after(long offset, int most) {
    List<StoredEvent> found = new ArrayList<>();
    for (long next = offset + 1; next <= head && found.size() < most; next++) {
      found.add(ring[place(next)]);
    }
    return found;
  }

  private void keep(StoredEvent event) {
    if (head - start == ring.length) {
      StoredEvent[] old = ring;
      ring = new StoredEvent[Math.max(RING_MIN, 2 * old.length)];
      for (long offset = start + 1; offset <= head; offset++) {
        ring[place(offset)] = old[(int) (offset & (old.length - 1))];
      }
    }
    head++;
    ring[place(head)] = event;
    bytes += event.json().length;
    budget.left -= event.json().length;
  }

  private void drop() {
    start++;
    int length = ring[place(start)].json().length;
    ring[place(start)] = null;
    bytes -= length;
    budget.left += length;
  }

  private int place(long offset) {
    return (int) (offset & (ring.length - 1));
  }
}
