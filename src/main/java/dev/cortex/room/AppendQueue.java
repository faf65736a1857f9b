package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.event.Draft;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Appends that wait for the next commit, bounded, one line an org, served in turns: an org with a long line gets its
 * share of every commit and no more while others wait. Nor can it fill the queue: a line holds at most a quarter of it,
 * and when lines have filled it, orgs without one still find room for an append, up to twice the bound.
 *
 * @param <T> who waits for the answer
 */
@Pure
final class AppendQueue<T> {

  private static final int LINES_TO_FILL = 4;

  /** An append and who waits for it. */
  record Waiting<T>(Append append, T caller, int bytes) {}

  private static final class Line<T> {
    private final ArrayDeque<Waiting<T>> waiting = new ArrayDeque<>();
    private int events;
    private long bytes;

    private void add(Waiting<T> next) {
      waiting.add(next);
      events += weight(next.append());
      bytes += next.bytes();
    }

    private Waiting<T> remove() {
      Waiting<T> first = waiting.remove();
      events -= weight(first.append());
      bytes -= first.bytes();
      return first;
    }
  }

  /** Memory an event takes beside its payload, roughly. */
  private static final int EVENT_OVERHEAD_BYTES = 512;

  private final int eventsMax;
  private final long bytesMax;
  private final Map<String, Line<T>> lines = new LinkedHashMap<>();
  private int events;
  private long bytes;

  AppendQueue(int eventsMax, long bytesMax) {
    this.eventsMax = eventsMax;
    this.bytesMax = bytesMax;
  }

  /** Takes an append in; false when the queue is full and nothing was taken. */
  boolean offer(Append append, T caller) {
    int size = 0;
    for (Draft draft : append.drafts()) {
      size += draft.payload().length + EVENT_OVERHEAD_BYTES;
    }
    // one giant may not shut the door on everyone who has nothing waiting
    size = (int) Math.min(size, bytesMax / 2);
    Line<T> line = lines.get(append.orgId());
    int more = weight(append);
    boolean fits = line == null
        ? events == 0 || fits(events + more, bytes + size, 2 * eventsMax, 2 * bytesMax)
        : fits(line.events + more, line.bytes + size, eventsMax / LINES_TO_FILL, bytesMax / LINES_TO_FILL)
            && fits(events + more, bytes + size, eventsMax, bytesMax);
    if (!fits) {
      return false;
    }
    events += more;
    bytes += size;
    lines.computeIfAbsent(append.orgId(), org -> new Line<>()).add(new Waiting<>(append, caller, size));
    return true;
  }

  /** What an append counts for: what it asks about, and one that asks nothing is no less work. */
  private static int weight(Append append) {
    return Math.max(1, Entry.count(append));
  }

  private static boolean fits(long events, long bytes, long eventsMax, long bytesMax) {
    return events <= eventsMax && bytes <= bytesMax;
  }

  /** Events waiting. */
  int events() {
    return events;
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  /**
   * Removes the next batch: one append of each org in turn until about that many events or bytes are together. Orgs
   * that were served stand behind the others next time.
   */
  List<Waiting<T>> take(int batchEvents, long batchBytes) {
    List<Waiting<T>> batch = new ArrayList<>();
    int takenEvents = 0;
    long takenBytes = 0;
    while (!lines.isEmpty() && takenEvents < batchEvents && takenBytes < batchBytes) {
      Iterator<Map.Entry<String, Line<T>>> first = lines.entrySet().iterator();
      Map.Entry<String, Line<T>> entry = first.next();
      String org = entry.getKey();
      Line<T> line = entry.getValue();
      first.remove();
      Waiting<T> next = line.remove();
      if (!line.waiting.isEmpty()) {
        lines.put(org, line);
      }
      batch.add(next);
      takenEvents += weight(next.append());
      takenBytes += next.bytes();
    }
    events -= takenEvents;
    bytes -= takenBytes;
    return batch;
  }
}
