package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.room.Numbering.Candidate;
import dev.cortex.room.Numbering.Match;
import dev.cortex.room.Numbering.Place;

/**
 * The rules for events that are born here: a session counts 1, 2, 3 … and has its home here. Where a log has an outbox,
 * each of them gets the outbox's next number.
 */
@Pure
final class Publishing {

  private final Numbering numbering;
  private final boolean outgoing;
  private long outboxHead;
  private boolean grew;

  /** Rules of a log that is on its own. */
  Publishing(Numbering numbering) {
    this(numbering, false, 0);
  }

  /**
   * Rules of a log.
   *
   * @param outgoing whether its events go through an outbox
   * @param outboxHead the last number of that
   */
  Publishing(Numbering numbering, boolean outgoing, long outboxHead) {
    this.numbering = numbering;
    this.outgoing = outgoing;
    this.outboxHead = outboxHead;
  }

  /**
   * Numbers one draft, or says why not.
   *
   * @param sent complete draft of this org
   * @param nowMs receive time, Unix milliseconds
   */
  Verdict add(Draft sent, long nowMs) {
    // whatever it says of its origin, it is here
    Candidate candidate = numbering.candidate(sent.origin().isEmpty() ? sent : sent.from(""));
    Match match = numbering.match(candidate);
    if (match instanceof Match.Conflict conflict) {
      return refused(sent, conflict.pending(), ErrorCode.IDEMPOTENCY_CONFLICT, conflict.message());
    }
    if (match instanceof Match.Repeat repeat) {
      return repeat.index() >= 0
          ? new Verdict.RepeatOf(sent.id(), repeat.index())
          : new Verdict.Settled(
              Outcome.duplicate(sent.id(), repeat.original().offset(), repeat.original().sequence()));
    }
    return number(candidate, nowMs);
  }

  /** The highest number given in the outbox, 0 when none was given. */
  long outboxHead() {
    return grew ? outboxHead : 0;
  }

  private Verdict number(Candidate candidate, long nowMs) {
    Draft draft = candidate.draft();
    // before anything final is said of it: an event behind one that has to wait would be told that its sequence is
    // wrong
    if (numbering.full().isPresent()) {
      return refused(draft, false, ErrorCode.QUOTA_EXCEEDED, numbering.full().get());
    }
    Place place = Place.NONE;
    if (draft.hasSession()) {
      SessionRef ref = Numbering.session(draft);
      SessionRow row = numbering.session(ref).orElse(new SessionRow(ref, "", 0, 0));
      long expected = row.lastSequence() + 1;
      String name = ref.agentId() + '/' + ref.sessionId();
      if (!row.home().isEmpty()) {
        return refused(
            draft,
            numbering.isPending(ref),
            ErrorCode.SESSION_ELSEWHERE,
            "session " + name + " is written in " + row.home() + "; publish it there");
      } else if (draft.sequence() != 0 && draft.sequence() != expected) {
        return refused(
            draft,
            numbering.isPending(ref),
            ErrorCode.SEQUENCE_CONFLICT,
            "sequence " + draft.sequence() + " of session " + name + ": expected " + expected);
      }
      place = new Place(expected, "", 0);
    }
    grew |= outgoing;
    return numbering.take(candidate, place, outgoing ? ++outboxHead : 0, nowMs);
  }

  /**
   * A refusal.
   *
   * @param pending whether what it is refused for is part of the same append
   */
  private static Verdict refused(Draft draft, boolean pending, ErrorCode code, String message) {
    Outcome outcome = Outcome.refused(draft.id(), code, message);
    return pending ? new Verdict.Dependent(outcome) : new Verdict.Settled(outcome);
  }
}
