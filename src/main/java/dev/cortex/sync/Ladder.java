package dev.cortex.sync;

import dev.cortex.base.Backoff;
import dev.cortex.base.Pure;

/**
 * When one org is polled next, and which rung of push, held request and poll it stands on. Every time it is told is
 * monotonic, in ms; {@code chance} is a random number in [0, 1).
 *
 * <p>A poll that was not answered is followed by one that is not held, so that it is known at once when the cloud is
 * back; the held one follows it.
 *
 * <p>Push counts as healthy while the lease lasts and a good push or challenge came within such a time. What a poll
 * finds must then be pushed too within a grace time, which needs no clock but this one; if it is not, push is not
 * believed again before it brought something.
 */
@Pure
final class Ladder {

  private static final double STEP = 1.5;
  /** Between an answer and the next held request: as many events as come meanwhile share one answer. */
  private static final long GAP_MS = 25;
  /** Events that came so late after the question were waited for. */
  private static final long HELD_MS_MIN = 1_000;
  /** How often an idle desktop comes unless it is told otherwise. */
  private static final long CROWDED_MS = 30_000;
  private static final long NEVER = Long.MIN_VALUE / 2;
  private static final long NOTHING = -1;

  private final Timing timing;
  private final Backoff backoff;

  private boolean offline = true;
  private boolean refused;
  /** The cloud answered something else since the last poll failed. */
  private boolean told;
  /** The next poll is not held: whether the cloud is there is in doubt. */
  private boolean doubted;
  /** A poll that was not held was answered, and the held one behind it was not yet. */
  private boolean tried;
  /** The cloud was not found to answer at once where it was asked to hold. */
  private boolean unproven = true;
  /** A held request is under way. */
  private boolean asked;
  private long askedMs;
  private long wokenMs = NEVER;
  private long notBeforeMs = NEVER;
  private boolean holding;
  private int failures;
  private long intervalMs;
  private long nextPollMs;
  private long nextClimbMs = NEVER;

  private long leaseUntilMs = NEVER;
  private long leaseMs;
  private long provenMs = NEVER;
  private boolean demoted;
  private long awaitedOffset = NOTHING;
  private long awaitedUntilMs;

  /** A ladder on which the first poll is due at once. */
  Ladder(Timing timing, long nowMs) {
    this.timing = timing;
    this.backoff = timing.backoff();
    this.intervalMs = timing.pollMinMs();
    this.nextPollMs = nowMs;
  }

  /** The rung. */
  Mode mode(long nowMs) {
    boolean held = holding || (asked && unproven);
    if (offline || refused) {
      Mode bad = offline ? Mode.OFFLINE : Mode.REFUSED;
      return !told ? bad : isPushed(nowMs) ? Mode.PUSH : asked ? Mode.HELD : bad;
    }
    return isPushed(nowMs) ? Mode.PUSH : held ? Mode.HELD : Mode.POLL;
  }

  /** When the next poll is due. */
  long nextPollMs() {
    return nextPollMs;
  }

  /** Whether the next poll asks to be held: not while push is proven, nor while the cloud is in doubt. */
  boolean waits(long nowMs) {
    return !isPushed(nowMs) && !doubted;
  }

  /** A poll is sent; whether it asks to be held. */
  boolean onAsk(long nowMs) {
    asked = waits(nowMs);
    askedMs = nowMs;
    return asked;
  }

  /**
   * The cloud answered something else than a poll: when polls failed, the next is due soon.
   *
   * @return whether the next poll is sooner than it was
   */
  boolean onToldElsewhere(long nowMs, double chance) {
    told = true;
    if ((!offline && !refused) || asked) {
      return false;
    }
    long gapMs = refused ? timing.pollMaxMs() : timing.pollMinMs();
    long soonMs = Math.max(nowMs + timing.soonMs(chance), Math.max(wokenMs + gapMs, notBeforeMs));
    if (soonMs >= nextPollMs) {
      return false;
    }
    wokenMs = soonMs;
    nextPollMs = soonMs;
    return true;
  }

  /**
   * A poll brought events, and they were stored.
   *
   * @param tookMs from question to answer
   * @param saidMs when to come again, as the cloud says; 0 when it does not
   * @param through the offset they reach
   */
  void onEvents(long nowMs, long tookMs, long saidMs, boolean hasMore, long through, double chance) {
    boolean trial = reached();
    intervalMs = timing.pollMinMs();
    if (isPushed(nowMs)) {
      if (awaitedOffset == NOTHING) {
        awaitedUntilMs = nowMs + timing.pushGraceMs();
      }
      awaitedOffset = Math.max(awaitedOffset, through);
      nextPollMs = hasMore ? nowMs : nowMs + Math.max(Timing.spread(timing.pollMaxMs(), chance), saidMs);
      return;
    }
    if (hasMore) {
      unproven = true;
      nextPollMs = nowMs;
    } else if (trial && !isCrowded(saidMs)) {
      nextPollMs = nowMs + GAP_MS;
    } else if (!isCrowded(saidMs) && (holding || tookMs >= HELD_MS_MIN || nowMs >= nextClimbMs)) {
      // something happens: the cloud may be willing to hold by now
      nextClimbMs = holding ? nextClimbMs : nowMs + timing.pollMaxMs();
      holding = true;
      nextPollMs = nowMs + GAP_MS;
    } else {
      holding = false;
      nextPollMs = nowMs + Math.max(Timing.spread(intervalMs, chance), saidMs);
    }
  }

