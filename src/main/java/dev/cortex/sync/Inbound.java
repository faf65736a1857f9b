package dev.cortex.sync;

import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.SyncCounters.Way;
import dev.cortex.sync.CloudCursor.Asked;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The events of one org on their way from the cloud to this desktop: polls when its {@link Ladder} says so, stores what
 * they and pushes bring, one after the other, and knows how far that came. What the log of this desktop answers is the
 * truth about the cursor.
 */
final class Inbound {

  private static final int LIMIT = 500;
  /** An answer is a megabyte or so, and never more than so many of the largest events. */
  private static final long ENVELOPE_BYTES = 4_096;
  private static final long ANSWER_BYTES_MAX = 40L << 20;
  private static final byte[] NONE = "[]".getBytes(StandardCharsets.US_ASCII);
  /** Pushes that wait for their turn. */
  private static final int WAITING_MAX = 16;

  private final String orgId;
  private final BridgeWorld world;
  private final Supplier<Desktop> desktop;
  private final Trouble trouble;
  private final Runnable back;
  private final Ladder ladder;
  private final CloudCursor cursor;
  private final long answerBytesMax;
  private final BatchSize size = new BatchSize(LIMIT);

  private Future<?> turn = Future.succeededFuture();
  private int waiting;
  private boolean running;
  private boolean polling;
  /** The cloud's log began anew here, and when it last did. */
  private boolean begunAnew;
  private long begunAnewMs;
  /** Polls of a life before a sleep do not count any more. */
  private int life;
  private long timer = -1;
  private long notedMs;
  private long currentMs;

  /**
   * A connection of an org to the cloud, at rest.
   *
   * @param back hears when the cloud answers a poll again after it did not
   */
  Inbound(
      String orgId,
      BridgeWorld world,
      Supplier<Desktop> desktop,
      int payloadBytesMax,
      Trouble trouble,
      Runnable back) {
    this.orgId = orgId;
    this.world = world;
    this.desktop = desktop;
    this.trouble = trouble;
    this.back = back;
    this.ladder = new Ladder(world.timing(), world.nowMs());
    this.cursor = new CloudCursor(orgId);
    this.answerBytesMax = Math.min(ANSWER_BYTES_MAX, LIMIT * (payloadBytesMax + ENVELOPE_BYTES));
    this.currentMs = world.nowMs();
  }

  /** When and how it polls. */
  Ladder ladder() {
    return ladder;
  }

  /** How far it came. */
  CloudCursor cursor() {
    return cursor;
  }

  /** Begins to poll; does nothing when it does. */
  void start() {
    running = true;
    schedule();
  }

  /** Ends polling. */
  void stop() {
    running = false;
    life++;
    cancel();
  }

  /** The machine slept, and every connection is gone. */
  void wake() {
    life++;
    polling = false;
    ladder.onWake(world.nowMs(), world.draw());
    schedule();
  }

  /** Something is missing here: polls at once. */
  void behind() {
    ladder.onBehind(world.nowMs());
    schedule();
  }

  /** The cloud answered something else: polls soon when it did not answer those. */
  void toldElsewhere() {
    if (ladder.onToldElsewhere(world.nowMs(), world.draw())) {
      schedule();
    }
  }

  /** Looks at the clock; true when push was found wanting. */
  boolean tick() {
    long nowMs = world.nowMs();
    boolean wanting = ladder.onTick(nowMs);
    if (running && nowMs - notedMs >= world.timing().coveredEveryMs()) {
      cursor.unnoted().ifPresent(range -> store(range, NONE)
          .onFailure(failure -> trouble.failed("the cursor could not be noted: " + failure.getMessage())));
    }
    if (wanting) {
      schedule();
    }
    return wanting;
  }

  /** How long ago it was last certain that nothing was missing, ms. */
  long lagMs() {
    long nowMs = world.nowMs();
    Mode mode = ladder.mode(nowMs);
    boolean told = mode == Mode.PUSH || (mode == Mode.HELD && polling);
    return told ? 0 : Math.max(0, nowMs - currentMs);
  }

  /** What a pushed range came to; fails when nobody knows. */
  Future<Pushed> push(Cloud range, byte[] events) {
    if (waiting >= WAITING_MAX) {
      return Future.failedFuture(new RefusedException(ErrorCode.OVERLOADED, ErrorCode.OVERLOADED.sentence()));
    }
    return inTurn(() -> {
      Position through = new Position(range.logId(), range.through());
      if (cursor.isStored(through)) {
        return Future.succeededFuture(Pushed.DUPLICATE);
      }
      return apply(range, events, Way.PUSH).map(ingested -> {
        Pushed pushed = cursor.isStored(through) ? Pushed.APPLIED : Pushed.BEHIND;
        if (pushed == Pushed.BEHIND) {
          behind();
        }
        return pushed;
      });
    }).onSuccess(pushed -> {
      if (pushed != Pushed.BEHIND) {
        ladder.onPush(world.nowMs(), range.through());
      }
    });
  }

  /** What a push came to. */
  enum Pushed {
    APPLIED,
    DUPLICATE,
    BEHIND
  }

  private void schedule() {
    cancel();
    if (running && !polling) {
      timer = world.vertx().setTimer(Math.max(1, ladder.nextPollMs() - world.nowMs()), fired -> {
        timer = -1;
        poll();
      });
    }
  }

  private void cancel() {
    if (timer >= 0) {
      world.vertx().cancelTimer(timer);
      timer = -1;
    }
  }

