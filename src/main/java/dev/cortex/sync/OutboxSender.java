package dev.cortex.sync;

import dev.cortex.bus.Message.OutboxPage;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.RefusedException;
import dev.cortex.sync.OutboxCheck.Unanswered;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * The outbox of one org on its way to the cloud: strictly in order, one batch at a time, through a breaker. What the
 * cloud answers is noted here before the next batch goes, because that one tells the cloud to forget its refusals.
 */
final class OutboxSender {

  private static final int EVENTS_MAX = 500;
  /** Two pages are in memory at a time, and one of them once more as a request. */
  private static final int BYTES_MAX = (int) Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** What the sender is about. */
  enum State {
    /** It does not run. */
    STOPPED,
    /** It learns where the outbox stands, here and in the cloud. */
    LEARNING,
    /** Everything is sent. */
    IDLE,
    /** A batch is on its way. */
    SENDING,
    /** It tries again later. */
    WAITING
  }

  /** Who has to know what the sender finds out. */
  interface Owner {
    /** The desktop and its cursor are known. */
    void onState(SyncState state);

    /** The cloud said which outbox it knows, or that it does not talk about it. */
    void onChecked();

    /** A new incarnation began, in every org. */
    void onReincarnated();

    /**
     * The cloud answered as it should.
     *
     * @param back whether it did not before
     */
    void onReached(boolean back);
  }

  private static final long NEVER = Long.MAX_VALUE;

  private record Ahead(long after, Future<OutboxPage> page) {}

  private final String orgId;
  private final BridgeWorld world;
  private final OutboxGate gate;
  private final Trouble trouble;
  private final Owner owner;
  private final OutboxCheck check;
  private final AsideNotice aside;

  private State state = State.STOPPED;
  private Optional<SyncState> known = Optional.empty();
  private long sent;
  private long head;
  /** No number above it can be known to the cloud. */
  private long tried;
  private long oldestAtMs;
  private final BatchSize size = new BatchSize(EVENTS_MAX);
  /** The number of an event that is too large for the line even by itself; 0 for none. */
  private long tooLarge;
  private int failures;
  private boolean unsure = true;
  /** When it may try again at the earliest, if the cloud turns out to be there; NEVER while that would not help. */
  private long soonestMs = NEVER;
  private long wokenMs;
  /** It grew while something else was learned. */
  private boolean grew;
  private Optional<Ahead> ahead = Optional.empty();
  /** Answers of a life before a sleep, or before another incarnation, do not count any more. */
  private int life;
  private long timer = -1;

  /** A sender at rest. */
  OutboxSender(String orgId, BridgeWorld world, OutboxGate gate, Trouble trouble, Owner owner) {
    this.orgId = orgId;
    this.world = world;
    this.gate = gate;
    this.trouble = trouble;
    this.owner = owner;
    this.wokenMs = world.nowMs() - world.timing().pollMinMs();
    this.aside = new AsideNotice(orgId, world);
    this.check = new OutboxCheck(orgId, world, gate);
  }

  /** Learns where the outbox stands, then sends; also when it does so already. */
  void start() {
    startWithin(0);
  }

  /** The same, at a random moment within a time: the machine slept. */
  void startWithin(long ms) {
    life++;
    failures = 0;
    unsure = true;
    tooLarge = 0;
    ahead = Optional.empty();
    waitMs((long) (ms * world.draw()));
  }

  /** Ends sending. */
  void stop() {
    life++;
    cancel();
    state = State.STOPPED;
  }

  /** The outbox has that number by now, or more. */
  void onGrew(long number) {
    grew |= state == State.LEARNING;
    head = Math.max(head, number);
    pump();
  }

  /** Looks whether the outbox grew unheard, or is another one by now. */
  void refresh() {
    if (state != State.IDLE) {
      return;
    }
    int mine = life;
    world.log().state(orgId).onSuccess(now -> {
      if (mine == life && state == State.IDLE) {
        learn(now);
        pump();
      }
    });
  }

