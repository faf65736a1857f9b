package dev.cortex.sync;

import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.SyncCounters.Way;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Where the cloud's events of one org come into the log of this desktop, whatever way they came: one range after the
 * other, each unless it is here by then. What that log answers is the truth about the cursor.
 */
final class Landing {

  private static final byte[] NONE = "[]".getBytes(StandardCharsets.US_ASCII);
  /** Pushes that wait for their turn. */
  private static final int WAITING_MAX = 16;

  /** What a push came to. */
  enum Pushed {
    APPLIED,
    DUPLICATE,
    BEHIND
  }

  private final String orgId;
  private final BridgeWorld world;
  private final CloudCursor cursor;

  private Future<?> turn = Future.succeededFuture();
  private int waiting;
  private long notedMs;
  private boolean noting;

  /** The landing of an org; nothing came yet. */
  Landing(String orgId, BridgeWorld world) {
    this.orgId = orgId;
    this.world = world;
    this.cursor = new CloudCursor(orgId);
  }

  /** How far it came. */
  CloudCursor cursor() {
    return cursor;
  }

  /** What a pushed range came to; fails when nobody knows. */
  Future<Pushed> push(Cloud range, byte[] events) {
    if (waiting >= WAITING_MAX) {
      return Future.failedFuture(new RefusedException(ErrorCode.OVERLOADED, ErrorCode.OVERLOADED.sentence()));
    }
    Position through = new Position(range.logId(), range.through());
    return inTurn(() -> cursor.isStored(through)
        ? Future.succeededFuture(Pushed.DUPLICATE)
        : apply(range, events, Way.PUSH).map(ingested ->
            cursor.isStored(through) ? Pushed.APPLIED : Pushed.BEHIND));
  }

  /**
   * Stores a range that a poll brought.
   *
   * @param wanted whether it is still to be stored when its turn comes
   */
  Future<Void> poll(Cloud range, byte[] events, BooleanSupplier wanted) {
    return inTurn(() -> {
      Cloud now = cursor.nowThat(range);
      return !wanted.getAsBoolean() || isHere(now)
          ? Future.succeededFuture()
          : apply(now, events, Way.POLL).mapEmpty();
    });
  }

  /** Notes from time to time a cursor that moved without events; empty when there is nothing to note now. */
  Optional<Future<Void>> note() {
    if (noting || world.nowMs() - notedMs < world.timing().coveredEveryMs()) {
      return Optional.empty();
    }
    return cursor.unnoted().map(range -> {
      // one at a time: a log that does not answer is not asked ever more
      noting = true;
      return poll(range, NONE, () -> true).onComplete(done -> noting = false);
    });
  }

  private boolean isHere(Cloud range) {
    return !range.anew() && cursor.isStored(new Position(range.logId(), range.through()));
  }

  private Future<Ingested> apply(Cloud range, byte[] events, Way way) {
    notedMs = world.nowMs();
    return world.log().store(events, Format.JSON, range).compose(
        ingested -> {
          ingested.cursor().ifPresent(position -> cursor.learn(ingested.cursor()));
          world.metrics().sync().stored(way, count(ingested, Outcome.Status.ACCEPTED));
          world.metrics().sync().duplicates(count(ingested, Outcome.Status.DUPLICATE));
          return ingested.outcomes().stream()
              .filter(one -> one.status() == Outcome.Status.UNKNOWN)
              .findFirst()
              .map(Landing::unsettled)
              .orElse(Future.succeededFuture(ingested));
        },
        // whether it was stored is not known: the log says
        failure -> world.log().state(orgId).transform(state -> {
          if (state.succeeded()) {
            cursor.learn(state.result().cursor());
          }
          return Future.failedFuture(failure);
        }));
  }

  private static long count(Ingested ingested, Outcome.Status status) {
    return ingested.outcomes().stream().filter(one -> one.status() == status).count();
  }

  private static Future<Ingested> unsettled(Outcome outcome) {
    ErrorCode code = outcome.error().orElse(ErrorCode.TIMEOUT);
    return Future.failedFuture(new RefusedException(code, code.sentence()));
  }

  private <T> Future<T> inTurn(Supplier<Future<T>> work) {
    waiting++;
    Future<T> done = turn.transform(before -> work.get()).onComplete(over -> waiting--);
    turn = done;
    return done;
  }
}
