package dev.cortex.sync;

import dev.cortex.base.Backoff;
import dev.cortex.base.Pure;

/**
 * When an outbox that was not answered is tried again. Every time is monotonic, in ms; {@code chance} is a random
 * number in [0, 1).
 *
 * <p>A connection that is lost says little about the cloud: it is looked for again a few times soon, with a small
 * question first, before backoff begins. Only what the cloud took since gives new looks, so that a cloud that takes
 * nothing is hurried so often once, and after each backoff once more. A cloud that is late, or says that it does not
 * work, is never hurried.
 */
@Pure
final class Retry {

  /** So often a connection that was lost is looked for before backoff begins. */
  static final int LOOKS = 3;
  private static final long NEVER = Long.MAX_VALUE;

  private final Timing timing;
  private final Backoff backoff;
  private int looks = LOOKS;
  private int failures;
  /** It waited as backoff says since it was answered last. */
  private boolean backedOff;
  private boolean failing;
  /** When it may try again at the earliest, if the cloud turns out to be there; NEVER while that would not help. */
  private long soonestMs = NEVER;
  private long wokenMs;

  /** An outbox of which nothing is known. */
  Retry(Timing timing, long nowMs) {
    this.timing = timing;
    this.backoff = timing.backoff();
    this.wokenMs = nowMs - timing.pollMinMs();
  }

  /** It begins anew: what failed before says nothing any more. */
  void begin() {
    worked();
  }

  /** The cloud answered a question: after a backoff, one connection lost at once is no reason for the next. */
  void reached() {
    looks = backedOff ? Math.max(looks, 1) : looks;
    backedOff = false;
  }

  /** The cloud took something, or there is nothing to take. */
  void worked() {
    looks = LOOKS;
    failures = 0;
    backedOff = false;
    failing = false;
  }

  /** Whether it was not answered as it should since it last worked. */
  boolean isFailing() {
    return failing;
  }

  /** Whether an answer says that the cloud is to be left alone, unlike a lost connection that is looked for again. */
  boolean isOutage(CloudAnswer answer) {
    return answer.isOutage() && !isLookedFor(answer);
  }

  /**
   * It was not answered as it should.
   *
   * @param divisible whether a batch can be smaller
   */
  Setback failed(CloudAnswer answer, boolean divisible, long nowMs, double chance) {
    failing = true;
    soonestMs = answer instanceof CloudAnswer.Failed failed
        ? nowMs + failed.retryAfterMs()
        : answer.isOutage() ? nowMs : NEVER;
    long waitMs;
    if (isLookedFor(answer)) {
      looks--;
      waitMs = timing.soonMs(chance);
    } else {
      failures++;
      backedOff = true;
      waitMs = backoff.delayMs(failures, chance);
    }
    return Setback.of(answer, waitMs, Timing.spread(timing.pollMaxMs(), chance), divisible);
  }

  /**
   * It was not tried, because the cloud is left alone: that is no failure more.
   *
   * @return the wait, ms
   */
  long leftAlone(long nowMs, double chance) {
    failing = true;
    soonestMs = nowMs;
    return backoff.delayMs(Math.max(1, failures), chance);
  }

  /**
   * The cloud turned out to be there: whether it is worth trying again soon. Not more often than polls, for a cloud
   * that answers something else only.
   */
  boolean hurries(long nowMs) {
    if (soonestMs > nowMs || nowMs - wokenMs < timing.pollMinMs()) {
      return false;
    }
    wokenMs = nowMs;
    return true;
  }

  private boolean isLookedFor(CloudAnswer answer) {
    return looks > 0 && answer instanceof CloudAnswer.Failed failed && failed.lost();
  }
}