  /** The cloud is there: tries again soon when it waits only because it was not. */
  void cloudIsBack() {
    long nowMs = world.nowMs();
    long gapMs = world.timing().pollMinMs();
    if (state != State.WAITING || soonestMs > nowMs || nowMs - wokenMs < gapMs) {
      return;
    }
    wokenMs = nowMs;
    gate.cloudIsBack();
    waitMs(world.timing().soonMs(world.draw()));
  }

  /** Looks at the clock. */
  void tick() {
    aside.tick();
  }

  /** The highest number of the outbox. */
  long head() {
    return known.map(now -> Math.max(head, now.outboxHead())).orElse(head);
  }

  /** Events that the cloud refused for good. */
  long setAside() {
    return known.map(SyncState::setAside).orElse(0L);
  }

  /** How the log of this desktop stands, as far as it was asked. */
  Optional<SyncState> known() {
    return known;
  }

  /** Events that the cloud did not answer for yet. */
  long depth() {
    return known.map(now -> Math.max(0, Math.max(head, now.outboxHead()) - now.outboxConfirmed())).orElse(0L);
  }

  /** How long the oldest of them waits, as far as it was read, ms. */
  long oldestMs() {
    return depth() == 0 || oldestAtMs == 0 ? 0 : Math.max(0, world.clock().wallMs() - oldestAtMs);
  }

  private void turn() {
    if (unsure) {
      check();
    } else {
      state = State.IDLE;
      pump();
    }
  }

  private void check() {
    state = State.LEARNING;
    int mine = life;
    check.run(now -> {
      if (mine == life) {
        // so that people see what waits, even while the cloud does not answer
        known = Optional.of(now);
        head = Math.max(head, now.outboxHead());
        owner.onState(now);
      }
    }).onComplete(done -> {
      if (mine != life) {
        return;
      }
      if (done.failed()) {
        failed(done.cause());
        return;
      }
      OutboxCheck.Found found = done.result();
      unsure = false;
      known = Optional.of(found.state());
      head = found.state().outboxHead();
      sent = found.sendAfter();
      tried = found.mark();
      ahead = Optional.empty();
      state = State.IDLE;
      owner.onState(found.state());
      if (found.begun()) {
        owner.onReincarnated();
      }
      owner.onChecked();
      owner.onReached(failures > 0);
      if (head <= sent) {
        failures = 0;
        trouble.over();
        gate.nothingToSend();
      }
      if (grew) {
        grew = false;
        refresh();
      }
      pump();
    });
  }

  private void pump() {
    if (state != State.IDLE || head <= sent) {
      return;
    }
    state = State.SENDING;
    int mine = life;
    long after = sent;
    page(after).compose(page -> {
      Optional<OutboxBatch> batch = OutboxBatch.of(page.events(), after, size.events());
      if (batch.isEmpty()) {
        unsure = true;
        return Future.failedFuture("the outbox does not go on with number " + (after + 1));
      }
      readAhead(batch.get().last(), mine);
      // the numbers of a life that is over may be others by now: whatever became of the batch is asked again
      long triedBefore = tried;
      tried = Math.max(tried, batch.get().last());
      return post(batch.get()).compose(answer -> mine == life
          ? take(batch.get(), answer, triedBefore)
          : Future.failedFuture("asked again since"));
    }).onComplete(done -> {
      if (mine != life) {
        return;
      }
      if (done.failed()) {
        failed(done.cause());
      } else if (state == State.SENDING) {
        state = State.IDLE;
        pump();
      }
    });
  }

  private Future<OutboxPage> page(long after) {
    Optional<Ahead> read = ahead;
    ahead = Optional.empty();
    return read.isPresent() && read.get().after() == after
        ? read.get().page()
        : world.log().read(orgId, after, size.events(), BYTES_MAX);
  }

  private void readAhead(long after, int mine) {
    if (mine == life && head > after) {
      ahead = Optional.of(new Ahead(after, world.log().read(orgId, after, size.events(), BYTES_MAX)));
    }
  }

