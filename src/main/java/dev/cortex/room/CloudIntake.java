package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.log.SessionRow;
import dev.cortex.room.Numbering.Candidate;
import dev.cortex.room.Numbering.Match;
import dev.cortex.room.Numbering.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The rules, on a desktop, for what comes from the cloud: a range of the cloud's log is applied only where the cursor
 * stands, and moves it. Sessions keep their sequences and their homes. Where both logs took events for one session, or
 * under one key, both are kept as far as that is possible, and counted.
 */
@Pure
final class CloudIntake {

  private final Numbering numbering;
  private final Desktop self;
  private final Optional<Position> before;
  private Optional<Position> cursor;
  private boolean renewed;
  private int conflicts;

  /**
   * The intake of an org.
   *
   * @param self this desktop
   * @param before how far the cloud's log was applied; empty before the first time
   * @param renewed whether this log has another log id now, so that its readers know that something may be missing
   */
  CloudIntake(Numbering numbering, Desktop self, Optional<Position> before, boolean renewed) {
    this.numbering = numbering;
    this.self = self;
    this.before = before;
    this.cursor = before;
    this.renewed = renewed;
  }

  /** Where the cursor stands after everything taken so far. */
  Optional<Position> cursor() {
    return cursor;
  }

  /** Whether the cursor moved. */
  boolean moved() {
    return !cursor.equals(before);
  }

  /** How many events were in conflict with what is here. */
  int conflicts() {
    return conflicts;
  }

