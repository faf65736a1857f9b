package dev.cortex.gateway;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.RefusedException;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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
  private final Audience live = new Audience();
  private final Set<Subscriber> behind = new LinkedHashSet<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private String logId;
  private long epoch;
  private long covered;
  private long flushed;
  private long heardOf;
  private boolean filling;
  private boolean dropped;
  private boolean urgent;
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
      if (covered > 0) {
        restart(new Position(delivery.logId(), delivery.through()), ErrorCode.CURSOR_LOG_CHANGED);
        return;
      }
      logId = delivery.logId(); // of a log without events only the id was settled anew: its first event is the first
    }
    if (delivery.after() <= covered) {
      append(delivery.events());
    }
    heard(delivery.through());
  }

  /** The log reaches up to that offset: what is not here yet is read. */
  void heard(long through) {
    heardOf = Math.max(heardOf, through);
    if (heardOf > covered && !filling && !dropped) {
      fill();
    }
  }

  /** Subscribes a connection; it starts by {@link Subscriber#startLive} or {@link Subscriber#startAfter}. */
  Subscriber subscribe(Filter filter, Outlet outlet, TransportLimits limits, String reader) {
    subscribers++;
    return new Subscriber(this, filter, outlet, limits, reader);
  }

  void joinLive(Subscriber subscriber) {
    live.join(subscriber);
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
      live.leave(subscriber);
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
    all.addAll(live.all());
    return all;
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

  /** Whether a critical event is among those that were not handed on yet. */
  boolean urgent() {
    return urgent;
  }

  /** Nobody needs this feed any more; what is still under way for it is ignored. */
  void dropped() {
    dropped = true;
    tail.reset(flushed);
  }

  /**
   * Hands what was heard to live subscriptions, and lets those that are behind have their turn.
   *
   * @return events handed to sockets, counted per connection
   */
  long flush() {
    long from = flushed;
    long deliveries = 0;
    flushed = covered;
    urgent = false;
    if (tail.covers(from)) {
      deliveries = live.flush(tail, logId, from, flushed, behind::add);
    } else {
      leaveToTheLog(from);
    }
    for (Subscriber slow : List.copyOf(behind)) {
      slow.turn();
    }
    List<Runnable> wake = List.copyOf(waiting);
    waiting.clear();
    wake.forEach(Runnable::run);
    dropIfUnused();
    return deliveries;
  }

  /** More came at once than the tail holds: everyone reads on from the log, in the turn that follows. */
  private void leaveToTheLog(long from) {
    List<Subscriber> everyone = live.all();
    live.clear();
    for (Subscriber subscriber : everyone) {
      subscriber.fellBehind(from);
      behind.add(subscriber);
    }
  }

  /** Ends the feed when nobody subscribes to it or waits for it. */
  void dropIfUnused() {
    if (subscribers == 0 && waiting.isEmpty()) {
      feeds.drop(this);
    }
  }

  private void append(List<StoredEvent> events) {
    for (StoredEvent event : events) {
      if (event.offset() == covered + 1) {
        tail.add(event);
        covered++;
        urgent |= event.priority() == Priority.CRITICAL;
      }
    }
    if (pending() > 0) {
      feeds.dirty(this);
    }
  }

  private void fill() {
    filling = true;
    String log = logId;
    long from = covered;
    read(feeds.readerName(), Channel.root(orgId), from).onComplete(page -> {
      filling = false;
      if (dropped) {
        return;
      }
      if (page.failed()) {
        unfilled(page.cause());
      } else if (log.equals(logId)) {
        filled(from, page.result());
      } else {
        heard(heardOf);
      }
    });
  }

  private void filled(long from, Page page) {
    append(page.events());
    long head = page.head().position().offset();
    if (covered > from) {
      heard(head);
    } else {
      heardOf = Math.max(covered, head); // the room knows best; asked again, but not in a tight circle
      feeds.later(() -> heard(heardOf));
    }
  }

  private void unfilled(Throwable cause) {
    ErrorCode code = cause instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    if (code.temporary()) {
      feeds.later(() -> heard(heardOf));
      return;
    }
    // what is missing here is gone: everyone is told so, and goes on from where the log stands
    filling = true;
    feeds.head(orgId).onComplete(head -> {
      filling = false;
      if (dropped) {
        return;
      }
      if (head.succeeded() && covered == 0 && code == ErrorCode.CURSOR_LOG_CHANGED) {
        logId = head.result().position().logId(); // as in onDelivery
        heard(head.result().position().offset());
      } else if (head.succeeded()) {
        restart(head.result().position(), code == ErrorCode.CURSOR_PRUNED ? ErrorCode.SLOW_CONSUMER : code);
      } else {
        feeds.later(() -> heard(heardOf));
      }
    });
  }

  private void restart(Position head, ErrorCode reason) {
    logId = head.logId();
    covered = head.offset();
    flushed = covered;
    heardOf = covered;
    urgent = false;
    tail.reset(covered);
    all().forEach(subscriber -> subscriber.lose(reason));
  }
}