  /** A poll found nothing; parameters as above. */
  void onNothing(long nowMs, long tookMs, long saidMs, double chance) {
    boolean trial = reached();
    if (isPushed(nowMs)) {
      nextPollMs = nowMs + Math.max(Timing.spread(timing.pollMaxMs(), chance), saidMs);
      return;
    }
    if (trial && !isCrowded(saidMs)) {
      nextPollMs = nowMs + GAP_MS;
      return;
    }
    holding = tookMs >= timing.waitSeconds() * 1_000L / 2 && !isCrowded(saidMs);
    unproven = holding;
    if (holding) {
      nextPollMs = nowMs + GAP_MS;
      return;
    }
    nextPollMs = nowMs + Math.max(Timing.spread(intervalMs, chance), saidMs);
    intervalMs = Math.min((long) (intervalMs * STEP), timing.pollMaxMs());
  }

  /**
   * A poll failed, or what it brought could not be stored.
   *
   * @param reached whether the cloud answered as it should
   * @param atLeastMs when to come again at the earliest
   */
  void onFailure(long nowMs, boolean reached, long atLeastMs, double chance) {
    // a held request that lasted a while behind an answer is the end of an outage, and the begin of another
    failures = tried && nowMs - askedMs >= HELD_MS_MIN ? 1 : failures + 1;
    lost();
    offline = !reached;
    doubted = !reached;
    unproven = !reached;
    notBeforeMs = atLeastMs > 0 ? nowMs + atLeastMs : NEVER;
    nextPollMs = nowMs + Math.max(backoff.delayMs(failures, chance), atLeastMs);
  }

  /** The cloud does not let this desktop in: only people can change that. */
  void onRefused(long nowMs, double chance) {
    lost();
    offline = false;
    refused = true;
    doubted = true;
    nextPollMs = nowMs + Timing.spread(timing.pollMaxMs(), chance);
  }

  /** The machine slept: come back at a random moment. */
  void onWake(long nowMs, double chance) {
    lost();
    doubted = true;
    failures = 0;
    nextPollMs = nowMs + (long) (timing.wakeWithinMs() * chance);
  }

  /** Something is known to be missing, or wanted now. */
  void onBehind(long nowMs) {
    nextPollMs = Math.min(nextPollMs, nowMs);
  }

  /** Pushes are promised until then. */
  void onLease(long nowMs, long untilMs) {
    leaseUntilMs = untilMs;
    leaseMs = Math.max(0, untilMs - nowMs);
  }

  /** Pushes are promised no more. */
  void onLeaseLost() {
    leaseUntilMs = NEVER;
  }

  /** A signed challenge came through. */
  void onProof(long nowMs) {
    provenMs = nowMs;
  }

  /** A push was applied, or brought what was here already. */
  void onPush(long nowMs, long through) {
    provenMs = nowMs;
    demoted = false;
    if (through >= awaitedOffset) {
      awaitedOffset = NOTHING;
    }
  }

  /** Looks at the clock: true when push was just found wanting, and the callback is to be registered again. */
  boolean onTick(long nowMs) {
    if (awaitedOffset == NOTHING || nowMs < awaitedUntilMs) {
      return false;
    }
    awaitedOffset = NOTHING;
    boolean was = isPushed(nowMs);
    demoted = true;
    onBehind(nowMs);
    return was;
  }

  /** Whether the cloud wants everyone to come less often than an idle desktop does: a held request comes at once. */
  private boolean isCrowded(long saidMs) {
    return saidMs > Math.max(timing.pollMaxMs(), CROWDED_MS);
  }

  /** An answer came: true when it was only asked for to know whether the cloud is there. */
  private boolean reached() {
    boolean trial = doubted;
    offline = false;
    refused = false;
    doubted = false;
    tried = trial;
    unproven |= trial;
    asked = false;
    failures = trial ? failures : 0;
    return trial;
  }

  private void lost() {
    refused = false;
    told = false;
    tried = false;
    holding = false;
    asked = false;
    unproven = true;
  }

  private boolean isPushed(long nowMs) {
    return !demoted && nowMs < leaseUntilMs && nowMs - provenMs <= leaseMs;
  }
}