  /** Takes a range of the cloud's log, or says why not. */
  List<Verdict> add(Cloud range, List<Entry> entries, long nowMs) {
    Optional<ErrorCode> misplaced = misplaced(range);
    if (misplaced.isPresent()) {
      return all(entries, entry -> Outcome.refused(entry.id(), misplaced.get(), misplaced.get().sentence()));
    }
    if (cursor.isPresent() && !range.anew() && range.through() <= cursor.get().offset()) {
      return all(entries, entry -> Outcome.duplicate(entry.id(), 0, 0));
    }
    boolean goesOn = cursor.isPresent() && !range.anew();
    cursor = Optional.of(new Position(range.logId(), range.through()));
    renewed = false;
    List<Verdict> verdicts = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      verdicts.add(inTurn(candidate(entry), goesOn, nowMs));
    }
    return verdicts;
  }

  /** Takes events out of their turn, those that cannot suffer from it. */
  List<Verdict> addSingle(List<Entry> entries, long nowMs) {
    List<Verdict> verdicts = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      verdicts.add(outOfTurn(candidate(entry), nowMs));
    }
    return verdicts;
  }

  /** Why a range cannot be taken now; empty when it can, or was before. */
  private Optional<ErrorCode> misplaced(Cloud range) {
    if (cursor.isEmpty()) {
      return range.anew() || range.after() == 0 ? Optional.empty() : Optional.of(ErrorCode.CURSOR_AHEAD);
    }
    if (range.anew()) {
      return renewed ? Optional.empty() : Optional.of(ErrorCode.CURSOR_LOG_CHANGED);
    }
    if (!range.logId().equals(cursor.get().logId())) {
      return Optional.of(ErrorCode.CURSOR_LOG_CHANGED);
    }
    return range.after() <= cursor.get().offset() ? Optional.empty() : Optional.of(ErrorCode.CURSOR_AHEAD);
  }

  /**
   * An event in its place.
   *
   * @param goesOn whether what came before it in the cloud's log is here, with its keys
   */
  private Verdict inTurn(Candidate candidate, boolean goesOn, long nowMs) {
    Draft draft = candidate.draft();
    Match match = numbering.match(candidate);
    if (match instanceof Match.Repeat repeat) {
      return repeat(draft, repeat);
    }
    if (draft.origin().equals(self.text())) {
      return duplicate(draft); // it was born here, so long ago that its keys are forgotten
    }
    Candidate taken = candidate;
    if (match instanceof Match.Conflict conflict) {
      // another event has its idempotency key: it is kept under its id alone
      taken = new Candidate(draft, candidate.content(), candidate.keys().subList(0, 1));
      Match byId = numbering.match(taken);
      if (byId instanceof Match.Repeat repeat) {
        return repeat(draft, repeat);
      }
      conflicts++;
      if (byId instanceof Match.Conflict) {
        return conflict(draft, conflict);
      }
    }
    if (!draft.hasSession()) {
      return numbering.take(taken, Place.NONE, 0, nowMs);
    }
    String home = homeOf(draft);
    SessionRow row = rowOf(draft, home);
    long sequence = draft.sequence() == 0 ? row.lastSequence() + 1 : draft.sequence();
    if (!row.home().equals(home)) {
      conflicts++;
    } else if (sequence <= row.lastSequence() && goesOn && home.isEmpty()) {
      return late(taken, row, nowMs);
    } else if (sequence <= row.lastSequence()) {
      return duplicate(draft);
    }
    return numbering.take(taken, new Place(sequence, home, 0), 0, nowMs);
  }

  /** This desktop wrote it before it was restored, and gave its sequence to another event since: both are kept. */
  private Verdict late(Candidate candidate, SessionRow row, long nowMs) {
    conflicts++;
    Verdict taken = numbering.take(candidate, new Place(candidate.draft().sequence(), row.home(), 0), 0, nowMs);
    SessionRow now = numbering.session(row.session()).orElseThrow();
    numbering.put(new SessionRow(now.session(), now.home(), now.lastOffset(), row.lastSequence(), now.held()));
    return taken;
  }

  private Verdict outOfTurn(Candidate candidate, long nowMs) {
    Draft draft = candidate.draft();
    Match match = numbering.match(candidate);
    if (match instanceof Match.Repeat repeat) {
      return repeat(draft, repeat);
    }
    if (match instanceof Match.Conflict conflict) {
      return conflict(draft, conflict);
    }
    if (!draft.hasSession()) {
      return numbering.take(candidate, Place.NONE, 0, nowMs);
    }
    String home = homeOf(draft);
    SessionRow row = rowOf(draft, home);
    long next = row.lastSequence() + 1;
    return !home.isEmpty() && row.home().equals(home) && draft.sequence() == next
        ? numbering.take(candidate, new Place(next, home, 0), 0, nowMs)
        : new Verdict.Dependent(Outcome.refused(
            draft.id(), ErrorCode.MOVED, "the session's next event here is " + next + ": this one has its turn later"));
  }

  private Candidate candidate(Entry entry) {
    Draft draft = ((Entry.Event) entry).draft();
    return numbering.candidate(draft.origin().isEmpty() ? draft.from(Draft.CLOUD) : draft);
  }

  private SessionRow rowOf(Draft draft, String home) {
    return numbering.session(Numbering.session(draft))
        .orElse(new SessionRow(Numbering.session(draft), home, 0, 0));
  }

  /** The home of a session that an event comes from. */
  private String homeOf(Draft draft) {
    return Desktop.parse(draft.origin())
        .map(Desktop::install)
        .map(install -> install.equals(self.install()) ? "" : install)
        .orElse(Draft.CLOUD);
  }

  private static Verdict duplicate(Draft draft) {
    return new Verdict.Dependent(Outcome.duplicate(draft.id(), 0, 0));
  }

  private static Verdict conflict(Draft draft, Match.Conflict conflict) {
    return new Verdict.Dependent(
        Outcome.refused(draft.id(), ErrorCode.IDEMPOTENCY_CONFLICT, conflict.message()));
  }

  private static Verdict repeat(Draft draft, Match.Repeat repeat) {
    return repeat.index() >= 0
        ? new Verdict.RepeatOf(draft.id(), repeat.index())
        : new Verdict.Dependent(
            Outcome.duplicate(draft.id(), repeat.original().offset(), repeat.original().sequence()));
  }

  private static List<Verdict> all(List<Entry> entries, Function<Entry, Outcome> outcome) {
    return entries.stream().<Verdict>map(entry -> new Verdict.Settled(outcome.apply(entry))).toList();
  }
}
