package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Standing;
import dev.cortex.event.Position;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every org this gateway listens to. Deliveries come in here, whatever node they come from; a pass over the orgs
 * that heard something hands the events to the sockets.
 */
final class Feeds {

  private static final long RETRY_MS = 200;

  /**
   * How much is kept and read.
   *
   * @param tailBytes most bytes of the tail of one org
   * @param tailsBytes most bytes of all tails together
   * @param reportBytes bytes after which the room is told even when there is no pass
   * @param pageEvents most events of a page from the log
   * @param pageBytes most bytes of a page from the log, about
   * @param renewSeconds how often a feed of another node's room is attached again, though nothing moved
   * @param lingeringMax most feeds that stay for the next poll
   */
  record Bounds(
      long tailBytes,
      long tailsBytes,
      long reportBytes,
      int pageEvents,
      int pageBytes,
      int renewSeconds,
      int lingeringMax) {
    static final Bounds NORMAL = new Bounds(4L << 20, 16L << 20, 1L << 20, 500, 256 * 1024, 60, 20_000);
  }

  private final RoomLink link;
  private final String address;
  private final Bounds bounds;
  private final TransportLimits limits;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Interest interest;
  private final Attachments attachments;
  private final Credits credits;
  private final Tails tails;
  private final Passes passes;
  private final Lingering lingering;
  private final Runnable ignoreOwners;
  private final Map<String, Feed> feeds = new LinkedHashMap<>();
  private final Arriving arriving = new Arriving();
  private final EveryOrg everyOrg;
  private final SharedReads reads;
  private volatile long deepestQueue;

  /**
   * The feeds of the gateway at that address.
   *
   * @param directory where the rooms are
   * @param connections how many connections of an org this gateway has, as they count for its quota
   */
  Feeds(
      RoomLink link,
      String address,
      Bounds bounds,
      TransportLimits limits,
      Metrics metrics,
      Clock clock,
      Directory directory,
      ConnectionCounts connections) {
    this.link = link;
    this.address = address;
    this.bounds = bounds;
    this.limits = limits;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.everyOrg = new EveryOrg(link, address, directory);
    this.reads = new SharedReads(link, directory, bounds.pageEvents(), bounds.pageBytes());
    this.credits = new Credits((node, bytes) -> link.tell(node, new Covered(address, bytes)));
    this.tails = new Tails(bounds.tailsBytes());
    this.passes = new Passes(link, limits, metrics, clock, tails::used, this::passed);
    this.lingering = new Lingering(clock, bounds.lingeringMax());
    this.interest = new Interest(link, address, directory, connections, this::isWanted);
    this.attachments = new Attachments(link, directory, interest, clock, bounds.renewSeconds());
    this.ignoreOwners = directory.onChange(view -> link.soon(this::ownersChanged));
  }

  /** The name under which this gateway reads for itself. */
  String readerName() {
    return address;
  }

  /** Takes in what a room committed. */
  void onDelivery(Delivery delivery) {
    long unreported = credits.took(delivery);
    Feed feed = feeds.get(delivery.orgId());
    if (feed == null && everyOrg.isWatched()) {
      link.tell(delivery.node(), new Attach(address, delivery.orgId(), 0));
      feed = create(delivery.node(), new Head(
          delivery.orgId(), new Position(delivery.logId(), delivery.after()), 0, delivery.epoch()));
    } else if (feed == null && !arriving.heard(delivery.orgId(), delivery.through()) && !everyOrg.isAttached()) {
      interest.detachIfUnwanted(delivery.node(), delivery.orgId());
    }
    if (feed != null) {
      feed.onDelivery(delivery);
      feed.dropIfUnused();
    }
    // an empty delivery may be the room's question why nothing has come back for a while
    if (passes.idle() && (unreported >= bounds.reportBytes() || delivery.events().isEmpty())) {
      credits.report(delivery.node());
    }
  }

  /** Takes in where logs stand: whoever is behind reads. */
  void onStanding(Standing standing) {
    for (Head head : standing.heads()) {
      Feed feed = feeds.get(head.orgId());
      if (feed != null) {
        feed.onHead(standing.node(), head);
      } else if (!arriving.heard(head.orgId(), head.position().offset()) && !everyOrg.isAttached()) {
        interest.detachIfUnwanted(standing.node(), head.orgId());
      }
    }
  }

