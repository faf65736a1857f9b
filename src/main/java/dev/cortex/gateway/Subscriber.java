package dev.cortex.gateway;

import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.event.StoredEvent;
import java.util.List;

/**
 * One subscription of a connection: a place in an org's log. Live ones stand where their feed stands and share its
 * batches; one that is behind reads on from its own position, out of the feed's tail or the log, at the pace its socket
 * takes, until it stands where the feed stands.
 */
final class Subscriber {

  /** Where a subscription stands. */
  enum State {
    /** Not started. */
    NEW,
    /** At its feed's place; receives shared batches. */
    LIVE,
    /** Before its feed's place; reads on by itself. */
    BEHIND,
    /** Ended. */
    CLOSED
  }

  private final Feed feed;
  private final Outlet outlet;
  private final TransportLimits limits;
  private final String reader;
  private Filter filter;
  private State state;
  private long position;
  private long startedAfter;
  private boolean reading;
  private boolean replaying;
  private boolean pressed;
  private boolean lagging;

  Subscriber(Feed feed, Filter filter, Outlet outlet, TransportLimits limits, String reader) {
    this.feed = feed;
    this.filter = filter;
    this.outlet = outlet;
    this.limits = limits;
    this.reader = reader;
    this.state = State.NEW;
  }

  Feed feed() {
    return feed;
  }

  Filter filter() {
    return filter;
  }

  Outlet outlet() {
    return outlet;
  }

  State state() {
    return state;
  }

