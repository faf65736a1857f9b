package dev.cortex.gateway;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One org on one gateway: what has been heard of its log, and who listens. Everything up to {@code covered} was heard;
 * everything up to {@code flushed} was handed to live subscriptions. Deliveries are applied only where they continue
 * what is covered; a gap is read from the log.
 */
final class Feed {

  private final String orgId;
  private final int shard;
  private final Feeds feeds;
  private final Tail tail;
  private final Gap gap;
  private final Audience audience = new Audience();
  private final List<Runnable> waiting = new ArrayList<>();
  private String node;
  private long confirmedNs;
  private String logId;
  private long epoch;
  private long covered;
  private long receivedAt;
  private long flushed;
  private boolean dropped;
  private boolean urgent;
  private int subscribers;

  /**
   * A feed that has just been attached.
   *
   * @param shard the org's shard
   * @param node where it is attached
   * @param head where the log stood there
   */
  Feed(int shard, Feeds feeds, String node, Head head, long tailBytes) {
    this.orgId = head.orgId();
    this.shard = shard;
    this.feeds = feeds;
    this.node = node;
    this.confirmedNs = feeds.nowNs();
    this.logId = head.position().logId();
    this.epoch = head.epoch();
    this.covered = head.position().offset();
    this.receivedAt = head.receivedAt();
    this.flushed = covered;
    this.tail = new Tail(covered, tailBytes);
    this.gap = new Gap(this, feeds);
  }

  String orgId() {
    return orgId;
  }

  /** The org's shard. */
  int shard() {
    return shard;
  }

  /** The node whose room delivers to this feed. */
  String node() {
    return node;
  }

  /** The newest fencing epoch under which anyone spoke for the org. */
  long epoch() {
    return epoch;
  }

