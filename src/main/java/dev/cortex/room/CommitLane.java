package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import dev.cortex.log.OrgAppend;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The order of all writes of some of a node's shards. While one transaction runs, the next batch gathers; that is the
 * whole of group commit. Chores (trims) take turns with batches, so that neither keeps the other waiting for long.
 */
final class CommitLane {

  private static final Logger LOG = LoggerFactory.getLogger(CommitLane.class);

  /** A commit takes about this many events or bytes; one append more may top it. */
  private static final int BATCH_EVENTS = 2_000;

  private static final long BATCH_BYTES = 4L << 20;
  /** Bounds of all lanes of a node together; each has its share. */
  private static final int QUEUE_EVENTS_MAX = 50_000;

  private static final long QUEUE_BYTES_MAX = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** Hears what commits bring to light. */
  interface Listener {

    /** These shards turned out to be another node's. */
    void deposed(Set<Integer> shards);

    /** The outbox of an org grew to that number, or may have. */
    void outboxGrew(String orgId, long outboxHead);
  }

  private final String node;
  private final EventLog log;
  private final Rooms rooms;
  private final Lookup lookup;
  private final Fanout fanout;
  private final Admission admission;
  private final Metrics metrics;
  private final Clock clock;
  private final Listener listener;
  private final AppendQueue<Promise<Appended>> queue;
  private final ArrayDeque<Supplier<Future<?>>> chores = new ArrayDeque<>();
  private final Set<String> committing = new HashSet<>();
  private final Doubts doubts;
  private final CommitFailures failures = new CommitFailures();
  private long receivedMs;
  private boolean settling;
  private boolean busy;
  private boolean choreNext;
  private Promise<Void> drained;

  /**
   * One lane of several.
   *
   * @param lanes how many share the bounds of the queue
   */
  CommitLane(
      String node,
      EventLog log,
      Rooms rooms,
      Lookup lookup,
      Fanout fanout,
      Admission admission,
      Metrics metrics,
      Clock clock,
      int lanes,
      Listener listener) {
    this.node = node;
    this.log = log;
    this.rooms = rooms;
    this.lookup = lookup;
    this.fanout = fanout;
    this.admission = admission;
    this.metrics = metrics;
    this.clock = clock;
    this.listener = listener;
    this.queue = new AppendQueue<>(QUEUE_EVENTS_MAX / lanes, QUEUE_BYTES_MAX / lanes);
    this.doubts = new Doubts(node, log, rooms, fanout, listener);
  }

  /** Takes an append; the future is answered after its commit, with a refusal when the lane is full. */
  Future<Appended> append(Append append) {
    if (drained != null) {
      return Future.failedFuture(new RefusedException(ErrorCode.SHUTTING_DOWN, "the server is going away"));
    }
    Admission.Decision decision = admission.admit(append, clock.monotonicNs());
    Append admitted = decision.admitted(append);
    if (!decision.all() && Entry.count(admitted) == 0) {
      Appended nothing = new Appended(List.of(), decision.budget());
      return Future.succeededFuture(refused(decision, nothing));
    }
    Promise<Appended> answer = Promise.promise();
    if (!queue.offer(admitted, answer)) {
      admission.returned(admitted, clock.monotonicNs());
      return Future.failedFuture(
          new RefusedException(ErrorCode.OVERLOADED, queue.events() + " events wait to be committed already"));
    }
    pump();
    return decision.all()
        ? answer.future()
        : answer.future().map(appended -> refused(decision, appended));
  }

  /** The answer to an append of which a part was not admitted. */
  private Appended refused(Admission.Decision decision, Appended admitted) {
    decision.refusals().forEach(
        refusal -> refusal.flatMap(Outcome::error).ifPresent(code -> metrics.refused(code.code(), 1)));
    Budget left = admitted.budget();
    Budget budget = new Budget(left.limit(), left.remaining(), decision.budget().retryAfterMs());
    return new Appended(decision.outcomes(admitted.outcomes()), budget);
  }

  /** Runs a write that is no append, between two commits. */
  <T> Future<T> chore(Supplier<Future<T>> work) {
    Promise<T> done = Promise.promise();
    // composed, so that what it throws fails it and nothing else
    chores.add(() -> Future.succeededFuture().compose(go -> work.get()).onComplete(done));
    pump();
    return done.future();
  }

  /** Looks what became of appends of unknown outcome, if there are any. To be called about once a second. */
  void settleDoubts() {
    if (!doubts.isEmpty() && !settling) {
      settling = true;
      chore(doubts::settle).onComplete(done -> settling = false);
    }
  }

  /** Events that wait for a commit. */
  int queueDepth() {
    return queue.events();
  }

  /** Whether a room is part of the commit that is running. */
  boolean isCommitting(Room room) {
    return committing.contains(room.orgId());
  }