  /** Starts live from where the feed stands. */
  void startLive() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.LIVE;
    position = feed.flushed();
    startedAfter = position;
    feed.audience().joinLive(this);
  }

  /** Starts after an offset, which must not lie beyond the head. */
  void startAfter(long offset) {
    if (state == State.CLOSED) {
      return;
    }
    state = State.BEHIND;
    position = offset;
    startedAfter = offset;
    replaying = true;
    feed.audience().joinBehind(this);
    feed.heard(offset);
    pump();
  }

  /** Events up to this offset are none of this subscription's business. */
  long startedAfter() {
    return state == State.NEW ? Long.MAX_VALUE : startedAfter;
  }

  /** Everything up to this offset was delivered, as far as the filter lets it pass. */
  long position() {
    return state == State.LIVE ? feed.flushed() : position;
  }

  /** Another subscription of the connection ended; what it delivered up to {@code through} stays excluded here. */
  void otherEnded(Channel other, long through) {
    Filter changed = filter.ended(other, through);
    if (state == State.CLOSED || state == State.NEW || changed.equals(filter)) {
      filter = changed;
      return;
    }
    feed.audience().leave(this);
    long stood = position();
    long from = Math.max(through, startedAfter);
    if (from < stood) {
      // it was to deliver up to here what was left to it: the rest is ours now, and ours alone is read again
      filter = changed.only(other, from, stood);
      state = State.BEHIND;
      replaying = true;
      position = from;
      feed.audience().joinBehind(this);
      pump();
    } else if (state == State.LIVE) {
      filter = changed.past(stood);
      feed.audience().joinLive(this);
    } else {
      filter = changed;
      feed.audience().joinBehind(this);
    }
  }

  /** Ends the subscription. */
  void close() {
    if (state != State.CLOSED) {
      feed.audience().leave(this);
      state = State.CLOSED;
      feed.gone();
    }
  }

  /** The shared batch did not fit: everything after {@code offset} is still to be sent. */
  void fellBehind(long offset) {
    state = State.BEHIND;
    position = offset;
  }

  /** Events this subscription is behind; a replay that was asked for is no sign of slowness and counts as 0. */
  long queueDepth() {
    return replaying || state != State.BEHIND ? 0 : Math.max(0, feed.flushed() - position);
  }

  /** Whether a batch that follows this offset is for this subscription: live ones that joined later have it already. */
  boolean standsAt(long offset) {
    return state == State.LIVE && position <= offset;
  }

  /**
   * Writes shared batches, as many as the socket takes.
   *
   * @param from where the batches begin
   * @param through where they end
   * @return everything up to this offset was written
   */
  long hand(List<Joined> batches, long from, long through) {
    long reached = from;
    try {
      for (Joined batch : batches) {
        if (!outlet.writable()) {
          break;
        }
        outlet.write(batch);
        reached = batch.through();
      }
      if (reached > from) {
        outlet.flush();
      }
    } catch (RuntimeException failure) {
      broken(failure);
      return through;
    }
    return reached;
  }

  /** Its turn in a pass while it is behind. */
  void turn() {
    measure();
    pump();
  }

  /** Compares the distance to the feed with the bounds of the queue, and tells the client of a crossing. */
  private void measure() {
    long depth = queueDepth();
    if (!pressed && depth >= limits.pressureEvents()) {
      pressed = true;
      outlet.pressure(this, depth);
    }
    if (!lagging && depth > limits.queueEvents()) {
      lagging = true;
      outlet.lagging(this, depth);
    }
  }

  /** Reads on while the socket takes it; does nothing when live or when a page is on its way. */
  void pump() {
    boolean wrote = false;
    try {
      while (state == State.BEHIND && !reading && outlet.writable()) {
        if (position > feed.flushed()) {
          break; // the client knows more than this gateway was told of; deliveries are on their way
        } else if (position == feed.flushed()) {
          goLive();
        } else if (feed.tail().covers(position)) {
          List<StoredEvent> slice = feed.tail().slice(position, feed.flushed(), Joined.BYTES);
          send(slice, slice.get(slice.size() - 1).offset());
          wrote = true;
        } else {
          readPage();
        }
      }
      if (wrote) {
        outlet.flush();
      }
    } catch (RuntimeException failure) {
      broken(failure);
    }
  }

  private void goLive() {
    state = State.LIVE;
    position = feed.flushed();
    replaying = false;
    filter = filter.past(position);
    feed.audience().caughtUp(this);
    if (lagging) {
      lagging = false;
      outlet.caughtUp(this);
    }
    if (pressed) {
      pressed = false;
      outlet.pressure(this, 0);
    }
  }

  private void send(List<StoredEvent> events, long through) {
    List<StoredEvent> passed = filter.of(events);
    position = through;
    if (!passed.isEmpty()) {
      Joined joined = new Joined(passed, feed.logId(), through);
      try {
        outlet.write(joined);
      } finally {
        joined.release();
      }
    }
  }

  private void readPage() {
    reading = true;
    long from = position;
    String log = feed.logId();
    feed.read(reader, filter.channel(), from).onComplete(page -> {
      if (state != State.BEHIND) {
        reading = false;
      } else if (position != from || !log.equals(feed.logId())) {
        reading = false; // asked for another place than we are at now
        pump();
      } else if (page.succeeded()) {
        took(page.result());
      } else {
        failed(page.cause());
      }
    });
  }

  private void took(Page page) {
    // a page may reach beyond what this gateway has been told of; that part comes as a delivery
    long through = Math.min(page.through(), feed.flushed());
    if (through <= position) {
      pumpLater();
      return;
    }
    reading = false;
    List<StoredEvent> events = page.events();
    int wanted = events.size();
    while (wanted > 0 && events.get(wanted - 1).offset() > through) {
      wanted--;
    }
    try {
      send(events.subList(0, wanted), through);
      outlet.flush();
    } catch (RuntimeException failure) {
      broken(failure);
    }
    pump();
  }

  private void failed(Throwable cause) {
    ErrorCode code = cause instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    if (code.temporary()) {
      pumpLater();
      return;
    }
    reading = false;
    lose(code == ErrorCode.CURSOR_PRUNED && !replaying ? ErrorCode.SLOW_CONSUMER : code);
  }

  /** Stays as if reading until then, so that nothing else asks the same in vain meanwhile. */
  private void pumpLater() {
    feed.later(() -> {
      reading = false;
      pump();
    });
  }

  /** What is missed cannot be told any more: goes on live, and says so. */
  void lose(ErrorCode reason) {
    if (state == State.BEHIND) {
      goLive();
    }
    position = feed.flushed();
    startedAfter = Math.min(startedAfter, position);
    outlet.lost(this, reason, feed.position());
  }

  private void broken(RuntimeException failure) {
    if (state != State.CLOSED) {
      close();
      outlet.broken(failure);
    }
  }
}