  private void poll() {
    polling = true;
    int mine = life;
    long begunMs = world.nowMs();
    boolean held = ladder.onAsk(begunMs);
    Asked asked = cursor.ask();
    world.metrics().sync().polled();
    world.cloud().send(question(asked, held)).onSuccess(answer -> {
      if (mine == life) {
        if (answer instanceof CloudAnswer.Failed failed && failed.late()) {
          size.less();
        } else {
          size.more();
        }
        take(asked, answer, world.nowMs() - begunMs).onComplete(done -> {
          if (mine == life) {
            polling = false;
            schedule();
          }
        });
      }
    });
  }

  private CloudClient.Ask question(Asked asked, boolean held) {
    Timing timing = world.timing();
    String path = "/api/events/since?orgId=" + URLEncoder.encode(orgId, StandardCharsets.UTF_8)
        + "&cursor=" + asked.cursor() + "&limit=" + size.events() + (held ? "&wait=" + timing.waitSeconds() : "");
    return new CloudClient.Ask(
        HttpMethod.GET, path, desktop.get(), Map.of(), Buffer.buffer(), HttpReply.Expected.POLL, answerBytesMax,
        held ? timing.heldMs() : timing.requestMs());
  }

  /** Takes an answer; the future never fails. */
  private Future<?> take(Asked asked, CloudAnswer answer, long tookMs) {
    long nowMs = world.nowMs();
    boolean away = ladder.mode(nowMs) == Mode.OFFLINE;
    if (answer instanceof CloudAnswer.Ok ok) {
      return page(asked, ok, tookMs).onComplete(done -> reached(away));
    }
    if (answer instanceof CloudAnswer.Nothing nothing) {
      return nothing(asked, nothing, tookMs).onComplete(done -> reached(away));
    }
    if (answer instanceof CloudAnswer.Gone) {
      cursor.begin();
      boolean again = begunAnew && nowMs - begunAnewMs < 2L * world.timing().pollMaxMs();
      begunAnew = true;
      begunAnewMs = again ? nowMs + world.timing().pollMaxMs() : nowMs;
      if (again) {
        // those who read here had to begin anew with it each time: a cloud of two minds is not followed to and fro
        failed(answer.trouble(), false, world.timing().pollMaxMs());
      } else {
        ladder.onBehind(nowMs);
      }
      return Future.succeededFuture();
    }
    if (answer instanceof CloudAnswer.Unauthorized || answer instanceof CloudAnswer.Forbidden) {
      trouble.failed(answer.trouble());
      ladder.onRefused(nowMs, world.draw());
      return Future.succeededFuture();
    }
    long waitMs = answer instanceof CloudAnswer.Throttled throttled ? throttled.retryAfterMs()
        : answer instanceof CloudAnswer.Failed failed ? failed.retryAfterMs() : 0;
    failed(answer.trouble(), answer instanceof CloudAnswer.Throttled, waitMs);
    return Future.succeededFuture();
  }

  private Future<?> nothing(Asked asked, CloudAnswer.Nothing nothing, long tookMs) {
    Position reached = nothing.cursor().orElseThrow();
    if (!CloudCursor.fits(asked, reached, false)) {
      failed("a cursor that was not asked for", false, 0);
      return Future.succeededFuture();
    }
    current();
    if (asked.anew() == cursor.ask().anew() && !cursor.isStored(reached)) {
      cursor.cover(reached);
    }
    ladder.onNothing(world.nowMs(), tookMs, nothing.nextPollMs(), world.draw());
    return Future.succeededFuture();
  }

  private Future<?> page(Asked asked, CloudAnswer.Ok ok, long tookMs) {
    PollPage page;
    try {
      page = PollPage.read(ok.body(), ok.cursor().orElseThrow(), LIMIT);
    } catch (RefusedException refused) {
      failed(refused.getMessage(), false, 0);
      return Future.succeededFuture();
    }
    if (!CloudCursor.fits(asked, page.cursor(), true)) {
      failed("a cursor that was not asked for", false, 0);
      return Future.succeededFuture();
    }
    return store(cursor.range(asked, page.cursor()), page.events()).onComplete(
        stored -> {
          if (!cursor.isStored(page.cursor())) {
            failed("the log of this desktop did not take the events of the cloud", true, 0);
            return;
          }
          if (!page.hasMore()) {
            current();
          }
          ladder.onEvents(
              world.nowMs(), tookMs, ok.nextPollMs(), page.hasMore(), page.cursor().offset(), world.draw());
        },
        failure -> failed("the events of the cloud could not be stored: " + failure.getMessage(), true, 0))
        .otherwiseEmpty();
  }

  private void current() {
    currentMs = world.nowMs();
    trouble.over();
  }

  private void reached(boolean wasAway) {
    if (wasAway && ladder.mode(world.nowMs()) != Mode.OFFLINE) {
      back.run();
    }
  }

  private void failed(String reason, boolean reached, long atLeastMs) {
    trouble.failed(reason);
    ladder.onFailure(world.nowMs(), reached, atLeastMs, world.draw());
  }

  /** Stores a range unless it is here by now. */
  private Future<Void> store(Cloud range, byte[] events) {
    return inTurn(() -> !range.anew() && cursor.isStored(new Position(range.logId(), range.through()))
        ? Future.succeededFuture()
        : apply(range, events, Way.POLL).mapEmpty());
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
              .map(this::unsettled)
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

  private Future<Ingested> unsettled(Outcome outcome) {
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