  /** Refuses new appends and completes when all that were taken have been answered. */
  Future<Void> drain() {
    if (drained == null) {
      drained = Promise.promise();
      pump();
    }
    return drained.future();
  }

  private void pump() {
    if (busy) {
      return;
    }
    if (!chores.isEmpty() && (choreNext || queue.isEmpty())) {
      choreNext = false;
      run(chores.remove());
    } else if (!queue.isEmpty()) {
      choreNext = true;
      run(() -> commit(queue.take(BATCH_EVENTS, BATCH_BYTES)));
    } else if (drained != null) {
      drained.tryComplete();
    }
  }

  private void run(Supplier<? extends Future<?>> work) {
    // before the work begins: one that ends at once may ask for the next from within, which must find the lane taken
    busy = true;
    work.get().onComplete(
        done -> {
          busy = false;
          committing.clear();
          pump();
        });
  }

  private Future<Void> commit(List<AppendQueue.Waiting<Promise<Appended>>> waiting) {
    long begun = clock.monotonicNs();
    Batch batch = new Batch(waiting, this::reply);
    committing.addAll(batch.orgIds());
    return lookup.of(batch.needs())
        .map(found -> {
          batch.number(found, admission::storedBytesMax, receivedMs());
          return batch.appends();
        })
        .compose(appends -> appends.isEmpty()
            ? Future.succeededFuture(List.<AppendResult>of())
            : log.append(appends))
        .<Void>map(results -> {
          committed(batch, results, begun);
          return null;
        })
        .recover(failure -> failed(batch, failure));
  }

  private void committed(Batch batch, List<AppendResult> results, long begun) {
    List<Batch.Committed> committed = batch.settle(results);
    batch.lostRooms().forEach(rooms::forget);
    Set<Integer> lost = new HashSet<>();
    for (OrgAppend append : batch.deposed()) {
      metrics.deposed();
      if (rooms.epoch(append.shard()) == append.epoch()) {
        lost.add(append.shard());
      }
    }
    depose(lost);
    int events = 0;
    for (Batch.Committed one : committed) {
      events += one.events().size();
    }
    if (events > 0) {
      failures.succeeded();
      metrics.committed(events, clock.monotonicNs() - begun);
    }
    metrics.syncConflicts(batch.conflicts());
    batch.answer();
    for (Batch.Committed one : committed) {
      if (!one.events().isEmpty()) {
        fanout.deliver(one.room(), one.after(), one.events(), one.epoch());
      }
      if (one.outboxHead() > 0) {
        listener.outboxGrew(one.room().orgId(), one.outboxHead());
      }
    }
  }

  private void depose(Set<Integer> lost) {
    if (!lost.isEmpty()) {
      rooms.drop(lost);
      listener.deposed(lost);
    }
  }

  /** The wall clock, as far as it does not go back: no org, a new one included, gets earlier times after later ones. */
  private long receivedMs() {
    receivedMs = Math.max(receivedMs, clock.wallMs());
    return receivedMs;
  }

  private Future<Void> failed(Batch batch, Throwable failure) {
    LogException.Kind kind =
        failure instanceof LogException e ? e.kind() : LogException.Kind.UNKNOWN;
    failures.failed(kind, batch.sentEvents(), String.valueOf(failure.getMessage()), clock.monotonicNs())
        .ifPresent(text -> LOG.error(text, failure instanceof LogException ? null : failure));
    if (kind != LogException.Kind.UNKNOWN || batch.appends().isEmpty()) {
      batch.refuse(errorCode(kind));
      return Future.succeededFuture();
    }
    return doubts.resolve(batch);
  }

  private void reply(
      AppendQueue.Waiting<Promise<Appended>> one, List<Outcome> outcomes, Optional<Position> cursor) {
    int duplicates = 0;
    for (Outcome outcome : outcomes) {
      if (outcome.status() == Outcome.Status.DUPLICATE) {
        duplicates++;
      }
      outcome.error().ifPresent(code -> metrics.refused(code.code(), 1));
    }
    if (duplicates > 0) {
      metrics.duplicatesRejected(duplicates);
    }
    Budget budget = admission.settled(one.append(), outcomes, clock.monotonicNs());
    one.caller().tryComplete(new Appended(outcomes, budget, cursor));
  }

  /** What a failure of the store is called towards clients. */
  static ErrorCode errorCode(LogException.Kind kind) {
    return switch (kind) {
      case BUSY -> ErrorCode.STORAGE_BUSY;
      case FULL -> ErrorCode.STORAGE_FULL;
      case READ_ONLY, INCOMPATIBLE -> ErrorCode.STORAGE_READ_ONLY;
      case CORRUPT -> ErrorCode.STORAGE_CORRUPT;
      case UNKNOWN -> ErrorCode.STORAGE_ERROR;
    };
  }
}
