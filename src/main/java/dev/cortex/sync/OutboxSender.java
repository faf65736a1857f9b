package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.sync.OutboxCheck.Unanswered;
import dev.cortex.sync.OutboxDelivery.Delivered;
import dev.cortex.sync.OutboxDelivery.Errand;
import dev.cortex.sync.OutboxDelivery.Foreign;
import dev.cortex.sync.OutboxGate.LeftAlone;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The outbox of one org on its way to the cloud: strictly in order, one batch at a time, through a breaker. What the
 * cloud answers is noted here before the next batch goes, because that one tells the cloud to forget its refusals.
 */
final class OutboxSender {

  private static final int EVENTS_MAX = 500;

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

  private final String orgId;
  private final BridgeWorld world;
  private final OutboxGate gate;
  private final Trouble trouble;
  private final OutboxOwner owner;
  private final OutboxCheck check;
  private final OutboxDelivery delivery;
  private final OutboxReader reader;
  private final Retry retry;
  private final OutboxStanding standing = new OutboxStanding();
  private final AsideNotice aside;
  private final Alarm alarm;

  private State state = State.STOPPED;
  private long sent;
  /** No number above it can be known to the cloud. */
  private long tried;
  private final BatchSize size = new BatchSize(EVENTS_MAX);
  /** The number of an event that is too large for the line even by itself; 0 for none. */
  private long tooLarge;
  private boolean unsure = true;
  /** It may have changed since the log was asked last: the log is asked again as soon as everything is sent. */
  private boolean changed;
  /** Answers of a life before a sleep, or before another incarnation, do not count any more. */
  private int life;

  /** A sender at rest. */
  OutboxSender(String orgId, BridgeWorld world, OutboxGate gate, Trouble trouble, OutboxOwner owner) {
    this.orgId = orgId;
    this.world = world;
    this.gate = gate;
    this.trouble = trouble;
    this.owner = owner;
    this.aside = new AsideNotice(orgId, world);
    this.alarm = new Alarm(world.vertx(), this::turn);
    this.reader = new OutboxReader(orgId, world.log());
    this.retry = new Retry(world.timing(), world.nowMs());
    this.delivery = new OutboxDelivery(orgId, world, gate, retry::isOutage, aside);
    this.check = new OutboxCheck(orgId, world, gate, retry::isOutage);
  }

  /** Learns where the outbox stands, then sends; also when it does so already. */
  void start() {
    startWithin(0);
  }

  /** The same, at a random moment within a time: the machine slept. */
  void startWithin(long ms) {
    life++;
    retry.begin();
    unsure = true;
    tooLarge = 0;
    reader.forget();
    waitMs((long) (ms * world.draw()));
  }

  /** Ends sending. */
  void stop() {
    life++;
    alarm.cancel();
    state = State.STOPPED;
  }

  /** The outbox has that number by now, or more; one that is known means that something else of it changed. */
  void onGrew(long number) {
    changed |= state == State.LEARNING || number <= standing.head();
    standing.grew(number);
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
    if (state == State.WAITING && retry.hurries(world.nowMs())) {
      gate.cloudIsBack();
      waitMs(world.timing().soonMs(world.draw()));
    }
  }

  /** Looks at the clock. */
  void tick() {
    aside.tick();
  }

  /** How the outbox stands, as far as it was learned. */
  OutboxStanding standing() {
    return standing;
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
    inThisLife(check.run(now -> {
      if (mine == life) {
        // so that people see what waits, even while the cloud does not answer
        standing.learn(now);
        owner.onState(now);
      }
    }), this::checked, this::failed);
  }

  private <T> void inThisLife(Future<T> asked, Consumer<T> answered, Consumer<Throwable> failed) {
    int mine = life;
    asked.onComplete(done -> {
      if (mine == life && done.succeeded()) {
        answered.accept(done.result());
      } else if (mine == life) {
        failed.accept(done.cause());
      }
    });
  }

