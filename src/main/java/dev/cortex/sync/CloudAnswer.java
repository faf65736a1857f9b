package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import java.util.Optional;

/** What the cloud said to a request, or that it said nothing that makes sense. Times are in ms. */
@Pure
sealed interface CloudAnswer {

  /**
   * An answer with JSON.
   *
   * @param cursor what the answer covers; of polls always present
   * @param nextPollMs when to come again, 0 when not said
   * @param retryAfterMs when to repeat what was not settled, 0 when not said
   */
  record Ok(byte[] body, Optional<Position> cursor, long nextPollMs, long retryAfterMs) implements CloudAnswer {}

  /** An answer without content; of polls: nothing new up to the cursor. */
  record Nothing(Optional<Position> cursor, long nextPollMs) implements CloudAnswer {}

  /** The cursor is served no longer. */
  record Gone(String reason) implements CloudAnswer {}

  /** The token is not accepted. */
  record Unauthorized(String reason) implements CloudAnswer {}

  /** The token does not allow this. */
  record Forbidden(String reason) implements CloudAnswer {}

  /** Too many requests. */
  record Throttled(long retryAfterMs) implements CloudAnswer {}

  /**
   * The request was refused as a whole, and would be again.
   *
   * @param status HTTP status
   * @param code the error's code, empty when it had none
   */
  record Refused(int status, String code, String message) implements CloudAnswer {}

  /**
   * No answer, or one that promises nothing: a repeat may help.
   *
   * @param silence why there was no answer
   */
  record Failed(String reason, long retryAfterMs, Silence silence) implements CloudAnswer {

    /** An answer that promises nothing. */
    Failed(String reason, long retryAfterMs) {
      this(reason, retryAfterMs, Silence.NONE);
    }

    /** Whether less might have been answered: its time ran out, or it was longer than what is read. */
    boolean late() {
      return silence == Silence.LATE || silence == Silence.TOO_LONG;
    }

    /** Whether the connection broke, or there was none. */
    boolean lost() {
      return silence == Silence.LOST;
    }
  }

  /** Why there was no answer. */
  enum Silence {
    /** There was one. */
    NONE,
    /** The time for it ran out. */
    LATE,
    /** It was longer than what is read. */
    TOO_LONG,
    /** The connection broke, or there was none. */
    LOST
  }

  /** Somebody answered, but not our cloud: a captive portal, a proxy, a wrong address. */
  record Stranger(String reason) implements CloudAnswer {}

  /** What went wrong, for people; empty when nothing did. Holds no secret. */
  default String trouble() {
    if (this instanceof Gone gone) {
      return "410 " + gone.reason();
    }
    if (this instanceof Unauthorized unauthorized) {
      return "401 " + unauthorized.reason() + ": change sync.token and restart the desktop";
    }
    if (this instanceof Forbidden forbidden) {
      return "403 " + forbidden.reason() + ": change sync.token or sync.orgs and restart the desktop";
    }
    if (this instanceof Throttled) {
      return "429 too many requests";
    }
    if (this instanceof Refused refused) {
      return refused.status() + " " + (refused.code() + " " + refused.message()).strip();
    }
    if (this instanceof Failed failed) {
      return failed.reason();
    }
    return this instanceof Stranger stranger ? "this is not the cloud: " + stranger.reason() : "";
  }

  /** Whether the cloud could not be reached or did not work, so that it should be left alone for a while. */
  default boolean isOutage() {
    return this instanceof Failed || this instanceof Stranger;
  }
}
