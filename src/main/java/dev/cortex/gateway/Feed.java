package dev.cortex.gateway;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One org on one gateway: what has been heard of its log, and who listens. Everything up to {@code covered} was heard;
 * everything up to {@code flushed} was handed to live subscriptions. Deliveries are applied only where they continue
 * what is covered; a gap is read from the log.
 */
final class Feed {

  private final String orgId;
  private final Feeds feeds;
  private final Tail tail;
  private final Map<Filter, List<Subscriber>> live = new LinkedHashMap<>();
  private final Set<Subscriber> behind = new LinkedHashSet<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private String logId;
  private long epoch;
  private long covered;
  private long flushed;
  private long heardOf;
  private boolean filling;
  private int subscribers;
  private long accountedTailBytes;

  Feed(String orgId, Feeds feeds, Head head, long tailBytes) {
    this.orgId = orgId;
    this.feeds = feeds;
    this.logId = head.position().logId();
    this.epoch = head.epoch();
    this.covered = head.position().offset();
    this.flushed = covered;
    this.tail = new Tail(covered, tailBytes);
  }

  String orgId() {
    return orgId;
  }

  String logId() {
    return logId;
  }

  /** Everything up to this offset was handed to live subscriptions. */
  long flushed() {
    return flushed;
  }

  /** The place of live subscriptions. */
  Position position() {
    return new Position(logId, flushed);
  }

  /** Where the log stands as far as live subscriptions know; the floor is not known here. */
  Head head() {
    return new Head(orgId, position(), 0, epoch);
  }

  Tail tail() {
    return tail;
  }

  /** Applies a delivery, or finds out that something is missing and reads it. */
  void onDelivery(Delivery delivery) {
    if (delivery.epoch() < epoch) {
      return; // a deposed owner
    }
    epoch = delivery.epoch();
    if (!delivery.logId().equals(logId)) {
      changeLog(delivery);
      return;
    }
    heardOf = Math.max(heardOf, delivery.through());
    if (delivery.after() <= covered) {
      append(delivery.events());
    }
    if (heardOf > covered && !filling) {
      fill();
    }
  }

  /** Subscribes a connection; it starts by {@link Subscriber#startLive} or {@link Subscriber#startAfter}. */
  Subscriber subscribe(Filter filter, Outlet outlet, TransportLimits limits, String reader) {
    subscribers++;
    return new Subscriber(this, filter, outlet, limits, reader);
  }

  void joinLive(Subscriber subscriber) {
    live.computeIfAbsent(subscriber.filter(), f -> new ArrayList<>()).add(subscriber);
  }

  void joinBehind(Subscriber subscriber) {
    behind.add(subscriber);
  }

  void caughtUp(Subscriber subscriber) {
    behind.remove(subscriber);
    joinLive(subscriber);
  }

  void leave(Subscriber subscriber) {
    if (!behind.remove(subscriber)) {
      List<Subscriber> same = live.get(subscriber.filter());
      if (same != null && same.remove(subscriber) && same.isEmpty()) {
        live.remove(subscriber.filter());
      }
    }
  }

  /** A subscription ended; the last one takes the feed with it. */
  void gone() {
    subscribers--;
    dropIfUnused();
  }

  /** Keeps the feed while a subscription is being prepared; the returned action lets go again. */
  Runnable hold() {
    subscribers++;
    return this::gone;
  }