  /** When its room last said that it delivers to this feed, on the monotonic clock. */
  long confirmedNs() {
    return confirmedNs;
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

  /** Who listens. */
  Audience audience() {
    return audience;
  }

  Tail tail() {
    return tail;
  }

  /** Applies a delivery, or finds out that something is missing and reads it. */
  void onDelivery(Delivery delivery) {
    if (!hears(delivery.node(), delivery.epoch())) {
      return;
    }
    if (!sameLog(new Position(delivery.logId(), delivery.through()))) {
      return;
    }
    if (delivery.after() <= covered) {
      append(delivery.events());
    }
    heard(delivery.through());
  }

  /** A room of that node says where the log stands. */
  void onHead(String speaker, Head head) {
    if (hears(speaker, head.epoch())) {
      if (speaker.equals(node)) {
        confirmedNs = feeds.nowNs();
      }
      if (sameLog(head.position())) {
        receivedAt = Math.max(receivedAt, head.receivedAt());
        heard(head.position().offset());
      }
    }
  }

  /** A room of that node took the feed's interest; false when it is a deposed one that does not know it yet. */
  boolean attached(String owner, Head head) {
    if (head.epoch() < epoch) {
      return false;
    }
    epoch = head.epoch();
    node = owner;
    confirmedNs = feeds.nowNs();
    if (sameLog(head.position())) {
      receivedAt = Math.max(receivedAt, head.receivedAt());
      heard(head.position().offset());
    }
    return true;
  }

  /** Whether to believe a room: not one that was deposed. One that is new here is where the feed belongs now. */
  private boolean hears(String speaker, long spoken) {
    if (spoken < epoch) {
      return false;
    }
    boolean elsewhere = spoken > epoch && !speaker.equals(node);
    epoch = spoken;
    if (elsewhere) {
      String left = node;
      node = speaker;
      feeds.heardElsewhere(this, left);
    }
    return true;
  }

  /** Whether a position is one of the log that is followed here; if not, that log is gone and the new one begins. */
  boolean sameLog(Position position) {
    if (!position.logId().equals(logId)) {
      if (covered > 0) {
        restart(position, ErrorCode.CURSOR_LOG_CHANGED);
        return false;
      }
      logId = position.logId(); // of a log without events only the id was settled anew: its first event is the first
    }
    return true;
  }

  /**
   * What lies after a position, as far as this gateway knows without asking: nothing, or events that are all in the
   * tail. Empty when it does not know.
   */
  Optional<Located> locate(Channel channel, Position from) {
    boolean known = from.logId().equals(logId)
        && gap.isClosed()
        && (from.offset() == covered || (channel.isRoot() && from.offset() < covered && tail.covers(from.offset())));
    return known ? Optional.of(new Located(knownHead(), from.offset(), covered - from.offset())) : Optional.empty();
  }

  /**
   * Events after a position out of the tail; empty when they are not all there.
   *
   * @param visible which of them are told; the others are covered
   */
  Optional<Page> page(
      Channel channel, Position from, int eventsMax, int bytesMax, Predicate<StoredEvent> visible) {
    if (!from.logId().equals(logId) || from.offset() > covered || !tail.covers(from.offset())) {
      return Optional.empty();
    }
    List<StoredEvent> events = new ArrayList<>();
    List<StoredEvent> slice = tail.slice(from.offset(), covered, bytesMax);
    long through = from.offset();
    for (StoredEvent event : slice) {
      if (events.size() == eventsMax) {
        break;
      }
      if (channel.covers(event.agentId(), event.sessionId()) && visible.test(event)) {
        events.add(event);
      }
      through = event.offset();
    }
    return Optional.of(new Page(knownHead(), List.copyOf(events), through));
  }

  /** Where the log stands as far as it was heard; the floor is not known here. */
  private Head knownHead() {
    return new Head(orgId, new Position(logId, covered), 0, epoch, receivedAt);
  }

  /** The log reaches up to that offset: what is not here yet is read. */
  void heard(long through) {
    gap.heard(through);
  }

  /** Everything up to this offset was heard. */
  long covered() {
    return covered;
  }

  boolean isDropped() {
    return dropped;
  }

  /** Subscribes a connection; it starts by {@link Subscriber#startLive} or {@link Subscriber#startAfter}. */
  Subscriber subscribe(Filter filter, Outlet outlet, TransportLimits limits, String reader) {
    subscribers++;
    return new Subscriber(this, filter, outlet, limits, reader);
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
   * Hands what was heard to live subscriptions: each filter's events are joined once, whatever the number of
   * connections.
   *
   * @return events handed to sockets, counted per connection
   */
  long flush() {
    long from = flushed;
    flushed = covered;
    urgent = false;
    long deliveries = audience.hand(tail, logId, from, flushed);
    wake();
    dropIfUnused();
    return deliveries;
  }

  private void wake() {
    List<Runnable> woken = List.copyOf(waiting);
    waiting.clear();
    woken.forEach(Runnable::run);
  }

  /** Ends the feed when nobody subscribes to it or waits for it. */
  void dropIfUnused() {
    if (subscribers == 0 && waiting.isEmpty()) {
      feeds.drop(this);
    }
  }

  /** Takes over what continues what is covered. */
  void append(List<StoredEvent> events) {
    for (StoredEvent event : events) {
      if (event.offset() == covered + 1) {
        tail.add(event);
        covered++;
        receivedAt = event.receivedAt();
        urgent |= event.priority() == Priority.CRITICAL;
      }
    }
    if (pending() > 0) {
      feeds.dirty(this);
    }
  }

  /** What was heard has no continuation: everyone is told so, and goes on from there. */
  void restart(Position head, ErrorCode reason) {
    logId = head.logId();
    covered = head.offset();
    flushed = covered;
    gap.close();
    urgent = false;
    tail.reset(covered);
    audience.all().forEach(subscriber -> subscriber.lose(reason));
    // who waits for the next event of a log that is gone waits in vain
    wake();
  }
}
