package dev.cortex.gateway;

import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who listens to one org on this gateway: live subscriptions, grouped by what they let pass so that each group shares
 * its batches, and those that are behind and read on by themselves.
 */
final class Audience {

  private static final Subscriber[] NOBODY = {};

  private final Map<Filter, List<Subscriber>> live = new LinkedHashMap<>();
  private final Set<Subscriber> behind = new LinkedHashSet<>();

  /** A subscription that stands where the feed stands, from now on. */
  void joinLive(Subscriber subscriber) {
    live.computeIfAbsent(subscriber.filter(), f -> new ArrayList<>()).add(subscriber);
  }

  /** A subscription that begins before the place of the feed. */
  void joinBehind(Subscriber subscriber) {
    behind.add(subscriber);
  }

  /** A subscription that was behind stands where the feed stands. */
  void caughtUp(Subscriber subscriber) {
    behind.remove(subscriber);
    joinLive(subscriber);
  }

  /** A subscription that ends, or changes what it lets pass. */
  void leave(Subscriber subscriber) {
    if (!behind.remove(subscriber)) {
      List<Subscriber> same = live.get(subscriber.filter());
      if (same != null && same.remove(subscriber) && same.isEmpty()) {
        live.remove(subscriber.filter());
      }
    }
  }

  /** Every subscription that there is. */
  List<Subscriber> all() {
    List<Subscriber> all = new ArrayList<>(behind);
    live.values().forEach(all::addAll);
    return all;
  }

  /** Events waiting for the slowest of the subscriptions that were live once. */
  long deepestQueue() {
    long deepest = 0;
    for (Subscriber slow : behind) {
      deepest = Math.max(deepest, slow.queueDepth());
    }
    return deepest;
  }

  /**
   * Hands the events in (from, through] to live subscriptions, each group's joined once, and gives those that are
   * behind their turn.
   *
   * @return events handed to sockets, counted per connection
   */
  long hand(Tail tail, String logId, long from, long through) {
    long deliveries = 0;
    if (tail.covers(from)) {
      for (Map.Entry<Filter, List<Subscriber>> group : List.copyOf(live.entrySet())) {
        List<Joined> batches =
            group.getValue().isEmpty() ? List.of() : batches(group.getKey(), tail, logId, from, through);
        if (!batches.isEmpty()) {
          deliveries += hand(group.getValue(), batches, from, through);
          batches.forEach(Joined::release);
        }
      }
      live.values().removeIf(List::isEmpty);
    } else {
      leaveToTheLog(from);
    }
    for (Subscriber slow : List.copyOf(behind)) {
      slow.turn();
    }
    return deliveries;
  }

  /** More came at once than the tail holds: everyone reads on from the log, in the turn that follows. */
  private void leaveToTheLog(long from) {
    List<Subscriber> everyone = new ArrayList<>();
    live.values().forEach(everyone::addAll);
    live.clear();
    for (Subscriber subscriber : everyone) {
      subscriber.fellBehind(from);
      behind.add(subscriber);
    }
  }

  private long hand(List<Subscriber> group, List<Joined> batches, long from, long through) {
    long deliveries = 0;
    boolean changed = false;
    // a copy, because a socket may have its say while it is written to, and with it subscriptions come and go
    for (Subscriber subscriber : group.toArray(NOBODY)) {
      if (subscriber.standsAt(from)) {
        long reached = subscriber.hand(batches, from, through);
        deliveries += events(batches, reached);
        if (reached < through && subscriber.state() == Subscriber.State.LIVE) {
          subscriber.fellBehind(reached);
          behind.add(subscriber);
          changed = true;
        }
      }
    }
    if (changed) {
      group.removeIf(subscriber -> subscriber.state() != Subscriber.State.LIVE);
    }
    return deliveries;
  }

  private static long events(List<Joined> batches, long reached) {
    long events = 0;
    for (Joined batch : batches) {
      if (batch.through() <= reached) {
        events += batch.events().size();
      }
    }
    return events;
  }

  private static List<Joined> batches(Filter filter, Tail tail, String logId, long from, long through) {
    List<Joined> batches = new ArrayList<>(1);
    long position = from;
    while (position < through) {
      List<StoredEvent> slice = tail.slice(position, through, Joined.BYTES);
      position = slice.get(slice.size() - 1).offset();
      List<StoredEvent> passed = filter.of(slice);
      if (!passed.isEmpty()) {
        batches.add(new Joined(passed, logId, position));
      }
    }
    if (!batches.isEmpty() && batches.get(batches.size() - 1).through() < through) {
      Joined last = batches.remove(batches.size() - 1);
      batches.add(new Joined(last.events(), logId, through)); // what did not pass at the end is covered as well
    }
    return batches;
  }
}
