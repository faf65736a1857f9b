package dev.cortex.gateway;

import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The live subscriptions of one org, those that want the same side by side: what a group is to receive is joined once,
 * whatever the number of connections in it.
 */
final class Audience {

  private static final Subscriber[] NOBODY = {};

  private final Map<Filter, List<Subscriber>> groups = new LinkedHashMap<>();

  void join(Subscriber subscriber) {
    groups.computeIfAbsent(subscriber.filter(), filter -> new ArrayList<>()).add(subscriber);
  }

  void leave(Subscriber subscriber) {
    List<Subscriber> same = groups.get(subscriber.filter());
    if (same != null && same.remove(subscriber) && same.isEmpty()) {
      groups.remove(subscriber.filter());
    }
  }

  /** Everyone in here. */
  List<Subscriber> all() {
    List<Subscriber> all = new ArrayList<>();
    groups.values().forEach(all::addAll);
    return all;
  }

  /** Sends everyone away. */
  void clear() {
    groups.clear();
  }

  /**
   * Hands events to everyone who stands where they begin.
   *
   * @param from where they begin; the tail covers it
   * @param through where they end
   * @param slow is given who could not take all of it and has left for that
   * @return events handed to sockets, counted per connection
   */
  long flush(Tail tail, String logId, long from, long through, Consumer<Subscriber> slow) {
    long deliveries = 0;
    for (Map.Entry<Filter, List<Subscriber>> group : List.copyOf(groups.entrySet())) {
      if (group.getValue().isEmpty()) {
        continue; // they left while others were written to
      }
      List<Joined> chunks = chunks(group.getKey(), tail, logId, from, through);
      if (!chunks.isEmpty()) {
        deliveries += flush(group.getValue(), chunks, from, through, slow);
        chunks.forEach(Joined::release);
      }
    }
    groups.values().removeIf(List::isEmpty);
    return deliveries;
  }

  private static long flush(
      List<Subscriber> group, List<Joined> chunks, long from, long through, Consumer<Subscriber> slow) {
    long deliveries = 0;
    boolean changed = false;
    // a copy, because a socket may have its say while it is written to, and with it subscriptions come and go
    for (Subscriber subscriber : group.toArray(NOBODY)) {
      if (subscriber.standsAt(from)) {
        long reached = subscriber.hand(chunks, from, through);
        deliveries += events(chunks, reached);
        if (reached < through && subscriber.state() == Subscriber.State.LIVE) {
          subscriber.fellBehind(reached);
          slow.accept(subscriber);
          changed = true;
        }
      }
    }
    if (changed) {
      group.removeIf(subscriber -> subscriber.state() != Subscriber.State.LIVE);
    }
    return deliveries;
  }

  private static long events(List<Joined> chunks, long reached) {
    long events = 0;
    for (Joined chunk : chunks) {
      if (chunk.through() <= reached) {
        events += chunk.events().size();
      }
    }
    return events;
  }

  private static List<Joined> chunks(Filter filter, Tail tail, String logId, long from, long through) {
    List<Joined> chunks = new ArrayList<>(1);
    long position = from;
    while (position < through) {
      List<StoredEvent> slice = tail.slice(position, through, Joined.BYTES);
      position = slice.get(slice.size() - 1).offset();
      List<StoredEvent> passed = filter.of(slice);
      if (!passed.isEmpty()) {
        chunks.add(new Joined(passed, logId, position));
      }
    }
    if (!chunks.isEmpty() && chunks.get(chunks.size() - 1).through() < through) {
      Joined last = chunks.remove(chunks.size() - 1);
      chunks.add(new Joined(last.events(), logId, through)); // what did not pass at the end is covered as well
    }
    return chunks;
  }
}
