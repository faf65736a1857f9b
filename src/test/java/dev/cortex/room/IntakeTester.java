package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Source;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.KeyHash;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.SyncMarks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An org's intake over a log of which a test says what it knows; commits when told to. */
final class IntakeTester {

  static final String ORG = "acme";
  static final long NOW = 1_000;

  final Map<KeyRef, KeyRow> keys = new HashMap<>();
  final Map<SessionRef, SessionRow> sessions = new HashMap<>();
  final Map<OutboxRef, OutboxRow> outboxes = new HashMap<>();
  Optional<Position> cursor = Optional.empty();
  Optional<Intake.Other> other = Optional.empty();
  long storedBytesMax = Long.MAX_VALUE;
  private final Room room = new Room(new OrgHead(ORG, "logidlogidlog", 0, 0, 3, 900, 0));
  private Intake intake;

  /** Adds an append to the batch. */
  List<Verdict> add(Source source, Draft... drafts) {
    if (intake == null) {
      Map<String, Position> cursors = new HashMap<>();
      cursor.ifPresent(position -> cursors.put(ORG, position));
      intake = new Intake(
          room, 7, new Known(keys, sessions), new SyncMarks.Found(outboxes, cursors), other, storedBytesMax);
    }
    Append append = new Append(ORG, List.of(drafts), source);
    return intake.add(append, Entry.of(append), NOW);
  }

  /** Adds an append and commits the batch; the outcome of each entry. */
  List<Outcome> take(Source source, Draft... drafts) {
    List<Verdict> verdicts = add(source, drafts);
    Optional<OrgAppend> append = commit();
    List<Outcome> outcomes = new ArrayList<>();
    for (Verdict verdict : verdicts) {
      if (verdict instanceof Verdict.Settled settled) {
        outcomes.add(settled.outcome());
      } else if (verdict instanceof Verdict.Dependent dependent) {
        outcomes.add(dependent.outcome());
      } else {
        boolean repeat = verdict instanceof Verdict.RepeatOf;
        int index = repeat ? ((Verdict.RepeatOf) verdict).index() : ((Verdict.Numbered) verdict).index();
        NewEvent event = append.orElseThrow().events().get(index);
        outcomes.add(repeat
            ? Outcome.duplicate(((Verdict.RepeatOf) verdict).id(), event.offset(), event.sequence())
            : Outcome.accepted(event.draft().id(), event.offset(), event.sequence()));
      }
    }
    return outcomes;
  }

  /** What the batch would commit. */
  Optional<OrgAppend> append() {
    return intake.append();
  }

  /** The intake of the batch. */
  Intake intake() {
    return intake;
  }

  /** Ends the batch: the log knows what it brought. */
  Optional<OrgAppend> commit() {
    Optional<OrgAppend> append = intake.append();
    append.ifPresent(done -> {
      for (NewEvent event : done.events()) {
        event.keys().forEach(row -> keys.put(row.key(), row));
        room.advanced(event.offset(), event.receivedAt());
      }
      done.sessions().forEach(row -> sessions.put(row.session(), row));
      done.noted().outboxes().forEach(row -> outboxes.put(row.outbox(), row));
      done.noted().cursor().ifPresent(position -> cursor = Optional.of(position));
      room.outboxHead(Math.max(room.outboxHead(), done.noted().outboxHead()));
    });
    intake = null;
    return append;
  }

  /** This is a desktop. */
  void desktop(Desktop self, boolean outgoing, boolean renewed) {
    other = Optional.of(new Intake.Other(self, outgoing, renewed));
  }

  /** The mark of an outbox. */
  long mark(Desktop desktop) {
    OutboxRow row = outboxes.get(new OutboxRef(ORG, desktop));
    return row == null ? 0 : row.number();
  }

  /** What is remembered of an outbox. */
  OutboxRow row(Desktop desktop) {
    return outboxes.get(new OutboxRef(ORG, desktop));
  }

  /** The outbox was taken up to the event of that id. */
  void taken(Desktop desktop, long number, String id, OutboxRow.Refusal... refusals) {
    OutboxRef ref = new OutboxRef(ORG, desktop);
    outboxes.put(ref, new OutboxRow(ref, "user u", number, KeyHash.hashed(id), List.of(refusals)));
  }
}
