package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Head;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Keeps every feed attached to the room that owns its org now. When a shard moves, its feeds attach at the new owner, a
 * bounded number at a time, until it works; what was missed meanwhile is in the answer's head. Attaching is repeated
 * now and then, so that an interest that got lost is not lost for long.
 */
final class Attachments {

  /** A subscriber waits for so long for a room that moves. */
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(8);

  /** The chosen owner of a shard has not announced its claim yet: asking at once would mostly be in vain. */
  private static final long UNCLAIMED_MS = 300;

  /** A place where an org's deliveries come from, and where its log stood there. */
  record Begun(String node, Head head) {}

  private final RoomLink link;
  private final Directory directory;
  private final Interest interest;
  private final Clock clock;
  private final int renewSeconds;
  /** Longer than this without a word of its room, and a feed may have been forgotten: two renewals and more. */
  private final long trustNs;
  private final Map<Integer, Set<Feed>> byShard = new HashMap<>();
  private final Moves moves;
  private final Set<Feed> renewals = new LinkedHashSet<>();
  private View seen;

  /**
   * No attachments yet.
   *
   * @param renewSeconds how often a feed of another node's room is attached again, though nothing moved
   */
  Attachments(RoomLink link, Directory directory, Interest interest, Clock clock, int renewSeconds) {
    this.link = link;
    this.directory = directory;
    this.interest = interest;
    this.moves = new Moves(link, directory, interest);
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
        : interest.attach(node, orgId);
    asked.onComplete(answer -> {
      if (answer.succeeded()) {
        begun.complete(new Begun(node, answer.result().head().orElseThrow()));
        return;
      }
      tried.add(node);
      if (isMoving(answer.cause()) && clock.monotonicNs() < deadlineNs) {
        link.after(Moves.pauseMs(orgId, tried.size()), () -> first(orgId, tried, deadlineNs, begun));
      } else {
        begun.fail(answer.cause());
        // it may have been attached all the same
        tried.stream().distinct().forEach(one -> interest.detachIfUnwanted(one, orgId));
      }
    });
  }

  /** A feed began, attached where it says. */
  void add(Feed feed) {
    byShard.computeIfAbsent(feed.shard(), shard -> new LinkedHashSet<>()).add(feed);
    renewals.add(feed);
    if (feed.speaker().isElsewhere(directory.view())) {
      moves.begin(feed);
    }
  }

  /** A feed ended. */
  void remove(Feed feed) {
    Set<Feed> same = byShard.get(feed.shard());
    if (same != null && same.remove(feed) && same.isEmpty()) {
      byShard.remove(feed.shard());
    }
    renewals.remove(feed);
    moves.forget(feed);
    interest.detachIfUnwanted(feed.speaker().node(), feed.orgId());
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
      if (!feed.speaker().isElsewhere(view)) {
        continue;
      }
      if (view.epochs().get(shard) > feed.speaker().epoch()) {
        moves.begin(feed);
      } else if (!moves.isMoving(feed)) {
        moves.beginAfter(feed, UNCLAIMED_MS);
      }
    }
  }

  /** A node other than the one a feed is attached to speaks for its org under a newer epoch: the room is there now. */
  void heardElsewhere(Feed feed, String left) {
    interest.detach(left, feed.orgId());
    moves.begin(feed);
  }

  /** Whether a feed hears of everything: attached to the present owner as far as anyone knows here. */
  boolean isCurrent(Feed feed) {
    return feed.speaker().isCurrent(directory.view(), clock.monotonicNs(), trustNs);
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
      if (!moves.isMoving(feed) && !feed.speaker().node().equals(self)) {
        moves.begin(feed);
      }
    }
  }

  /** Feeds that are on their way to another room. */
  int moving() {
    return moves.size();
  }

  private static boolean isMoving(Throwable failure) {
    return failure instanceof RefusedException refused
        && (refused.code() == ErrorCode.MOVED || refused.code() == ErrorCode.TIMEOUT);
  }
}
