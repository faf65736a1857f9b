package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.ops.Metrics;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Passes over the feeds that heard something, which hand the events to the sockets. A pass follows at once when the
 * gateway is idle; when writing keeps it busy, events gather while it works, and so batches grow exactly when they pay.
 */
final class Passes {

  private static final Logger LOG = LoggerFactory.getLogger(Passes.class);

  /** Events waiting in a feed that start a pass at once, however short ago the last one was. */
  private static final int GATHER_EVENTS = 20;

  private static final long NONE = -1;

  private final RoomLink link;
  private final TransportLimits limits;
  private final Metrics metrics;
  private final Clock clock;
  private final Consumer<Feed> flushed;
  private final Runnable passed;
  private final Set<Feed> dirty = new LinkedHashSet<>();
  private boolean passScheduled;
  private long gatherTimer = NONE;
  private long earliestPassNs;

  /**
   * No pass is due.
   *
   * @param flushed hears of every feed whose events were handed on
   * @param passed runs after each pass
   */
  Passes(
      RoomLink link,
      TransportLimits limits,
      Metrics metrics,
      Clock clock,
      Consumer<Feed> flushed,
      Runnable passed) {
    this.link = link;
    this.limits = limits;
    this.metrics = metrics;
    this.clock = clock;
    this.flushed = flushed;
    this.passed = passed;
    this.earliestPassNs = clock.monotonicNs();
  }

  /** Whether everything that was heard has been handed on. */
  boolean idle() {
    return dirty.isEmpty();
  }

  /** A feed ended. */
  void forget(Feed feed) {
    dirty.remove(feed);
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

  private static boolean pressing(Feed feed) {
    return feed.urgent() || feed.pending() >= GATHER_EVENTS;
  }

  private void passOrGather() {
    long waitNs = earliestPassNs - clock.monotonicNs();
    if (waitNs > 0 && dirty.stream().noneMatch(Passes::pressing)) {
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
      flushed.accept(feed);
    }
    long took = clock.monotonicNs() - begun;
    metrics.fannedOut(deliveries, took);
    // a pass that was long is followed by a pause of its length, so that requests get their turn and events gather
    earliestPassNs = begun + took + Math.min(took, TimeUnit.MILLISECONDS.toNanos(limits.flushIntervalMs()));
    passed.run();
  }
}
