package dev.cortex.callback;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** One org whose room is here: what was heard of its log lately, and its callbacks. */
final class OrgPushes {

  /** Events after an offset, all of those up to {@code through}. */
  record Chunk(List<StoredEvent> events, long through) {}

  private final String orgId;
  private final LongFunction<Future<Page>> reader;
  private final Consumer<Pusher> gaveUp;
  private final RecentEvents recent;
  private final Map<Callback.Key, Pusher> pushers = new LinkedHashMap<>();
  private final Map<Long, Future<Page>> reads = new HashMap<>();
  private boolean attached;
  private String logId = "";
  private long epoch;
  private long floor;
  private long heardOf;

  /**
   * An org without callbacks, of whose log nothing is known.
   *
   * @param reader reads a page of this org's log after an offset
   * @param gaveUp hears of pushers whose callbacks are dead
   */
  OrgPushes(String orgId, RecentEvents recent, LongFunction<Future<Page>> reader, Consumer<Pusher> gaveUp) {
    this.orgId = orgId;
    this.recent = recent;
    this.reader = reader;
    this.gaveUp = gaveUp;
  }

  String orgId() {
    return orgId;
  }

  String logId() {
    return logId;
  }

  /** The newest offset that was heard of. */
  long head() {
    return recent.head();
  }

  /** The highest offset trimmed away, as far as was heard. */
  long floor() {
    return floor;
  }

  Collection<Pusher> pushers() {
    return pushers.values();
  }

  Optional<Pusher> pusher(Callback.Key key) {
    return Optional.ofNullable(pushers.get(key));
  }

  /** A callback more. */
  void add(Pusher pusher) {
    pushers.put(pusher.callback().key(), pusher);
    if (attached) {
      pusher.begin(head(), floor);
    }
  }

  /** A callback less; answers whether none is left. */
  boolean remove(Pusher pusher) {
    pusher.stop();
    pushers.remove(pusher.callback().key());
    return pushers.isEmpty();
  }

  /** The org is pushed by another node, or by nobody. */
  void stop() {
    pushers.values().forEach(Pusher::stop);
    recent.reset(head());
  }

  /** The room here delivers to us, and its log stands there. */
  void attached(Head head) {
    if (head.epoch() < epoch) {
      return;
    }
    epoch = head.epoch();
    floor = head.floor();
    boolean other = !head.position().logId().equals(logId);
    if (!attached || other) {
      attached = true;
      logId = head.position().logId();
      restart(Math.max(head.position().offset(), other ? 0 : heardOf));
    } else {
      heard(head.position().offset());
    }
  }

  /** Takes over what was committed. */
  void onDelivery(Delivery delivery) {
    if (delivery.epoch() < epoch) {
      return;
    }
    epoch = delivery.epoch();
    if (!attached) {
      logId = delivery.logId();
      heardOf = delivery.through();
    } else if (!delivery.logId().equals(logId)) {
      logId = delivery.logId();
      restart(delivery.through());
    } else {
      recent.add(delivery.after(), delivery.through(), delivery.events());
      broadcastActivity();
    }
  }

  /** The room says where the log stands. */
  void onHead(Head head) {
    if (attached && head.epoch() >= epoch) {
      attached(head);
    }
  }

  /** Offers what is new to every callback of the org. */
  void broadcastActivity() {
    pushers.values().forEach(Pusher::offer);
  }

  /** Recent events after an offset, some at a time; empty when not all are at hand. */
  Optional<List<StoredEvent>> recent(long after) {
    return recent.covers(after) ? Optional.of(recent.after(after, PushBody.EVENTS_MAX)) : Optional.empty();
  }

  /** The next events after an offset: from memory, or else from the log, where those who want the same share a read. */
  Future<Chunk> events(long after) {
    Optional<List<StoredEvent>> near = recent(after);
    if (near.isPresent()) {
      List<StoredEvent> events = near.get();
      boolean all = events.size() < PushBody.EVENTS_MAX;
      return Future.succeededFuture(new Chunk(events, all ? head() : events.get(events.size() - 1).offset()));
    }
    Future<Page> page = reads.get(after);
    if (page == null) {
      page = reader.apply(after);
      reads.put(after, page);
      page.onComplete(done -> reads.remove(after));
    }
    return page.map(read -> {
      floor = Math.max(floor, read.head().floor());
      return new Chunk(read.events(), read.through());
    });
  }

  /** A callback is dead, by what this pusher learned. */
  void gaveUp(Pusher pusher) {
    gaveUp.accept(pusher);
  }

  /** Lets go of events that nobody here needs any more; answers whether some are left. */
  boolean forget() {
    long needed = Long.MAX_VALUE;
    for (Pusher pusher : pushers.values()) {
      needed = Math.min(needed, pusher.needsAfter());
    }
    recent.forget(needed);
    return !recent.isEmpty();
  }

  private void heard(long through) {
    if (through > head()) {
      recent.reset(through);
      broadcastActivity();
    }
  }

  private void restart(long head) {
    recent.reset(head);
    pushers.values().forEach(pusher -> pusher.begin(head, floor));
  }
}
