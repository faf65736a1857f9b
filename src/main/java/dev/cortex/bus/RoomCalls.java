package dev.cortex.bus;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory.Place;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Questions to the room of an org, wherever it lives. Each completes on the context of whoever asks, with a
 * {@link RefusedException} when it fails. A question to a room of this node is one hop on the bus and nothing else.
 */
public final class RoomCalls {

  /** How long one attempt at another node may take, in ms, so that a frozen one does not eat a whole budget. */
  public static final long ATTEMPT_MS = 5_000;

  private static final long PAUSE_MS_MIN = 10;
  private static final long PAUSE_MS_MAX = 100;

  /** Questions to other nodes at a time. */
  private static final int UNDER_WAY_MAX = 50_000;

  private final Carrier carrier;
  private final Directory directory;
  private final DirectoryWatch watch;
  private final Clock clock;
  private final DoubleSupplier chance;

  /** Calls from this node. */
  public RoomCalls(Vertx vertx, Directory directory) {
    this(new BusCarrier(vertx), directory, Clock.SYSTEM, () -> ThreadLocalRandom.current().nextDouble(), UNDER_WAY_MAX);
  }

  /**
   * Calls in a world of the caller's making.
   *
   * @param chance numbers in [0, 1)
   * @param underWayMax questions to other nodes at a time
   */
  RoomCalls(Carrier carrier, Directory directory, Clock clock, DoubleSupplier chance, int underWayMax) {
    this.carrier = carrier;
    this.directory = directory;
    this.watch = new DirectoryWatch(directory, underWayMax);
    this.clock = clock;
    this.chance = chance;
  }

  /**
   * Asks the room of an org. While the room moves ({@code moved}: it is certain that nothing was done) it is asked
   * again at its next owner, until the budget is spent. Fails with {@code timeout} when it is not known whether the
   * room acted.
   *
   * @param budgetMs how long to keep asking, at least 1
   */
  public <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer, long budgetMs) {
    return call(orgId, question, answer, budgetMs, false);
  }

  /**
   * Asks the room of an org a question that changes nothing there: it is asked again after a {@code timeout} as well.
   *
   * @param budgetMs how long to keep asking, at least 1
   */
  public <T extends Message> Future<T> read(String orgId, Message question, Class<T> answer, long budgetMs) {
    return call(orgId, question, answer, budgetMs, true);
  }

  /**
   * Asks the rooms of a node, once. Fails with {@code timeout} as soon as the directory says that the node has gone,
   * and with {@code moved} when it had gone before; with {@code overloaded}, unasked, when too much is under way.
   *
   * @param node a node of the directory; empty text is nobody, who answers {@code moved}
   * @param timeoutMs how long to wait, at least 1
   */
  public <T extends Message> Future<T> askNode(String node, Message question, Class<T> answer, long timeoutMs) {
    if (isHere(node)) {
      return carrier.ask(node, true, question, answer, timeoutMs);
    }
    if (!directory.view().nodes().containsKey(node)) {
      return Future.failedFuture(refusal(ErrorCode.MOVED));
    }
    Promise<T> first = Promise.promise();
    Optional<Runnable> noLonger =
        watch.await(
            view -> !view.nodes().containsKey(node),
            carrier.home(),
            () -> first.tryFail(refusal(ErrorCode.TIMEOUT)));
    if (noLonger.isEmpty()) {
      return Future.failedFuture(refusal(ErrorCode.OVERLOADED));
    }
    carrier.ask(node, false, question, answer, timeoutMs).onComplete(done -> {
      noLonger.get().run();
      if (done.succeeded()) {
        first.tryComplete(done.result());
      } else {
        first.tryFail(done.cause());
      }
    });
    return first.future();
  }

  /**
   * How long one attempt may take: at another node not more than {@link #ATTEMPT_MS}.
   *
   * @param leftMs what is left of the budget
   */
  public long attemptMs(String node, long leftMs) {
    return Math.max(1, isHere(node) ? leftMs : Math.min(leftMs, ATTEMPT_MS));
  }

  /** Whether an answer of that node says for certain that nothing was done and that another node is to be asked. */
  public boolean isElsewhere(String node, ErrorCode code) {
    return code == ErrorCode.MOVED || (code == ErrorCode.SHUTTING_DOWN && !isHere(node));
  }

  /**
   * Waits before an org's room is asked again: 10 to 100 ms, and not longer than until the directory names another
   * place.
   *
   * @param seen where it was asked last
   * @param leftMs what is left of the budget
   */
  public Future<Void> pause(String orgId, Place seen, long leftMs) {
    int shard = directory.shardMap().shardOf(orgId);
    long drawnMs = PAUSE_MS_MIN + (long) (chance.getAsDouble() * (PAUSE_MS_MAX - PAUSE_MS_MIN + 1));
    Promise<Void> over = Promise.promise();
    Runnable noTimer = carrier.after(Math.max(1, Math.min(drawnMs, leftMs)), over::tryComplete);
    // without room for one more who waits, the timer alone has to do
    Runnable noLonger =
        watch
            .await(
                view -> !view.owner(shard).isEmpty() && !view.place(shard).equals(seen),
                carrier.home(),
                over::tryComplete)
            .orElse(() -> { });
    return over.future().andThen(done -> {
      noTimer.run();
      noLonger.run();
    });
  }

  /** Tells the rooms of a node something that has no answer. */
  public void tell(String node, Message message) {
    carrier.tell(node, isHere(node), message);
  }

  /** Where the rooms are. */
  public Directory directory() {
    return directory;
  }

  /** Who waits for the directory to change on behalf of a question. */
  int watching() {
    return watch.size();
  }

  private boolean isHere(String node) {
    return node.equals(directory.self());
  }

  private <T extends Message> Future<T> call(
      String orgId, Message question, Class<T> answer, long budgetMs, boolean reads) {
    long begun = clock.monotonicNs();
    Place place = directory.placeOf(orgId);
    return askNode(place.node(), question, answer, attemptMs(place.node(), budgetMs)).recover(failure -> {
      Call<T> call = new Call<>(orgId, question, answer, reads, begun + TimeUnit.MILLISECONDS.toNanos(budgetMs));
      call.failed(place, failure);
      return call.answered.future();
    });
  }

  private static RefusedException refusal(ErrorCode code) {
    return new RefusedException(code, code.sentence());
  }

  /** A question whose first attempt failed. */
  private final class Call<T extends Message> {

    private final Promise<T> answered = Promise.promise();
    private final String orgId;
    private final Message question;
    private final Class<T> answer;
    private final boolean reads;
    private final long deadlineNs;

    private Call(String orgId, Message question, Class<T> answer, boolean reads, long deadlineNs) {
      this.orgId = orgId;
      this.question = question;
      this.answer = answer;
      this.reads = reads;
      this.deadlineNs = deadlineNs;
    }

    private void failed(Place asked, Throwable failure) {
      boolean again = failure instanceof RefusedException refused
          && (isElsewhere(asked.node(), refused.code()) || (reads && refused.code() == ErrorCode.TIMEOUT));
      if (!again || leftMs() <= 0) {
        answered.fail(failure);
        return;
      }
      pause(orgId, asked, leftMs()).onSuccess(over -> {
        if (leftMs() <= 0) {
          answered.fail(failure);
        } else {
          attempt();
        }
      });
    }

    private void attempt() {
      Place place = directory.placeOf(orgId);
      askNode(place.node(), question, answer, attemptMs(place.node(), leftMs()))
          .onComplete(answered::complete, failure -> failed(place, failure));
    }

    private long leftMs() {
      return TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.monotonicNs());
    }
  }
}