  private void checked(OutboxCheck.Found found) {
    unsure = false;
    standing.learnAnew(found.state());
    sent = found.sendAfter();
    tried = found.mark();
    reader.forget();
    state = State.IDLE;
    owner.onState(found.state());
    if (found.begun()) {
      owner.onReincarnated();
    }
    owner.onChecked();
    boolean back = retry.isFailing();
    retry.reached();
    if (found.moved() || standing.head() <= sent) {
      worked();
      gate.worked();
    }
    owner.onReached(back);
    pump();
  }

  private void pump() {
    if (state != State.IDLE) {
      return;
    }
    if (standing.head() <= sent) {
      if (changed) {
        changed = false;
        refresh();
      }
      return;
    }
    state = State.SENDING;
    int mine = life;
    long after = sent;
    inThisLife(reader.page(after, size.events()).compose(page -> {
      Optional<OutboxBatch> batch = OutboxBatch.of(page.events(), after, size.events());
      if (batch.isEmpty()) {
        unsure = true;
        return Future.failedFuture("the outbox does not go on with number " + (after + 1));
      }
      // whatever became of the batch of a life that is over, the next one asks
      return mine == life ? bring(batch.get(), mine) : Future.failedFuture("asked again since");
    }), this::delivered, this::lost);
  }

  private Future<Delivered> bring(OutboxBatch batch, int mine) {
    if (standing.head() > batch.last()) {
      reader.readAhead(batch.last(), size.events());
    }
    standing.oldest(batch.receivedAt());
    Desktop desktop = standing.known().orElseThrow().desktop();
    Errand errand = new Errand(batch, desktop, batch.first() == tooLarge, tried);
    tried = Math.max(tried, batch.last());
    return delivery.bring(errand, () -> mine == life);
  }

  private void delivered(Delivered delivered) {
    delivered.state().ifPresent(now -> {
      boolean back = retry.isFailing();
      worked();
      owner.onReached(back);
      size.more();
      tooLarge = 0;
      sent = delivered.through();
      learn(now);
    });
    // unless everything begins anew
    if (state == State.SENDING) {
      delivered.rest().ifPresentOrElse(rest -> failed(new Unanswered(rest)), this::turn);
    }
  }

  private void lost(Throwable failure) {
    unsure |= failure instanceof Foreign;
    if (failure instanceof Unanswered unanswered
        && unanswered.answer() instanceof CloudAnswer.Failed failed
        && failed.late()) {
      size.less();
    }
    failed(failure);
  }

  /** Learns what the log of this desktop says; what the cloud has to be asked again for, it is asked next. */
  private void learn(SyncState now) {
    unsure |= standing.learn(now);
    owner.onState(now);
    if (unsure) {
      startWithin(0);
    }
  }

  private void failed(Throwable failure) {
    String words = Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getSimpleName());
    reader.forget();
    if (failure instanceof LeftAlone) {
      if (trouble.last().isEmpty()) {
        trouble.failed(words);
      }
      retryIn(retry.leftAlone(world.nowMs(), world.draw()));
      return;
    }
    trouble.failed(words);
    CloudAnswer answer =
        failure instanceof Unanswered unanswered ? unanswered.answer() : new CloudAnswer.Failed("", 0);
    Setback setback = retry.failed(answer, tooLarge != sent + 1, world.nowMs(), world.draw());
    unsure |= setback.unsure();
    if (setback.smaller()) {
      tooLarge = size.less() ? 0 : sent + 1;
    }
    if (setback.told()) {
      owner.onChecked();
    }
    retryIn(setback.waitMs());
  }

  private void worked() {
    retry.worked();
    trouble.over();
  }

  /** Tries again after a time; not before the cloud is left alone no more, which would only have to wait once more. */
  private void retryIn(long ms) {
    long aloneMs = gate.leftAloneMs();
    waitMs(aloneMs > ms ? aloneMs + world.timing().soonMs(world.draw()) : ms);
  }

  private void waitMs(long ms) {
    state = State.WAITING;
    alarm.setIn(ms);
  }
}
