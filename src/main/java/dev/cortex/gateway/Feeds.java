package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Keep;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.Channel;
import dev.cortex.event.Position;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Every org this gateway listens to. Deliveries come in here; a pass over the orgs that heard something hands the
 * events to the sockets. A pass follows at once when the gateway is idle; when writing keeps it busy, events gather
 * while it works, and so batches grow exactly when they pay.
 */
final class Feeds {

  private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);
  private static final long RETRY_MS = 200;

  /** Events waiting in a feed that start a pass at once, however short ago the last one was. */
  private static final int GATHER_EVENTS = 20;

  private static final long NONE = -1;

  /**
   * How much is kept and read.
   *
   * @param tailBytes most bytes of the tail of one org
   * @param tailsBytes most bytes of all tails together
   * @param reportBytes bytes after which the room is told even when there is no pass
   * @param pageEvents most events of a page from the log
   * @param pageBytes most bytes of a page from the log, about
   */
  record Bounds(long tailBytes, long tailsBytes, long reportBytes, int pageEvents, int pageBytes) {
    static final Bounds NORMAL = new Bounds(4L << 20, 16L << 20, 1L << 20, 500, 256 * 1024);
  }

  private final RoomLink link;
  private final String address;
  private final Bounds bounds;
  private final TransportLimits limits;
  private final Metrics metrics;
  private final Clock clock;
  private final Map<String, Feed> feeds = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Future<Feed>> attaching = new HashMap<>();
  private final Set<Feed> dirty = new LinkedHashSet<>();
  private final Set<Consumer<Feed>> newcomers = new LinkedHashSet<>();
  private final Map<Read, Future<Page>> reads = new HashMap<>();
  private Optional<Future<Void>> attachedToAll = Optional.empty();
  private boolean passScheduled;
  private long gatherTimer = NONE;
  private long tailBytes;
  private long earliestPassNs;
  private long coveredBytes;
  private long reportedBytes;
  private volatile long deepestQueue;

  /** The feeds of the gateway at that address. */
  Feeds(RoomLink link, String address, Bounds bounds, TransportLimits limits, Metrics metrics, Clock clock) {
    this.link = link;
    this.address = address;
    this.bounds = bounds;
    this.limits = limits;
    this.metrics = metrics;
    this.clock = clock;
    this.earliestPassNs = clock.monotonicNs();
  }

  /** The name under which this gateway reads for itself. */
  String readerName() {
    return address;
  }

  /** Takes in what a room committed. */
  void onDelivery(Delivery delivery) {
    coveredBytes = delivery.sentBytes();
    Feed feed = feeds.get(delivery.orgId());
    if (feed == null && !newcomers.isEmpty()) {
      link.tell(new Attach(address, delivery.orgId(), 0));
      feed = create(new Head(
          delivery.orgId(), new Position(delivery.logId(), delivery.after()), 0, delivery.epoch()));
    } else if (feed == null && attachedToAll.isEmpty() && !attaching.containsKey(delivery.orgId())) {
      link.tell(new Detach(address, delivery.orgId()));
    }
    if (feed != null) {
      feed.onDelivery(delivery);
      feed.dropIfUnused();
    }
    // an empty delivery may be the room's question why nothing has come back for a while
    if (dirty.isEmpty() && (coveredBytes - reportedBytes >= bounds.reportBytes() || delivery.events().isEmpty())) {
      reportAgain();
    }
  }

  /** The feed of an org, attached to its room; unless it is subscribed to in the same turn it goes away again. */
  Future<Feed> feed(String orgId) {
    Feed feed = feeds.get(orgId);
    if (feed != null) {
      return Future.succeededFuture(feed);
    }
    Future<Feed> running = attaching.get(orgId);
    if (running != null) {
      return running;
    }
    Promise<Feed> attached = Promise.promise();
    attaching.put(orgId, attached.future());
    ask(new Attach(address, orgId, 0), Attached.class).map(answer -> attached(orgId, answer)).onComplete(answer -> {
      attaching.remove(orgId);
      if (answer.failed() && !feeds.containsKey(orgId)) {
        link.tell(new Detach(address, orgId)); // it may have been attached all the same
      }
      attached.handle(answer);
    });
    return attached.future();
  }

  private Feed attached(String orgId, Attached answer) {
    Head head = answer.head().orElseThrow();
    Feed feed = feeds.get(orgId);
    if (feed == null) {
      feed = create(head);
    } else {
      feed.heard(head.position().offset()); // a delivery to every org's listeners made it meanwhile
    }
    link.soon(() -> existing(orgId).ifPresent(Feed::dropIfUnused));
    return feed;
  }

  /** The feed of an org if there is one already. */
  Optional<Feed> existing(String orgId) {
    return Optional.ofNullable(feeds.get(orgId));
  }

  /** The feeds there are. */
  List<Feed> all() {
    return List.copyOf(feeds.values());
  }

  /**
   * Calls {@code newcomer} with the feed of every org that appears from now on. When the future completes, no event
   * committed later is missed.
   */
  Future<Void> watchAll(Consumer<Feed> newcomer) {
    newcomers.add(newcomer);
    if (attachedToAll.isEmpty()) {
      attachedToAll = Optional.of(ask(new Attach(address, "", 0), Attached.class).<Void>mapEmpty());
    }
    return attachedToAll.get().onFailure(failure -> attachedToAll = Optional.empty());
  }

  /** Ends {@link #watchAll}. */
  void unwatchAll(Consumer<Feed> newcomer) {
    if (newcomers.remove(newcomer) && newcomers.isEmpty()) {
      attachedToAll = Optional.empty();
      link.tell(new Detach(address, ""));
    }
  }

  /** Notes how deep the deepest queue is. To be called about once a second. */
  void measure() {
    long deepest = 0;
    for (Feed feed : feeds.values()) {
      deepest = Math.max(deepest, feed.audience().deepestQueue());
    }
    deepestQueue = deepest;
  }

  /** Events waiting in the deepest queue of a connection at the last measure; may be asked from any thread. */
  long deepestQueue() {
    return deepestQueue;
  }

  /** Reads a page; those who want the same page at the same time share one read. */
  Future<Page> read(String reader, Channel channel, String logId, long after) {
    Read shared = new Read("", channel, logId, after, bounds.pageEvents(), bounds.pageBytes());
    Future<Page> running = reads.get(shared);
    if (running != null) {
      link.tell(new Keep(reader, channel.orgId(), after));
      return running;
    }
    Promise<Page> started = Promise.promise();
    reads.put(shared, started.future());
    Read ask = new Read(reader, channel, logId, after, bounds.pageEvents(), bounds.pageBytes());
    ask(ask, Page.class).onComplete(page -> {
      reads.remove(shared);
      started.handle(page);
    });
    return started.future();
  }

  /** Where an org's log stands. */
  Future<Head> head(String orgId) {
    return ask(new AskHead(orgId), Head.class);
  }

  /** Asks the room of this node. */
  <T extends dev.cortex.bus.Message> Future<T> ask(dev.cortex.bus.Message question, Class<T> answer) {
    return link.ask(question, answer);
  }

  /** Runs something again a little later. */
  void later(Runnable retry) {
    link.after(RETRY_MS, retry);
  }

  /** A feed heard something: a pass will hand it on. */
  void dirty(Feed feed) {
    dirty.add(feed);
    if (!passScheduled) {
      passScheduled = true;
      link.soon(this::passOrGather);
    } else if (gatherTimer != NONE && pressing(feed) && link.cancel(gatherTimer)) {
      gatherTimer = NONE;
      link.soon(this::pass);
    }
  }

  /** Nobody listens to an org any more. */
  void drop(Feed feed) {
    if (feeds.remove(feed.orgId(), feed)) {
      dirty.remove(feed);
      feed.dropped();
      tailBytes += feed.tailGrowth();
      if (!attaching.containsKey(feed.orgId())) { // else the answer under way makes it anew, still attached
        link.tell(new Detach(address, feed.orgId()));
      }
    }
  }

  private Feed create(Head head) {
    Feed feed = new Feed(head.orgId(), this, head, bounds.tailBytes());
    feeds.put(head.orgId(), feed);
    // those who want every org want this one too, whoever it was that asked for it
    List.copyOf(newcomers).forEach(newcomer -> newcomer.accept(feed));
    return feed;
  }

  private static boolean pressing(Feed feed) {
    return feed.urgent() || feed.pending() >= GATHER_EVENTS;
  }

  private void passOrGather() {
    long waitNs = earliestPassNs - clock.monotonicNs();
    if (waitNs > 0 && dirty.stream().noneMatch(Feeds::pressing)) {
      gatherTimer = link.after(Math.max(1, TimeUnit.NANOSECONDS.toMillis(waitNs)), () -> {
        gatherTimer = NONE;
        pass();
      });
    } else {
      pass();
    }
  }

  private void pass() {
    long begun = clock.monotonicNs();
    passScheduled = false;
    List<Feed> now = List.copyOf(dirty);
    dirty.clear();
    long deliveries = 0;
    for (Feed feed : now) {
      try {
        deliveries += feed.flush();
      } catch (RuntimeException bug) {
        // one org's trouble is not another's: the pass goes on, and the credits go back to the room
        LOG.error("events of " + feed.orgId() + " could not be handed on", bug);
      }
      tailBytes += feed.tailGrowth();
    }
    long took = clock.monotonicNs() - begun;
    metrics.fannedOut(deliveries, took);
    // a pass that was long is followed by a pause of its length, so that requests get their turn and events gather
    earliestPassNs = begun + took + Math.min(took, TimeUnit.MILLISECONDS.toNanos(limits.flushIntervalMs()));
    boundTails();
    report();
  }

  private void boundTails() {
    Iterator<Feed> eldest = feeds.values().iterator();
    while (tailBytes > bounds.tailsBytes() && eldest.hasNext()) {
      Feed feed = eldest.next();
      if (feed.pending() == 0) {
        feed.tail().reset(feed.flushed());
        tailBytes += feed.tailGrowth();
      }
    }
  }

  private void report() {
    if (coveredBytes != reportedBytes) {
      reportAgain();
    }
  }

  private void reportAgain() {
    reportedBytes = coveredBytes;
    link.tell(new Covered(address, coveredBytes));
  }
}
