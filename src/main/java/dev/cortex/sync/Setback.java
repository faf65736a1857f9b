package dev.cortex.sync;

import dev.cortex.base.Pure;

/**
 * What follows when a batch, or the question about the mark, was not answered as it should.
 *
 * @param waitMs when to try again
 * @param unsure whether the cloud has to be asked first how far it took the outbox
 * @param smaller whether the next batch has to be smaller
 * @param told whether the cloud said what it thinks of this desktop, even if that was no
 */
@Pure
record Setback(long waitMs, boolean unsure, boolean smaller, boolean told) {

  /**
   * What follows.
   *
   * @param backoffMs the wait after that many failures
   * @param idleMs the wait when only people can help
   * @param divisible whether a batch can be smaller
   */
  static Setback of(CloudAnswer answer, long backoffMs, long idleMs, boolean divisible) {
    if (answer instanceof CloudAnswer.Refused refused) {
      if (refused.status() == 409) {
        return new Setback(backoffMs, true, false, false);
      }
      return refused.status() == 413 && divisible
          ? new Setback(0, false, true, false)
          : new Setback(idleMs, false, false, true);
    }
    if (answer instanceof CloudAnswer.Unauthorized || answer instanceof CloudAnswer.Forbidden) {
      return new Setback(idleMs, false, false, true);
    }
    if (answer instanceof CloudAnswer.Throttled throttled) {
      return new Setback(Math.max(backoffMs, throttled.retryAfterMs()), false, false, false);
    }
    // with no word of it at all, the cloud may be another one when it is back
    return answer instanceof CloudAnswer.Failed failed
        ? new Setback(Math.max(backoffMs, failed.retryAfterMs()), failed.retryAfterMs() == 0, false, false)
        : new Setback(backoffMs, true, false, false);
  }
}
