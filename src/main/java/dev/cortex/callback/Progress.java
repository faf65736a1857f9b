package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How far a desktop has come in an org's log, by its own answers, and what it is told next. It keeps two offsets and,
 * until an answer comes, the name and extent of the push that is repeated; never events.
 */
@Pure
final class Progress {

  /** What follows from an answer. */
  enum Step {
    /** Tell what comes next. */
    ON,
    /** It stood elsewhere several times in a row: not so fast. */
    SLOWLY,
    /** It knows of more than was heard here: that is either on its way here, or not of this log. */
    AHEAD,
    /** Its position is not known in this log: it has to poll first. */
    ASTRAY
  }

  /**
   * A push to send.
   *
   * @param id names it, the same when it is sent again
   * @param after where the desktop stood
   */
  record Push(String id, long after, PushBody body) {}

  /** What was sent and is not answered. */
  private record Sent(String id, long after, long through, int bytes) {}

  /** A desktop may say once that it stands elsewhere; one that always does is not asked in a tight circle. */
  private static final int BEHIND_MAX = 2;

  private long after;
  private long scanned;
  private boolean beginning;
  private Optional<Sent> sent = Optional.empty();
  private int behind;

  /**
   * Begins where the log stands, wherever the desktop is: its answer tells.
   *
   * @param head newest offset of the log
   * @param floor highest offset trimmed away
   */
  void begin(long head, long floor) {
    after = Math.max(floor, head - 1);
    scanned = after;
    beginning = true;
    sent = Optional.empty();
    behind = 0;
  }

  /** Up to this offset there is nothing left to tell. */
  long scanned() {
    return scanned;
  }

  /** Whether the desktop says to be beyond that head of the log. */
  boolean isAhead(long head) {
    return after > head;
  }

  /** How many times too often in a row it stood elsewhere. */
  int tooOften() {
    return behind - BEHIND_MAX;
  }

  /** Passes over what follows {@link #scanned} if all of it is not for this callback; false when there is none such. */
  boolean passOver(Callback callback, Stretch next) {
    if (beginning || next.through() <= scanned || !PushBody.of(callback, next, 0).events().isEmpty()) {
      return false;
    }
    scanned = next.through();
    return true;
  }

  /**
   * What to tell of what follows {@link #scanned}; empty when there is nothing, which is passed over then. At the
   * beginning that is the newest event if it is recent, because it may have come while nobody pushed.
   *
   * @param bytesMax most bytes of envelopes; what is repeated is repeated whole
   * @param recentAfterMs what was received later is recent, Unix milliseconds
   * @param name names a push that is none repeated
   */
  Optional<Push> next(Callback callback, Stretch next, int bytesMax, long recentAfterMs, Supplier<String> name) {
    Optional<Sent> again = sent.filter(before -> before.after() == after);
    long through = again.map(before -> Math.min(next.through(), before.through())).orElse(next.through());
    int bytes = Math.max(bytesMax, again.map(Sent::bytes).orElse(0));
    PushBody body = PushBody.of(callback, new Stretch(next.events(), through), bytes);
    if (beginning && body.events().stream().noneMatch(event -> event.receivedAt() > recentAfterMs)) {
      body = new PushBody(List.of(), body.through());
    }
    beginning = false;
    if (body.events().isEmpty()) {
      scanned = body.through();
      return Optional.empty();
    }
    long last = body.through();
    String id = again.filter(before -> before.through() == last).map(Sent::id).orElseGet(name);
    sent = Optional.of(new Sent(id, after, last, body.bytes()));
    return Optional.of(new Push(id, after, body));
  }

  /**
   * Takes in where the desktop says it stands after the last {@link #next}.
   *
   * @param named empty when it said so of nowhere
   * @param logId the org's log
   * @param head newest offset of it that was heard of
   */
  Step answered(Optional<Position> named, String logId, long head) {
    long told = sent.map(Sent::through).orElse(scanned);
    sent = Optional.empty();
    if (named.isEmpty() || !named.get().logId().equals(logId)) {
      return Step.ASTRAY;
    }
    after = named.get().offset();
    scanned = after;
    behind = after >= told ? 0 : behind + 1;
    return isAhead(Math.max(head, told)) ? Step.AHEAD : behind > BEHIND_MAX ? Step.SLOWLY : Step.ON;
  }
}
