package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Source.Outbox;
import dev.cortex.bus.Source.Refused;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Hash128;
import dev.cortex.event.KeyHash;
import dev.cortex.event.LeftOut;
import dev.cortex.event.Outcome;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.OutboxRow.Refusal;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.room.Numbering.Candidate;
import dev.cortex.room.Numbering.Match;
import dev.cortex.room.Numbering.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rules for outboxes of desktops: taken strictly by their numbers, each number once. A number is used when its
 * event was taken, was here already, or was refused for good; what has to wait ends the append, and everything behind
 * it waits too. Sessions keep their sequences, and one of which an event was refused waits for that event.
 */
@Pure
final class OutboxIntake {

  /** Said to whoever sends an outbox, or asks for it, that somebody else sends. */
  static final String ANOTHERS = "another caller sends the outbox of that name";

  private static final Hash128 NONE = new Hash128(0, 0);

  /** How far an outbox was taken. */
  private static final class Progress {
    private final OutboxRef outbox;
    private final String subject;
    private final long committed;
    private final Map<Long, Refusal> refusals = new TreeMap<>();
    private long number;
    private Hash128 hash;

    private Progress(OutboxRow row) {
      outbox = row.outbox();
      subject = row.subject();
      committed = row.number();
      number = row.number();
      hash = row.hash();
      row.refusals().forEach(refusal -> refusals.put(refusal.number(), refusal));
    }

    /** What is true because of its number: at once, or with the commit that moves the mark there. */
    private Verdict verdict(long ofNumber, Outcome outcome) {
      return ofNumber > committed ? new Verdict.Dependent(outcome) : new Verdict.Settled(outcome);
    }

    private void move(String id) {
      number++;
      hash = KeyHash.hashed(id);
    }
  }

  private final Numbering numbering;
  private final String orgId;
  private final Map<OutboxRef, OutboxRow> marks;
  private final Map<OutboxRef, Progress> outboxes = new LinkedHashMap<>();

  /**
   * The intake of an org.
   *
   * @param marks how far outboxes were taken; at least those that bring something, as far as they are known
   */
  OutboxIntake(Numbering numbering, String orgId, Map<OutboxRef, OutboxRow> marks) {
    this.numbering = numbering;
    this.orgId = orgId;
    this.marks = marks;
  }

  /** The outboxes whose marks moved, as they are now. */
  List<OutboxRow> moved() {
    return outboxes.values().stream()
        .filter(one -> one.number > one.committed)
        .map(one -> new OutboxRow(one.outbox, one.subject, one.number, one.hash, List.copyOf(one.refusals.values())))
        .toList();
  }

