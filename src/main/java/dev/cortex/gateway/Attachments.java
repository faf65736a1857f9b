package dev.cortex.gateway;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Keeps every feed attached to the room that owns its org now. When a shard moves, its feeds attach at the new owner, a
 * bounded number at a time, until it works; what was missed meanwhile is in the answer's head. Attaching is repeated
 * now and then, so that an interest that got lost is not lost for long.
 */
final class Attachments {

  /** Questions on their way at the same time: after a node's death thousands of feeds move. */
  static final int IN_FLIGHT_MAX = 64;

  /** A subscriber waits for so long for a room that moves. */
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(8);

  /** The chosen owner of a shard has not announced its claim yet: asking at once would mostly be in vain. */
  private static final long UNCLAIMED_MS = 300;

  private static final Backoff BACKOFF = new Backoff(100, 2_000);
  private static final long NONE = -1;

  /** A place where an org's deliveries come from, and where its log stood there. */
  record Begun(String node, Head head) {}

  /** A feed on its way to the room it should be attached to. */
  private static final class Attempt {
    private final Feed feed;
    private int failures;
    private long timer = NONE;
    private boolean asking;
    private boolean again;

    private Attempt(Feed feed) {
      this.feed = feed;
    }
  }

  private final RoomLink link;
  private final String address;
  private final Directory directory;
  private final ConnectionCounts connections;
  private final Predicate<String> wanted;
  private final Clock clock;
  private final int renewSeconds;
  /** Longer than this without a word of its room, and a feed may have been forgotten: two renewals and more. */
  private final long trustNs;
  private final Map<Integer, Set<Feed>> byShard = new HashMap<>();
  private final Map<Feed, Attempt> attempts = new HashMap<>();
  private final ArrayDeque<Attempt> ready = new ArrayDeque<>();
  private final Set<Feed> renewals = new LinkedHashSet<>();
  private View seen;
  private int asking;
  private boolean pumping;

  /**
   * No attachments yet.
   *
   * @param address where deliveries are to go
   * @param connections how many connections of an org this gateway has
   * @param wanted whether deliveries of an org are of use here
   * @param renewSeconds how often a feed of another node's room is attached again, though nothing moved
   */
  Attachments(
      RoomLink link,
      String address,
      Directory directory,
      ConnectionCounts connections,
      Predicate<String> wanted,
      Clock clock,
      int renewSeconds) {
    this.link = link;
    this.address = address;
    this.directory = directory;
    this.connections = connections;
    this.wanted = wanted;
    this.clock = clock;
    this.renewSeconds = renewSeconds;
    this.trustNs = TimeUnit.SECONDS.toNanos(2L * renewSeconds + 10);
    this.seen = directory.view();
  }

  /** Attaches to an org for the first time, with some patience for a room that is moving. */
  Future<Begun> first(String orgId) {
    Promise<Begun> begun = Promise.promise();
    first(orgId, new ArrayList<>(), clock.monotonicNs() + PATIENCE_NS, begun);
    return begun.future();
  }

  private void first(String orgId, List<String> tried, long deadlineNs, Promise<Begun> begun) {
    String node = directory.ownerOf(orgId);
    Future<Attached> asked = node.isEmpty()
        ? Future.failedFuture(new RefusedException(ErrorCode.MOVED, ErrorCode.MOVED.sentence()))
        : link.askNode(node, attach(orgId), Attached.class);
    asked.onComplete(answer -> {
      if (answer.succeeded()) {
        begun.complete(new Begun(node, answer.result().head().orElseThrow()));
        return;
      }
      tried.add(node);
      if (isMoving(answer.cause()) && clock.monotonicNs() < deadlineNs) {
        link.after(pauseMs(orgId, tried.size()), () -> first(orgId, tried, deadlineNs, begun));
      } else {
        begun.fail(answer.cause());
        // it may have been attached all the same
        tried.stream().distinct().forEach(one -> detachIfUnwanted(one, orgId));
      }
    });
  }

  /** A feed began, attached where it says. */
  void add(Feed feed) {
    byShard.computeIfAbsent(feed.shard(), shard -> new LinkedHashSet<>()).add(feed);
    renewals.add(feed);
    if (isElsewhere(feed, directory.view())) {
      move(feed);
    }
  }

  /** A feed ended. */
  void remove(Feed feed) {
    Set<Feed> same = byShard.get(feed.shard());
    if (same != null && same.remove(feed) && same.isEmpty()) {
      byShard.remove(feed.shard());
    }
    renewals.remove(feed);
    Attempt attempt = attempts.remove(feed);
    if (attempt != null) {
      unschedule(attempt);
    }
    detachIfUnwanted(feed.node(), feed.orgId());
  }

  /** Owners may have changed: feeds of shards that moved follow. */
  void ownersChanged() {
    View view = directory.view();
    for (int shard = 0; shard < view.owners().size(); shard++) {
      boolean changed = !view.owner(shard).equals(seen.owner(shard))
          || !view.epochs().get(shard).equals(seen.epochs().get(shard));
      if (changed) {
        shardChanged(view, shard);
      }
    }
    seen = view;
  }

  private void shardChanged(View view, int shard) {
    for (Feed feed : byShard.getOrDefault(shard, Set.of())) {
      if (!isElsewhere(feed, view)) {
        continue;
      }
      if (view.epochs().get(shard) > feed.epoch()) {
        move(feed);
      } else if (!attempts.containsKey(feed)) {
        Attempt attempt = new Attempt(feed);
        attempts.put(feed, attempt);
        schedule(attempt, UNCLAIMED_MS);
      }
    }
  }

