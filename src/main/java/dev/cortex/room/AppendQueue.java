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
 * share of every commit and no more while others wait.
 *
 * @param <T> who waits for the answer
 */
@Pure
final class AppendQueue<T> {

  /** An append and who waits for it. */
  record Waiting<T>(Append append, T caller, int bytes) {}

  /** Memory an event takes beside its payload, roughly. */
  private static final int EVENT_OVERHEAD_BYTES = 512;

  private final int eventsMax;
  private final long bytesMax;
  private final Map<String, ArrayDeque<Waiting<T>>> lines = new LinkedHashMap<>();
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
    if (events > 0 && (events + append.drafts().size() > eventsMax || bytes + size > bytesMax)) {
      return false;
    }
    events += append.drafts().size();
    bytes += size;
    lines.computeIfAbsent(append.orgId(), org -> new ArrayDeque<>()).add(new Waiting<>(append, caller, size));
    return true;
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
      Iterator<Map.Entry<String, ArrayDeque<Waiting<T>>>> first = lines.entrySet().iterator();
      Map.Entry<String, ArrayDeque<Waiting<T>>> line = first.next();
      String org = line.getKey();
      ArrayDeque<Waiting<T>> waiting = line.getValue();
      first.remove();
      Waiting<T> next = waiting.remove();
      if (!waiting.isEmpty()) {
        lines.put(org, waiting);
      }
      batch.add(next);
      takenEvents += next.append().drafts().size();
      takenBytes += next.bytes();
    }
    events -= takenEvents;
    bytes -= takenBytes;
    return batch;
  }
}