  /** Runs once when something new was heard; returns how to stop waiting. */
  Runnable whenAdvanced(Runnable waiter) {
    waiting.add(waiter);
    return () -> {
      waiting.remove(waiter);
      dropIfUnused();
    };
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

  /** By how many bytes the tail has grown, or shrunk, since this was last asked. */
  long tailGrowth() {
    long growth = tail.bytes() - accountedTailBytes;
    accountedTailBytes = tail.bytes();
    return growth;
  }

  /** Events that were heard and not yet handed on. */
  long pending() {
    return covered - flushed;
  }

  Future<Page> read(String reader, Channel channel, long after) {
    return feeds.read(reader, channel, logId, after);
  }

  void later(Runnable retry) {
    feeds.later(retry);
  }

  /**
   * Hands what was heard to live subscriptions: each filter's events are joined once, whatever the number of
   * connections.
   *
   * @return events handed to sockets, counted per connection
   */
  long flush() {
    long from = flushed;
    long deliveries = 0;
    flushed = covered;
    if (tail.covers(from)) {
      for (Map.Entry<Filter, List<Subscriber>> group : List.copyOf(live.entrySet())) {
        List<Joined> chunks = chunks(group.getKey(), from);
        if (!chunks.isEmpty()) {
          deliveries += flush(group.getValue(), chunks, from);
          chunks.forEach(Joined::release);
        }
      }
      live.values().removeIf(List::isEmpty);
    } else {
      leaveToTheLog(from);
    }
    for (Subscriber slow : List.copyOf(behind)) {
      slow.measure();
      slow.pump();
    }
    List<Runnable> wake = List.copyOf(waiting);
    waiting.clear();
    wake.forEach(Runnable::run);
    dropIfUnused();
    return deliveries;
  }

  /** More came at once than the tail holds: everyone reads on from the log. */
  private void leaveToTheLog(long from) {
    List<Subscriber> everyone = new ArrayList<>();
    live.values().forEach(everyone::addAll);
    live.clear();
    for (Subscriber subscriber : everyone) {
      subscriber.fellBehind(from);
      behind.add(subscriber);
    }
    everyone.forEach(Subscriber::pump);
  }

  /** Ends the feed when nobody subscribes to it or waits for it. */
  void dropIfUnused() {
    if (subscribers == 0 && waiting.isEmpty()) {
      feeds.drop(this);
    }
  }

  private long flush(List<Subscriber> group, List<Joined> chunks, long from) {
    long deliveries = 0;
    int kept = 0;
    for (int i = 0; i < group.size(); i++) {
      Subscriber subscriber = group.get(i);
      Outlet outlet = subscriber.outlet();
      long reached = from;
      boolean wrote = false;
      for (Joined chunk : chunks) {
        if (!outlet.writable()) {
          break;
        }
        outlet.write(chunk);
        deliveries += chunk.events().size();
        reached = chunk.through();
        wrote = true;
      }
      if (wrote) {
        outlet.flush();
      }
      if (reached == flushed) {
        group.set(kept++, subscriber);
      } else {
        subscriber.fellBehind(reached);
        behind.add(subscriber);
      }
    }
    group.subList(kept, group.size()).clear();
    return deliveries;
  }

  private List<Joined> chunks(Filter filter, long from) {
    List<Joined> chunks = new ArrayList<>(1);
    long position = from;
    while (position < flushed) {
      List<StoredEvent> slice = tail.slice(position, flushed, Joined.BYTES);
      position = slice.get(slice.size() - 1).offset();
      List<StoredEvent> passed = filter.of(slice);
      if (!passed.isEmpty()) {
        chunks.add(new Joined(passed, logId, position));
      }
    }
    if (!chunks.isEmpty() && chunks.get(chunks.size() - 1).through() < flushed) {
      Joined last = chunks.remove(chunks.size() - 1);
      chunks.add(new Joined(last.events(), logId, flushed)); // what did not pass at the end is covered as well
    }
    return chunks;
  }

  private void append(List<StoredEvent> events) {
    for (StoredEvent event : events) {
      if (event.offset() == covered + 1) {
        tail.add(event);
        covered++;
      }
    }
    if (pending() > 0) {
      feeds.dirty(this);
    }
  }

  private void fill() {
    filling = true;
    read(feeds.readerName(), Channel.root(orgId), covered).onComplete(page -> {
      filling = false;
      if (page.succeeded()) {
        heardOf = Math.max(heardOf, page.result().head().position().offset());
        append(page.result().events());
        if (heardOf > covered) {
          fill();
        }
      } else {
        later(() -> {
          if (heardOf > covered && !filling) {
            fill();
          }
        });
      }
    });
  }

  private void changeLog(Delivery delivery) {
    logId = delivery.logId();
    covered = delivery.through();
    flushed = covered;
    heardOf = covered;
    tail.reset(covered);
    all().forEach(subscriber -> subscriber.lose(ErrorCode.CURSOR_LOG_CHANGED));
  }
}