  /** A node other than the one a feed is attached to speaks for its org under a newer epoch: the room is there now. */
  void heardElsewhere(Feed feed, String left) {
    tellDetach(left, feed.orgId());
    move(feed);
  }

  /** Whether a feed hears of everything: attached to the present owner as far as anyone knows here. */
  boolean isCurrent(Feed feed) {
    View view = directory.view();
    return feed.node().equals(view.owner(feed.shard()))
        && view.epochs().get(feed.shard()) <= feed.epoch()
        && (feed.node().equals(view.self().node()) || clock.monotonicNs() - feed.confirmedNs() < trustNs);
  }

  /** Attaches some feeds again, so that each has its turn in time. To be called once a second. */
  void renew() {
    String self = directory.self();
    int turns = (renewals.size() + renewSeconds - 1) / renewSeconds;
    List<Feed> due = new ArrayList<>();
    Iterator<Feed> eldest = renewals.iterator();
    for (int i = 0; i < turns; i++) {
      due.add(eldest.next());
      eldest.remove();
    }
    renewals.addAll(due);
    for (Feed feed : due) {
      if (!attempts.containsKey(feed) && !feed.node().equals(self)) {
        move(feed);
      }
    }
  }

  /** Tells the rooms of a node that deliveries of an org are of no use here, unless they are. */
  void detachIfUnwanted(String node, String orgId) {
    if (!wanted.test(orgId)) {
      tellDetach(node, orgId);
    }
  }

  /** Feeds that are on their way to another room. */
  int moving() {
    return attempts.size();
  }

  private void tellDetach(String node, String orgId) {
    if (directory.view().nodes().containsKey(node)) {
      link.tell(node, new Detach(address, orgId));
    }
  }

  private Attach attach(String orgId) {
    return new Attach(address, orgId, connections.of(orgId));
  }

  /** Whether the room of a feed is not where the feed is attached, by all that is known. */
  private static boolean isElsewhere(Feed feed, View view) {
    long epoch = view.epochs().get(feed.shard());
    return !view.nodes().containsKey(feed.node())
        || epoch > feed.epoch()
        || (epoch == feed.epoch() && !view.owner(feed.shard()).equals(feed.node()));
  }

  /** Where to attach a feed: whoever owns its shard, or the node that spoke for it when the directory is behind. */
  private static String target(Feed feed, View view) {
    boolean behind = view.epochs().get(feed.shard()) < feed.epoch() && view.nodes().containsKey(feed.node());
    return behind ? feed.node() : view.owner(feed.shard());
  }

  private void move(Feed feed) {
    Attempt attempt = attempts.get(feed);
    if (attempt == null) {
      attempt = new Attempt(feed);
      attempts.put(feed, attempt);
      ready.add(attempt);
    } else if (attempt.asking) {
      attempt.again = true;
    } else if (attempt.timer != NONE) {
      unschedule(attempt);
      attempt.failures = 0;
      ready.add(attempt);
    }
    pump();
  }

  private void pump() {
    if (pumping) {
      return; // an answer that came at once
    }
    pumping = true;
    while (asking < IN_FLIGHT_MAX && !ready.isEmpty()) {
      Attempt next = ready.remove();
      if (attempts.get(next.feed) == next) {
        ask(next);
      }
    }
    pumping = false;
  }

  private void ask(Attempt attempt) {
    String target = target(attempt.feed, directory.view());
    if (target.isEmpty()) {
      schedule(attempt, pauseMs(attempt.feed.orgId(), ++attempt.failures));
      return;
    }
    asking++;
    attempt.asking = true;
    attempt.again = false;
    link.askNode(target, attach(attempt.feed.orgId()), Attached.class).onComplete(answer -> {
      asking--;
      attempt.asking = false;
      if (attempts.get(attempt.feed) == attempt) {
        answered(attempt, target, answer);
      } else {
        detachIfUnwanted(target, attempt.feed.orgId()); // nobody wants it any more
      }
      pump();
    });
  }

  private void answered(Attempt attempt, String target, AsyncResult<Attached> answer) {
    Feed feed = attempt.feed;
    String left = feed.node();
    boolean attached = answer.succeeded() && feed.attached(target, answer.result().head().orElseThrow());
    if (attached && !left.equals(target)) {
      tellDetach(left, feed.orgId());
    }
    if (attempt.again) {
      ready.add(attempt);
    } else if (!attached || isElsewhere(feed, directory.view())) {
      schedule(attempt, pauseMs(feed.orgId(), ++attempt.failures));
    } else {
      attempts.remove(feed);
    }
  }

  private void schedule(Attempt attempt, long ms) {
    attempt.timer = link.after(ms, () -> {
      attempt.timer = NONE;
      ready.add(attempt);
      pump();
    });
  }

  private void unschedule(Attempt attempt) {
    if (attempt.timer != NONE) {
      link.cancel(attempt.timer);
      attempt.timer = NONE;
    }
  }

  private static boolean isMoving(Throwable failure) {
    return failure instanceof RefusedException refused
        && (refused.code() == ErrorCode.MOVED || refused.code() == ErrorCode.TIMEOUT);
  }

  /** Orgs wait differently long, so that those of a dead node do not come back in one wave. */
  private static long pauseMs(String orgId, int failures) {
    double spread = (orgId.hashCode() >>> 8 & 0xff) / 256.0;
    return 50 + BACKOFF.delayMs(failures, spread);
  }
}
