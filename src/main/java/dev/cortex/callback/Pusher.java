package dev.cortex.callback;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics.PushResult;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Optional;
import java.util.UUID;

/** Pushes the events of one org to one callback: one request at a time, in order, each from where its desktop is. */
final class Pusher {

  private static final Logger LOG = LoggerFactory.getLogger(Pusher.class);

  /** What a pusher is about. */
  private enum State {
    /** The org's log is not known yet. */
    NEW,
    /** Everything was told, or will be when there is more. */
    IDLE,
    /** There is something to tell, and it waits for its turn. */
    QUEUED,
    /** A push is under way. */
    PUSHING,
    /** The last attempt failed: it waits. */
    PAUSED,
    /** The desktop's position is not known in this log, or is served no longer: the desktop has to poll first. */
    ASTRAY,
    /** It is over until the callback is registered again. */
    STOPPED
  }

  private static final long NONE = -1;
  private static final int FAILURES_MAX = 10;

  private final OrgPushes org;
  private final PushWorld world;
  private final Line line;
  private final Progress progress = new Progress();
  private Callback callback;
  private State state = State.NEW;
  private Optional<Slots.Turn> waiting = Optional.empty();
  private int failures;
  private int strayed;
  private long successes;
  private long timer = NONE;
  private int turn;

  /** A pusher that waits for {@link #begin}. */
  Pusher(OrgPushes org, PushWorld world, Line line, Callback callback) {
    this.org = org;
    this.world = world;
    this.line = line;
    this.callback = callback;
  }

  Callback callback() {
    return callback;
  }

  Line line() {
    return line;
  }

  /** Everything up to this offset needs not be kept for it; one that fails again and again reads what it needs. */
  long needsAfter() {
    boolean away = state == State.ASTRAY || state == State.STOPPED || (state == State.PAUSED && failures > 1);
    return away ? Long.MAX_VALUE : progress.scanned();
  }

  /** The org's log is known, or another one now: begins there. */
  void begin() {
    endTurn();
    progress.begin(org.head(), org.floor());
    failures = 0;
    state = line.isDead() ? State.STOPPED : State.IDLE;
    offer();
  }

  /** The callback was registered again, perhaps changed: what stopped goes on, what works is left alone. */
  void renewed(Callback renewed) {
    boolean anew = !renewed.url().equals(callback.url()) || !renewed.desktop().equals(callback.desktop());
    callback = renewed;
    failures = 0;
    if (state != State.NEW && (anew || state == State.ASTRAY || state == State.STOPPED || state == State.PAUSED)) {
      strayed = 0;
      begin();
    }
  }

  /** The way works again: goes on if it was over. */
  void resume() {
    if (state == State.STOPPED) {
      begin();
    }
  }

  /** There may be something new to tell. */
  void offer() {
    if (state != State.IDLE || line.isDead()) {
      return;
    }
    boolean silent = true;
    while (silent) {
      silent = org.recent(progress.scanned()).filter(next -> progress.passOver(callback, next)).isPresent();
    }
    if (progress.scanned() < org.head()) {
      state = State.QUEUED;
      int mine = ++turn;
      waiting = Optional.of(world.slots().take(callback.orgId(), line.isDoubtful(), slot -> push(mine, slot)));
    }
  }

  /** Nothing is pushed any more; what is under way is not waited for. */
  void stop() {
    endTurn();
    state = State.STOPPED;
  }

  private void endTurn() {
    turn++; // what a former turn still brings is of no interest
    waiting.ifPresent(Slots.Turn::leave);
    if (timer != NONE) {
      world.vertx().cancelTimer(timer);
      timer = NONE;
    }
  }

  private void push(int mine, Slots.Turn slot) {
    if (!callback.isLive(world.clock().wallMs())) {
      state = State.STOPPED; // whoever looks after leases has not come by yet
      slot.end();
      return;
    }
    state = State.PUSHING;
    int bytesMax = world.slots().bodyMax();
    slot.hold(bytesMax);
    // composed, so that a throw is a failed attempt too
    Future.succeededFuture()
        .compose(go -> org.events(progress.scanned(), bytesMax))
        .compose(next -> mine == turn ? tell(mine, slot, next, bytesMax) : Future.<Void>succeededFuture())
        .onComplete(done -> {
          if (mine == turn) {
            ended(done.cause());
          }
          slot.end();
        });
  }