  /**
   * Numbers a part of an outbox.
   *
   * @param entries what it brings, number by number
   * @param nowMs receive time, Unix milliseconds
   */
  List<Verdict> add(Outbox source, List<Entry> entries, long nowMs) {
    OutboxRef ref = new OutboxRef(orgId, source.desktop());
    Progress progress = outboxes.computeIfAbsent(
        ref,
        first -> new Progress(
            marks.getOrDefault(first, new OutboxRow(first, source.subject(), 0, NONE, List.of()))));
    List<Verdict> verdicts = new ArrayList<>(entries.size());
    boolean anothers = !progress.subject.equals(source.subject());
    boolean another = isAnother(progress, source, entries);
    if (anothers || another || source.first() > progress.number + 1) {
      String message = anothers ? ANOTHERS : another
          ? "number " + progress.number + " was another event"
          : "number " + source.first() + " of the outbox: expected " + (progress.number + 1);
      entries.forEach(entry -> verdicts.add(
          new Verdict.Settled(Outcome.refused(entry.id(), ErrorCode.OUTBOX_GAP, message))));
      return verdicts;
    }
    progress.refusals.keySet().removeIf(number -> number < source.first());
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      long number = source.first() + i;
      Verdict verdict = number <= progress.number
          ? repeated(progress, number, entry)
          : entry instanceof Entry.AtDoor atDoor
              ? refusedAtDoor(progress, atDoor.refused())
              : event(progress, ((Entry.Event) entry).draft(), nowMs);
      if (verdict instanceof Verdict.Settled settled && number > progress.number) {
        // it has to wait, and whatever follows with it
        Outcome waits = settled.outcome();
        entries.subList(i, entries.size()).forEach(one -> verdicts.add(new Verdict.Settled(
            Outcome.refused(one.id(), waits.error().orElseThrow(), waits.message()))));
        break;
      }
      verdicts.add(verdict);
    }
    return verdicts;
  }

  /** Whether the event at the mark is not the one that was taken there: then it is another outbox by the same name. */
  private static boolean isAnother(Progress progress, Outbox source, List<Entry> entries) {
    long place = progress.number - source.first();
    return progress.number > 0
        && place >= 0
        && place < entries.size()
        && !KeyHash.hashed(entries.get((int) place).id()).equals(progress.hash);
  }

  /** What became of a number that was used before. */
  private Verdict repeated(Progress progress, long number, Entry entry) {
    Refusal refusal = progress.refusals.get(number);
    if (refusal != null) {
      ErrorCode code = ErrorCode.of(refusal.code()).orElse(ErrorCode.INVALID_EVENT);
      return progress.verdict(number, Outcome.refused(entry.id(), code, refusal.message()));
    }
    if (entry instanceof Entry.Event event
        && numbering.match(numbering.candidate(event.draft())) instanceof Match.Repeat repeat) {
      return repeat(progress, number, event.draft(), repeat);
    }
    return progress.verdict(number, Outcome.duplicate(entry.id(), 0, 0));
  }

  private static Verdict repeat(Progress progress, long number, Draft draft, Match.Repeat repeat) {
    return repeat.index() >= 0
        ? new Verdict.RepeatOf(draft.id(), repeat.index())
        : progress.verdict(
            number, Outcome.duplicate(draft.id(), repeat.original().offset(), repeat.original().sequence()));
  }

  private Verdict refusedAtDoor(Progress progress, Refused refused) {
    if (refused.outcome().status() != Outcome.Status.REJECTED) {
      return new Verdict.Settled(refused.outcome());
    }
    return refuse(progress, refused.agentId(), refused.sessionId(), refused.sequence(), refused.outcome());
  }

  /** Takes the next number; a verdict that is settled says why not yet. */
  private Verdict event(Progress progress, Draft sent, long nowMs) {
    Desktop desktop = progress.outbox.desktop();
    String origin = desktop.text();
    Candidate candidate = numbering.candidate(sent.origin().equals(origin) ? sent : sent.from(origin));
    Draft draft = candidate.draft();
    Match match = numbering.match(candidate);
    if (match instanceof Match.Repeat repeat) {
      progress.move(draft.id());
      return repeat(progress, progress.number, draft, repeat);
    }
    if (match instanceof Match.Conflict conflict) {
      return refuse(progress, draft, ErrorCode.IDEMPOTENCY_CONFLICT, conflict.message());
    }
    if (numbering.full().isPresent()) {
      return new Verdict.Settled(
          Outcome.refused(draft.id(), ErrorCode.QUOTA_EXCEEDED, numbering.full().get()));
    }
    Place place = Place.NONE;
    if (draft.hasSession()) {
      SessionRef ref = Numbering.session(draft);
      SessionRow row = numbering.session(ref).orElse(new SessionRow(ref, desktop.install(), 0, 0));
      String name = "session " + ref.agentId() + '/' + ref.sessionId();
      if (!row.home().equals(desktop.install())) {
        String home = row.home().isEmpty() ? Draft.CLOUD : row.home();
        return refuse(progress, draft, ErrorCode.SESSION_ELSEWHERE, name + " is written in " + home);
      }
      long sequence = draft.sequence() == 0 ? row.lastSequence() + 1 : draft.sequence();
      if (sequence <= row.lastSequence() && LeftOut.isMark(draft)) {
        // the session never waited for what was left out there: else it could not be given up
        progress.move(draft.id());
        return progress.verdict(progress.number, Outcome.duplicate(draft.id(), row.lastOffset(), sequence));
      } else if (sequence <= row.lastSequence()) {
        return refuse(progress, draft, ErrorCode.SEQUENCE_CONFLICT,
            "sequence " + sequence + " of " + name + ": expected " + (row.lastSequence() + 1));
      } else if (row.held() > 0 && sequence > row.held()) {
        return refuse(progress, draft, ErrorCode.SEQUENCE_CONFLICT,
            "sequence " + sequence + " of " + name + ": sequence " + row.held()
                + " has to come first, one was refused");
      }
      // once an event was refused, those behind it may have been too: from there on the session counts without a gap
      place = new Place(sequence, desktop.install(), sequence == row.held() ? sequence + 1 : row.held());
    }
    progress.move(draft.id());
    return numbering.take(candidate, place, 0, nowMs);
  }

  private Verdict refuse(Progress progress, Draft draft, ErrorCode code, String message) {
    return refuse(
        progress, draft.agentId(), draft.sessionId(), draft.sequence(), Outcome.refused(draft.id(), code, message));
  }

  /** Uses the next number up for a refusal, which is remembered. */
  private Verdict refuse(Progress progress, String agentId, String sessionId, long sequence, Outcome outcome) {
    progress.move(outcome.id());
    progress.refusals.put(
        progress.number,
        new Refusal(progress.number, outcome.id(), outcome.error().orElseThrow().code(), outcome.message()));
    if (!sessionId.isEmpty() && sequence > 0) {
      hold(new SessionRef(orgId, agentId, sessionId), progress.outbox.desktop().install(), sequence);
    }
    return new Verdict.Dependent(outcome);
  }

  /** The session waits for an event that was refused, if that was in turn and the session is the desktop's. */
  private void hold(SessionRef ref, String install, long sequence) {
    SessionRow row = numbering.session(ref).orElse(new SessionRow(ref, install, 0, sequence - 1));
    if (row.home().equals(install) && row.held() == 0 && sequence > row.lastSequence()) {
      numbering.put(new SessionRow(ref, install, row.lastOffset(), row.lastSequence(), sequence));
    }
  }
}
