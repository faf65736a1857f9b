package dev.cortex.gateway;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/**
 * One org on one gateway: what has been heard of its log, and who listens. Everything up to {@code covered} was heard;
 * everything up to {@code flushed} was handed to live subscriptions. Deliveries are applied only where they continue
 * what is covered; a gap is read from the log.
 */
final class Feed {

  private final String orgId;
  private final int shard;
  private final Feeds feeds;
  private final Speaker speaker;
  private final Tail tail;
  private final Gap gap;
  private final Memory memory = new Memory(this);
  private final Audience audience = new Audience();
  private final List<Runnable> waiting = new ArrayList<>();
  private String logId;
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
    this.speaker = new Speaker(shard, node, head.epoch(), feeds.nowNs());
    this.logId = head.position().logId();
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

  /** Whom this feed believes. */
  Speaker speaker() {
    return speaker;
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

  /** What is known without asking. */
  Memory memory() {
    return memory;
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
  void onHead(String node, Head head) {
    if (hears(node, head.epoch())) {
      speaker.confirmed(node, feeds.nowNs());
      stands(head);
    }
  }

  /** A room of that node took the feed's interest; false when it is a deposed one that does not know it yet. */
  boolean attached(String node, Head head) {
    boolean believed = speaker.attached(node, head.epoch(), feeds.nowNs());
    if (believed) {
      stands(head);
    }
    return believed;
  }

  private void stands(Head head) {
    if (sameLog(head.position())) {
      receivedAt = Math.max(receivedAt, head.receivedAt());
      heard(head.position().offset());
    }
  }

  /** Whether to believe a room. One that is new here is where the feed belongs now. */
  private boolean hears(String node, long epoch) {
    String left = speaker.node();
    boolean believed = speaker.hears(node, epoch);
    if (!speaker.node().equals(left)) {
      feeds.heardElsewhere(this, left);
    }
    return believed;
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

  /** Whether nothing is missing of what was heard of. */
  boolean isComplete() {
    return gap.isClosed();
  }

  /** Where the log stands as far as it was heard; the floor is not known here. */
  Head head() {
    return new Head(orgId, new Position(logId, covered), 0, speaker.epoch(), receivedAt);
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
    return feeds.reads().follow(reader, channel, logId, after);
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
