package dev.cortex.callback;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.StoredEvent;
import dev.cortex.ops.Metrics.PushResult;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Pushes the events of one org to one callback: one request at a time, in order, each from where the desktop's last
 * answer says. It keeps a position and, between attempts, the name of the push that is repeated; never events.
 */
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

  /** A push that was sent and may have to be sent again: by this name it is the same one. */
  private record Sent(String id, long after, long through, int bytes) {}

  private static final long NONE = -1;
  private static final int FAILURES_MAX = 10;
  /** A desktop may say once that it stands elsewhere; one that always does is not asked in a tight circle. */
  private static final int BEHIND_MAX = 2;

  private final OrgPushes org;
  private final PushWorld world;
  private final Line line;
  private Callback callback;
  private State state = State.NEW;
  private long after;
  private long scanned;
  private boolean beginning;
  private Optional<Sent> sent = Optional.empty();
  private int failures;
  private int behind;
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

  /** Everything up to this offset needs not be kept for it. */
  long needsAfter() {
    return switch (state) {
      case ASTRAY, STOPPED -> Long.MAX_VALUE;
      default -> scanned;
    };
  }

  /**
   * Begins where the log stands, wherever the desktop is: its answer tells. The newest event is told if it is recent,
   * because it may have come while nobody pushed.
   *
   * @param head newest offset of the log
   * @param floor highest offset trimmed away
   */
  void begin(long head, long floor) {
    endTurn();
    after = Math.max(floor, head - 1);
    scanned = after;
    beginning = true;
    sent = Optional.empty();
    failures = 0;
    behind = 0;
    state = line.isDead() ? State.STOPPED : State.IDLE;
    offer();
  }

  /** The callback was registered again, perhaps changed: what stopped goes on, what works is left alone. */
  void renewed(Callback renewed) {
    boolean anew = !renewed.url().equals(callback.url()) || !renewed.desktop().equals(callback.desktop());
    callback = renewed;
    if (state != State.NEW && (anew || state == State.ASTRAY || state == State.STOPPED || state == State.PAUSED)) {
      strayed = 0;
      begin(org.head(), org.floor());
    }
  }

  /** There may be something new to tell. */
  void offer() {
    if (state != State.IDLE || line.isDead()) {
      return;
    }
    skipSilent();
    if (scanned < org.head()) {
      state = State.QUEUED;
      int mine = ++turn;
      boolean doubtful = line.isDoubtful();
      world.slots().take(callback.orgId(), doubtful, () -> push(mine, doubtful));
    }
  }

  /** Nothing is pushed any more; what is under way is not waited for. */
  void stop() {
    endTurn();
    state = State.STOPPED;
  }

  private void endTurn() {
    turn++; // what a former turn still brings is of no interest
    if (timer != NONE) {
      world.vertx().cancelTimer(timer);
      timer = NONE;
    }
  }

  /** Passes over recent events of which this desktop is told none. */
  private void skipSilent() {
    Optional<List<StoredEvent>> recent = beginning ? Optional.empty() : org.recent(scanned);
    while (recent.isPresent() && !recent.get().isEmpty()) {
      long through = recent.get().get(recent.get().size() - 1).offset();
      PushBody next = PushBody.of(callback, recent.get(), through, 0);
      if (!next.events().isEmpty()) {
        return;
      }
      scanned = through;
      recent = org.recent(scanned);
    }
  }

  private void push(int mine, boolean doubtful) {
    if (mine != turn) {
      world.slots().release(callback.orgId(), doubtful, 0);
      return;
    }
    state = State.PUSHING;
    int[] held = {0};
    // composed, so that a throw is a failed attempt too
    Future.succeededFuture().compose(go -> org.events(scanned)).compose(chunk -> {
      if (mine != turn) {
        return Future.succeededFuture(false);
      }
      PushBody body = body(chunk);
      if (body.events().isEmpty()) {
        boolean moved = body.through() > scanned;
        scanned = body.through();
        return moved
            ? Future.succeededFuture(true)
            : Future.failedFuture(new RefusedException(ErrorCode.MOVED, "the room knows of less than was heard"));
      }
      held[0] = (int) body.bytes();
      world.slots().hold(held[0]);
      return send(mine, body);
    }).onComplete(done -> {
      if (mine == turn) {
        ended(done.cause());
      }
      world.slots().release(callback.orgId(), doubtful, held[0]);
    });
  }

  private PushBody body(OrgPushes.Chunk chunk) {
    boolean again = sent.isPresent() && sent.get().after() == after;
    long through = again ? Math.min(chunk.through(), sent.get().through()) : chunk.through();
    int bytes = Math.max(world.slots().bodyMax(), again ? sent.get().bytes() : 0);
    PushBody body = PushBody.of(callback, chunk.events(), through, bytes);
    if (beginning) {
      beginning = false;
      boolean recent = body.events().stream().anyMatch(event -> event.receivedAt() > world.recentAfterMs());
      return recent ? body : new PushBody(List.of(), body.through());
    }
    return body;
  }

  private Future<Boolean> send(int mine, PushBody body) {
    boolean again =
        sent.isPresent() && sent.get().after() == after && sent.get().through() == body.through();
    Sent one = again
        ? sent.get()
        : new Sent("push_" + UUID.randomUUID(), after, body.through(), (int) body.bytes());
    sent = Optional.of(one);
    byte[] json = body.json(org.logId(), after);
    List<String> secrets = callback.secrets(world.clock().wallMs());
    return line
        .send(() -> world.client()
            .post(callback.url(), secrets, one.id(), json, line.isDoubtful())
            .compose(PushWorld::answer))
        .map(answer -> {
          if (mine == turn) {
            answered(answer, body);
          }
          return true;
        });
  }

  private void answered(PushAnswer answer, PushBody body) {
    failures = 0;
    switch (answer.kind()) {
      case APPLIED -> world.metrics().callbackPushed(PushResult.APPLIED, body.events().size());
      case DUPLICATE -> world.metrics().callbackPushed(PushResult.DUPLICATE, 0);
      case BEHIND -> world.metrics().callbackPushed(PushResult.BEHIND, 0);
      case GONE -> {
        world.metrics().callbackPushed(PushResult.FAILED, 0);
        org.gaveUp(this);
        return;
      }
      case FORBIDDEN -> {
        world.metrics().callbackPushed(PushResult.FAILED, 0);
        state = State.STOPPED;
        return;
      }
    }
    Optional<Position> cursor = answer.cursor().filter(named -> named.logId().equals(org.logId()));
    if (cursor.isEmpty()) {
      astray();
      return;
    }
    long named = cursor.get().offset();
    sent = Optional.empty();
    strayed = 0;
    behind = named >= body.through() ? 0 : behind + 1;
    scanned = named >= body.through() ? Math.max(body.through(), named) : named;
    after = named;
    if (behind > BEHIND_MAX) {
      pause(world.retryMs(behind - BEHIND_MAX));
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
      boolean address = failure instanceof RefusedException;
      world.metrics().callbackPushed(address ? PushResult.REFUSED_ADDRESS : PushResult.FAILED, 0);
      successes = failures == 0 ? line.successes() : successes;
      failures++;
      LOG.debug("callback " + callback.id() + " of " + callback.orgId() + " failed: " + failure.getMessage());
      if (failures >= FAILURES_MAX && line.successes() == successes) {
        org.gaveUp(this);
      } else if (failures >= FAILURES_MAX) {
        state = State.STOPPED; // it works for other orgs
      } else {
        pause(world.retryMs(failures));
      }
    }
  }

  private void pause(long ms) {
    state = State.PAUSED;
    wake(ms, () -> {
      state = State.IDLE;
      offer();
    });
  }

  private void astray() {
    sent = Optional.empty();
    state = State.ASTRAY;
    wake(world.strayMs(++strayed), () -> begin(org.head(), org.floor()));
  }

  private void wake(long ms, Runnable next) {
    timer = world.vertx().setTimer(Math.max(1, ms), fired -> {
      timer = NONE;
      next.run();
    });
  }
}