  /** The feed of an org, attached to its room; unless it is subscribed to in the same turn it goes away again. */
  Future<Feed> feed(String orgId) {
    Feed feed = feeds.get(orgId);
    if (feed != null) {
      return Future.succeededFuture(feed);
    }
    return arriving.running(orgId).orElseGet(() -> attach(orgId));
  }

  private Future<Feed> attach(String orgId) {
    Future<Feed> arrival = arriving.begin(orgId);
    attachments.first(orgId).map(this::attached).onComplete(answer -> arriving.end(orgId, answer));
    return arrival;
  }

  private Feed attached(Attachments.Begun begun) {
    String orgId = begun.head().orgId();
    Feed feed = feeds.get(orgId);
    if (feed == null) {
      feed = create(begun.node(), begun.head());
    } else {
      feed.onHead(begun.node(), begun.head()); // a delivery to every org's listeners made it meanwhile
    }
    feed.heard(arriving.heardOf(orgId));
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

  /** Those who want the feed of every org. */
  EveryOrg everyOrg() {
    return everyOrg;
  }

  /** What happens about once a second. */
  void tick() {
    long deepest = 0;
    for (Feed feed : feeds.values()) {
      deepest = Math.max(deepest, feed.audience().deepestQueue());
    }
    deepestQueue = deepest;
    attachments.renew();
    lingering.tick();
  }

  /** Stops listening to changes of owners. */
  void close() {
    ignoreOwners.run();
  }

  /** Events waiting in the deepest queue of a connection at the last measure; may be asked from any thread. */
  long deepestQueue() {
    return deepestQueue;
  }

  /** Pages of the log. */
  SharedReads reads() {
    return reads;
  }

  /** Where an org's log stands. */
  Future<Head> head(String orgId) {
    return ask(orgId, new AskHead(orgId), Head.class);
  }

  /** Asks the room of an org, wherever it is. */
  <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer) {
    return link.ask(orgId, question, answer);
  }

  /** Asks the room of this node, for what every node can answer. */
  <T extends Message> Future<T> ask(Message question, Class<T> answer) {
    return link.askNode(directory.self(), question, answer);
  }

  /** Whether what a feed knows is all there is to know: it is attached to the present owner of its org. */
  boolean isCurrent(Feed feed) {
    return attachments.isCurrent(feed);
  }

  /**
   * An org was polled: its feed stays for a while, so that the next poll needs no question to another node, and what is
   * new is in its tail. That nothing is new the room of this node knows from memory anyway.
   *
   * @param read whether a page had to be read from the log
   */
  void polled(String orgId, boolean read) {
    if (read || feeds.containsKey(orgId) || !directory.ownerOf(orgId).equals(directory.self())) {
      // a failure leaves nothing to do here: the next poll asks the room, and comes by again
      feed(orgId).onSuccess(lingering::polled);
    }
  }

  /** Another node's room speaks for the org of a feed, which left the one it was attached to. */
  void heardElsewhere(Feed feed, String left) {
    attachments.heardElsewhere(feed, left);
  }

  /** The monotonic clock. */
  long nowNs() {
    return clock.monotonicNs();
  }

  /** Feeds that are on their way to another room. */
  int moving() {
    return attachments.moving();
  }

  /** Feeds that stay for the next poll. */
  int lingering() {
    return lingering.size();
  }

  /** Runs something again a little later. */
  void later(Runnable retry) {
    link.after(RETRY_MS, retry);
  }

  /** A feed heard something: a pass will hand it on. */
  void dirty(Feed feed) {
    passes.dirty(feed);
  }

  /** Nobody listens to an org any more. */
  void drop(Feed feed) {
    if (feeds.remove(feed.orgId(), feed)) {
      passes.forget(feed);
      feed.dropped();
      tails.forget(feed);
      attachments.remove(feed);
    }
  }

  private Feed create(String node, Head head) {
    Feed feed = new Feed(directory.shardMap().shardOf(head.orgId()), this, node, head, bounds.tailBytes());
    feeds.put(head.orgId(), feed);
    attachments.add(feed);
    everyOrg.appeared(feed);
    return feed;
  }

  private void passed() {
    tails.bound();
    credits.report();
  }

  /** Whether deliveries of an org are of use; one that is arriving again is attached for good by the answer. */
  private boolean isWanted(String orgId) {
    return feeds.containsKey(orgId) || arriving.awaits(orgId);
  }

  private void ownersChanged() {
    credits.retain(directory.view().nodes().keySet());
    attachments.ownersChanged();
  }
}