  private Future<Void> tell(int mine, Slots.Turn slot, Stretch next, int bytesMax) {
    long before = progress.scanned();
    Optional<Progress.Push> push =
        progress.next(callback, next, bytesMax, world.recentAfterMs(), () -> "push_" + UUID.randomUUID());
    if (push.isPresent()) {
      return send(mine, slot, push.get());
    }
    return progress.scanned() > before
        ? Future.succeededFuture()
        : Future.failedFuture(new RefusedException(ErrorCode.MOVED, "the room knows of less than was heard"));
  }

  private Future<Void> send(int mine, Slots.Turn slot, Progress.Push push) {
    byte[] json = push.body().json(org.logId(), push.after());
    slot.hold(json.length);
    int events = push.body().events().size();
    String id = push.id();
    Callback asked = callback;
    return line
        .send(() -> world.client()
            .post(asked.url(), asked.secrets(world.clock().wallMs()), id, json, line.isDoubtful())
            .compose(PushWorld::answer))
        .map(answer -> {
          if (mine == turn) {
            answered(answer, events, asked);
          }
          return null;
        });
  }

  private void answered(PushAnswer answer, int events, Callback asked) {
    failures = 0;
    switch (answer.kind()) {
      case APPLIED -> world.metrics().callbackPushed(PushResult.APPLIED, events);
      case DUPLICATE -> world.metrics().callbackPushed(PushResult.DUPLICATE, 0);
      case BEHIND -> world.metrics().callbackPushed(PushResult.BEHIND, 0);
      case GONE, FORBIDDEN -> {
        refused(answer.kind(), asked);
        return;
      }
    }
    switch (progress.answered(answer.cursor(), org.logId(), org.head())) {
      case ON -> strayed = 0;
      case SLOWLY -> pause(world.retryMs(progress.tooOften()));
      case AHEAD -> pause(world.retryMs(1));
      case ASTRAY -> astray();
    }
  }

  private void refused(PushAnswer.Kind kind, Callback asked) {
    world.metrics().callbackPushed(PushResult.FAILED, 0);
    if (asked.changedAtMs() != callback.changedAtMs()) {
      return; // it was registered again meanwhile, perhaps under another secret: that one was not asked yet
    }
    if (kind == PushAnswer.Kind.GONE) {
      org.gaveUp(this);
    } else {
      state = State.STOPPED;
    }
  }

  /** A turn is over: what follows depends on what it came to. */
  private void ended(Throwable failure) {
    if (failure != null) {
      failed(failure);
    } else if (state == State.PUSHING) {
      state = State.IDLE;
      // in a turn of its own, so that others come in between
      int mine = ++turn;
      world.vertx().runOnContext(go -> {
        if (mine == turn) {
          offer();
        }
      });
    }
  }

  private void failed(Throwable failure) {
    if (failure instanceof OpenCircuitException) {
      pause(world.breakerMs() / 2 + world.retryMs(failures + 1));
    } else if (failure instanceof RefusedException refused && refused.code() != ErrorCode.CALLBACK_REFUSED) {
      if (refused.code() == ErrorCode.CURSOR_PRUNED) {
        astray(); // what the desktop would need next is gone
      } else {
        pause(world.retryMs(1)); // the room, not the callback
      }
    } else {
      attemptFailed(failure);
    }
  }

  private void attemptFailed(Throwable failure) {
    boolean address = failure instanceof RefusedException;
    world.metrics().callbackPushed(address ? PushResult.REFUSED_ADDRESS : PushResult.FAILED, 0);
    successes = failures == 0 ? line.successes() : successes;
    failures++;
    LOG.debug("callback " + callback.id() + " of " + callback.orgId() + " failed: " + failure.getMessage());
    if (failures < FAILURES_MAX) {
      pause(world.retryMs(failures));
    } else if (line.successes() == successes) {
      org.gaveUp(this);
    } else {
      state = State.STOPPED; // it works for other orgs
    }
  }

  private void pause(long ms) {
    state = State.PAUSED;
    wake(ms, () -> {
      if (progress.isAhead(org.head())) {
        astray(); // what it knows of should have been heard of by now
      } else {
        state = State.IDLE;
        offer();
      }
    });
  }

  private void astray() {
    state = State.ASTRAY;
    wake(world.strayMs(++strayed), this::begin);
  }

  private void wake(long ms, Runnable next) {
    timer = world.vertx().setTimer(Math.max(1, ms), fired -> {
      timer = NONE;
      next.run();
    });
  }
}