  private Future<CloudAnswer> post(OutboxBatch batch) {
    oldestAtMs = batch.receivedAt();
    Desktop desktop = known.orElseThrow().desktop();
    long timeoutMs = world.timing().requestMs();
    return gate
        .batch(batch.first() == tooLarge ? batch.withheld(desktop, timeoutMs) : batch.question(desktop, timeoutMs))
        .onFailure(failure -> {
          if (failure instanceof Unanswered unanswered
              && unanswered.answer() instanceof CloudAnswer.Failed failed
              && failed.late()) {
            size.less();
          }
        });
  }

  private Future<Void> take(OutboxBatch batch, CloudAnswer answer, long triedBefore) {
    if (!(answer instanceof CloudAnswer.Ok ok)) {
      return Future.failedFuture(new Unanswered(answer));
    }
    OutboxResults results;
    try {
      results = OutboxResults.read(ok.body(), batch.first(), batch.events().size());
    } catch (RefusedException refused) {
      return Future.failedFuture(new Unanswered(new CloudAnswer.Stranger(refused.getMessage())));
    }
    if (results.unknown() > triedBefore) {
      // it took something else there: another desktop by this name, a copy of this one
      unsure = true;
      return Future.failedFuture("the cloud knows other events by these numbers");
    }
    Future<Void> noted = results.settled() == 0
        ? Future.succeededFuture()
        : note(batch.first() + results.settled() - 1, batch.first() == tooLarge ? results.withheld() : results);
    return noted.compose(done -> results.doubt().isEmpty()
        ? Future.succeededFuture()
        : Future.failedFuture(new Unanswered(new CloudAnswer.Failed(results.doubt(), ok.retryAfterMs()))));
  }

  private Future<Void> note(long through, OutboxResults results) {
    String incarnation = known.orElseThrow().desktop().incarnation();
    int mine = life;
    return world.log().confirm(orgId, incarnation, through, results.refused()).map(now -> {
      aside.refused(results.refused());
      if (mine == life) {
        boolean back = failures > 0;
        failures = 0;
        trouble.over();
        owner.onReached(back);
        size.more();
        tooLarge = 0;
        sent = through;
        learn(now);
      }
      return null;
    });
  }

  /** Learns what the log of this desktop says; what the cloud has to be asked again for, it is asked next. */
  private void learn(SyncState now) {
    unsure |= known.isPresent() && !known.get().desktop().equals(now.desktop());
    known = Optional.of(now);
    head = Math.max(head, now.outboxHead());
    owner.onState(now);
    if (unsure) {
      startWithin(0);
    }
  }

  private void failed(Throwable failure) {
    failures++;
    CloudAnswer answer =
        failure instanceof Unanswered unanswered ? unanswered.answer() : new CloudAnswer.Failed("", 0);
    String words = Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getSimpleName());
    trouble.failed(words);
    long backoffMs = world.timing().backoff().delayMs(failures, world.draw());
    long idleMs = Timing.spread(world.timing().pollMaxMs(), world.draw());
    ahead = Optional.empty();
    Setback setback = Setback.of(answer, backoffMs, idleMs, tooLarge != sent + 1);
    unsure |= setback.unsure();
    if (setback.smaller()) {
      tooLarge = size.less() ? 0 : sent + 1;
    }
    if (setback.told()) {
      owner.onChecked();
    }
    soonestMs = soonest(answer);
    waitMs(setback.waitMs());
  }

  private long soonest(CloudAnswer answer) {
    if (answer instanceof CloudAnswer.Failed failed) {
      return world.nowMs() + failed.retryAfterMs();
    }
    return answer.isOutage() ? world.nowMs() : NEVER;
  }

  private void waitMs(long ms) {
    cancel();
    state = State.WAITING;
    timer = world.vertx().setTimer(Math.max(1, ms), fired -> {
      timer = -1;
      turn();
    });
  }

  private void cancel() {
    if (timer >= 0) {
      world.vertx().cancelTimer(timer);
      timer = -1;
    }
  }
}
