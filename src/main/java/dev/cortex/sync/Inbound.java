package dev.cortex.sync;

import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Desktop;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.sync.CloudCursor.Asked;
import dev.cortex.sync.Landing.Pushed;
import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * The events of one org on their way from the cloud to this desktop: polls when its {@link Ladder} says so, and hands
 * what polls and pushes bring to its {@link Landing}.
 */
final class Inbound {

  private final BridgeWorld world;
  private final Supplier<Desktop> desktop;
  private final Trouble trouble;
  private final Runnable back;
  private final Ladder ladder;
  private final Landing landing;
  private final CloudCursor cursor;
  private final PollQuestion question;

  private boolean running;
  private boolean polling;
  /** The cloud's log began anew here, and when it last did. */
  private boolean begunAnew;
  private long begunAnewMs;
  /** Polls of a life before a sleep, another incarnation or the end do not count any more. */
  private int life;
  private long timer = -1;
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
    this.world = world;
    this.desktop = desktop;
    this.trouble = trouble;
    this.back = back;
    this.ladder = new Ladder(world.timing(), world.nowMs());
    this.landing = new Landing(orgId, world);
    this.cursor = landing.cursor();
    this.question = new PollQuestion(orgId, world.timing(), payloadBytesMax);
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
    if (running) {
      int mine = life;
      landing.note().ifPresent(noted -> noted.onFailure(failure -> {
        if (mine == life) {
          trouble.failed("the cursor could not be noted: " + failure.getMessage());
        }
      }));
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
    return landing.push(range, events).onSuccess(pushed -> {
      if (pushed == Pushed.BEHIND) {
        behind();
      } else {
        ladder.onPush(world.nowMs(), range.through());
      }
    });
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
    world.cloud().send(question.ask(asked, desktop.get(), held)).compose(answer -> {
      if (mine != life) {
        return Future.succeededFuture();
      }
      question.answered(answer);
      return take(asked, answer, world.nowMs() - begunMs);
    }).onComplete(done -> {
      if (mine == life) {
        if (done.failed()) {
          failed("an answer of the cloud could not be taken: " + done.cause(), true, 0);
        }
        polling = false;
        schedule();
      }
    });
  }

  private Future<?> take(Asked asked, CloudAnswer answer, long tookMs) {
    boolean away = ladder.mode(world.nowMs()) == Mode.OFFLINE;
    if (answer instanceof CloudAnswer.Ok ok) {
      return page(asked, ok, tookMs, away);
    }
    if (answer instanceof CloudAnswer.Nothing nothing) {
      nothing(asked, nothing, tookMs);
      reached(away);
    } else if (answer instanceof CloudAnswer.Gone) {
      gone(asked, answer.trouble());
    } else if (answer instanceof CloudAnswer.Unauthorized || answer instanceof CloudAnswer.Forbidden) {
      trouble.failed(answer.trouble());
      ladder.onRefused(world.nowMs(), world.draw());
    } else {
      long waitMs = answer instanceof CloudAnswer.Throttled throttled ? throttled.retryAfterMs()
          : answer instanceof CloudAnswer.Failed failed ? failed.retryAfterMs() : 0;
      failed(answer.trouble(), answer instanceof CloudAnswer.Throttled, waitMs);
    }
    return Future.succeededFuture();
  }

  private void gone(Asked asked, String reason) {
    long nowMs = world.nowMs();
    if (!cursor.ask().cursor().equals(asked.cursor())) {
      // a push moved the cursor since: what is gone is not what is needed
      ladder.onBehind(nowMs);
      return;
    }
    cursor.begin();
    boolean again = begunAnew && nowMs - begunAnewMs < 2L * world.timing().pollMaxMs();
    begunAnew = true;
    begunAnewMs = again ? nowMs + world.timing().pollMaxMs() : nowMs;
    if (again) {
      // those who read here had to begin anew with it each time: a cloud of two minds is not followed to and fro
      failed(reason, false, world.timing().pollMaxMs());
    } else {
      ladder.onBehind(nowMs);
    }
  }

  private void nothing(Asked asked, CloudAnswer.Nothing nothing, long tookMs) {
    Position reached = nothing.cursor().orElseThrow();
    if (!CloudCursor.fits(asked, reached, false)) {
      failed("a cursor that was not asked for", false, 0);
      return;
    }
    current();
    if (asked.anew() == cursor.ask().anew() && !cursor.isStored(reached)) {
      cursor.cover(reached);
    }
    ladder.onNothing(world.nowMs(), tookMs, nothing.nextPollMs(), world.draw());
  }

  private Future<?> page(Asked asked, CloudAnswer.Ok ok, long tookMs, boolean away) {
    PollPage page;
    try {
      page = PollPage.read(ok.body(), ok.cursor().orElseThrow(), PollQuestion.LIMIT);
    } catch (RefusedException refused) {
      failed(refused.getMessage(), false, 0);
      return Future.succeededFuture();
    }
    if (!CloudCursor.fits(asked, page.cursor(), true)) {
      failed("a cursor that was not asked for", false, 0);
      return Future.succeededFuture();
    }
    int mine = life;
    return landing.poll(cursor.range(asked, page.cursor()), page.events(), () -> mine == life).transform(stored -> {
      if (mine == life) {
        stored(page, ok, tookMs, stored.failed() ? String.valueOf(stored.cause().getMessage()) : "");
        reached(away);
      }
      return Future.succeededFuture();
    });
  }

  /**
   * A page was stored, or was not.
   *
   * @param failure why not; empty when the log of this desktop does not say
   */
  private void stored(PollPage page, CloudAnswer.Ok ok, long tookMs, String failure) {
    if (!failure.isEmpty()) {
      failed("the events of the cloud could not be stored: " + failure, true, 0);
    } else if (!cursor.isStored(page.cursor())) {
      failed("the log of this desktop did not take the events of the cloud", true, 0);
    } else {
      if (!page.hasMore()) {
        current();
      }
      ladder.onEvents(
          world.nowMs(), tookMs, ok.nextPollMs(), page.hasMore(), page.cursor().offset(), world.draw());
    }
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
}
