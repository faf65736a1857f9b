package dev.cortex.gateway;

import dev.cortex.base.Backoff;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Attached;
import io.vertx.core.AsyncResult;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Feeds on their way to the room they should be attached to. Each asks until it works, never twice at the same time,
 * and a bounded number of all asks at once.
 */
final class Moves {

  /** Questions on their way at the same time: after a node's death thousands of feeds move. */
  static final int IN_FLIGHT_MAX = 64;

  private static final Backoff BACKOFF = new Backoff(100, 2_000);
  private static final long NONE = -1;

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
  private final Directory directory;
  private final Interest interest;
  private final Map<Feed, Attempt> attempts = new HashMap<>();
  private final ArrayDeque<Attempt> ready = new ArrayDeque<>();
  private int asking;
  private boolean pumping;

  /** Nothing moves. */
  Moves(RoomLink link, Directory directory, Interest interest) {
    this.link = link;
    this.directory = directory;
    this.interest = interest;
  }

  /** A feed is to be attached where its org is now; one that waits for another attempt waits no longer. */
  void begin(Feed feed) {
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

  /** The same in so many ms, for a feed that does not move yet. */
  void beginAfter(Feed feed, long ms) {
    Attempt attempt = new Attempt(feed);
    attempts.put(feed, attempt);
    schedule(attempt, ms);
  }

  /** A feed ended. */
  void forget(Feed feed) {
    Attempt attempt = attempts.remove(feed);
    if (attempt != null) {
      unschedule(attempt);
    }
  }

  /** Whether a feed is on its way. */
  boolean isMoving(Feed feed) {
    return attempts.containsKey(feed);
  }

  /** How many are on their way. */
  int size() {
    return attempts.size();
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
    String target = attempt.feed.speaker().target(directory.view());
    if (target.isEmpty()) {
      schedule(attempt, pauseMs(attempt.feed.orgId(), ++attempt.failures));
      return;
    }
    asking++;
    attempt.asking = true;
    attempt.again = false;
    interest.attach(target, attempt.feed.orgId()).onComplete(answer -> {
      asking--;
      attempt.asking = false;
      if (attempts.get(attempt.feed) == attempt) {
        answered(attempt, target, answer);
      } else {
        interest.detachIfUnwanted(target, attempt.feed.orgId()); // nobody wants it any more
      }
      pump();
    });
  }

  private void answered(Attempt attempt, String target, AsyncResult<Attached> answer) {
    Feed feed = attempt.feed;
    String left = feed.speaker().node();
    boolean attached = answer.succeeded() && feed.attached(target, answer.result().head().orElseThrow());
    if (attached && !left.equals(target)) {
      interest.detach(left, feed.orgId());
    }
    if (attempt.again) {
      ready.add(attempt);
    } else if (!attached || feed.speaker().isElsewhere(directory.view())) {
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

  /**
   * How long to wait after that many failures. Orgs wait differently long, so that those of a dead node do not come
   * back in one wave.
   */
  static long pauseMs(String orgId, int failures) {
    double spread = (orgId.hashCode() >>> 8 & 0xff) / 256.0;
    return 50 + BACKOFF.delayMs(failures, spread);
  }
}
