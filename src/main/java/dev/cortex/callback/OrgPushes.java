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

/** One org whose room is here: what was heard of its log lately, and its callbacks. */
final class OrgPushes {

  /** Reads the org's log where its room is. */
  interface Reader {
    /** The next page after an offset of that log, about so many bytes. */
    Future<Page> read(String logId, long after, int bytesMax);
  }

  private final String orgId;
  private final Reader reader;
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
   * @param gaveUp hears of pushers whose callbacks are dead
   */
  OrgPushes(String orgId, RecentEvents recent, Reader reader, Consumer<Pusher> gaveUp) {
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
      pusher.begin();
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

  /** The next events after an offset, as many as may be told at once; empty when not all are at hand. */
  Optional<Stretch> recent(long after) {
    if (!recent.covers(after)) {
      return Optional.empty();
    }
    List<StoredEvent> events = recent.after(after, PushBody.EVENTS_MAX);
    boolean all = events.size() < PushBody.EVENTS_MAX;
    return Optional.of(new Stretch(events, all ? head() : events.get(events.size() - 1).offset()));
  }

  /**
   * The next events after an offset: from memory, or else from the log, where those who want the same share a read.
   *
   * @param bytesMax about how much to read
   */
  Future<Stretch> events(long after, int bytesMax) {
    Optional<Stretch> near = recent(after);
    if (near.isPresent()) {
      return Future.succeededFuture(near.get());
    }
    Future<Page> page = reads.get(after);
    if (page == null) {
      Future<Page> begun = reader.read(logId, after, bytesMax);
      reads.put(after, begun);
      begun.onComplete(done -> reads.remove(after, begun));
      page = begun;
    }
    return page.map(read -> {
      floor = Math.max(floor, read.head().floor());
      return new Stretch(read.events(), read.through());
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
    reads.clear(); // they may be of another log
    pushers.values().forEach(Pusher::begin);
  }
}
