package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRef;
import dev.cortex.room.AppendQueue.Waiting;
import dev.cortex.room.Numbering.Verdict;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntToLongFunction;
import java.util.function.ToLongFunction;

/** The appends of one commit on their way from question to answer: numbered, committed or not, and answered once. */
final class Batch {

  /** What became durable for one org. */
  record Committed(Room room, long epoch, long after, List<StoredEvent> events) {}

  private record Part(Room room, Numbering numbering) {}

  private final List<Waiting<Promise<Appended>>> waiting;
  private final BiConsumer<Waiting<Promise<Appended>>, List<Outcome>> replies;
  private final Set<String> orgIds = new HashSet<>();
  private final Map<String, Part> parts = new LinkedHashMap<>();
  private final Map<String, OrgAppend> appends = new LinkedHashMap<>();
  private final Map<String, AppendResult> results = new LinkedHashMap<>();
  private final List<List<Verdict>> verdicts = new ArrayList<>();
  private int newEvents;

  /**
   * A batch of appends.
   *
   * @param replies answers who waits, with the outcome of each draft
   */
  Batch(List<Waiting<Promise<Appended>>> waiting, BiConsumer<Waiting<Promise<Appended>>, List<Outcome>> replies) {
    this.waiting = waiting;
    this.replies = replies;
    waiting.forEach(w -> orgIds.add(w.append().orgId()));
  }

  Set<String> orgIds() {
    return orgIds;
  }

  /** How many events were sent, repeats included. */
  int sentEvents() {
    return waiting.stream().mapToInt(w -> w.append().drafts().size()).sum();
  }

  /** How many events the batch adds to the log. */
  int newEvents() {
    return newEvents;
  }

  /** The keys by which a draft may be a repeat: ids that producers sent and idempotency keys. */
  List<KeyRef> keys() {
    List<KeyRef> keys = new ArrayList<>();
    for (Draft draft : drafts()) {
      if (draft.idGiven()) {
        keys.add(Numbering.idKey(draft));
      }
      if (!draft.idempotencyKey().isEmpty()) {
        keys.add(Numbering.idempotencyKey(draft));
      }
    }
    return keys;
  }

  /** The id keys of the events to be committed, by which the log tells whether they were. */
  List<KeyRef> newKeys() {
    List<KeyRef> keys = new ArrayList<>(newEvents);
    appends.values().forEach(append -> append.events().forEach(event -> keys.add(event.keys().get(0).key())));
    return keys;
  }

  /** The sessions the drafts belong to. */
  Set<SessionRef> sessions() {
    Set<SessionRef> sessions = new HashSet<>();
    for (Draft draft : drafts()) {
      if (draft.hasSession()) {
        sessions.add(Numbering.session(draft));
      }
    }
    return sessions;
  }

  /** Gives every draft its verdict; an org without a room here is another node's. */
  void number(
      Map<String, Room> rooms,
      IntToLongFunction epochs,
      ToLongFunction<String> storedBytesMax,
      Known known,
      long nowMs) {
    for (Waiting<Promise<Appended>> one : waiting) {
      Append append = one.append();
      Room room = rooms.get(append.orgId());
      if (room == null) {
        verdicts.add(append.drafts().stream().<Verdict>map(draft -> new Verdict.Settled(moved(draft))).toList());
        continue;
      }
      Part part = parts.computeIfAbsent(append.orgId(), org -> new Part(
          room, new Numbering(room, epochs.applyAsLong(room.shard()), known, storedBytesMax.applyAsLong(org))));
      List<Verdict> answers = new ArrayList<>(append.drafts().size());
      for (Draft draft : append.drafts()) {
        answers.add(part.numbering().add(draft, nowMs));
      }
      verdicts.add(answers);
    }
    parts.forEach(
        (org, part) -> {
          OrgAppend append = part.numbering().append();
          if (!append.events().isEmpty()) {
            appends.put(org, append);
            newEvents += append.events().size();
          }
        });
  }

  /** What is to be committed; empty when everything was refused or a repeat. */
  List<OrgAppend> appends() {
    return List.copyOf(appends.values());
  }

  /** Takes the store's answers, moves the rooms on and returns what is durable now. */
  List<Committed> settle(List<AppendResult> answers) {
    List<Committed> committed = new ArrayList<>();
    int i = 0;
    for (OrgAppend append : appends.values()) {
      AppendResult result = answers.get(i++);
      results.put(append.orgId(), result);
      if (result == AppendResult.COMMITTED) {
        Room room = parts.get(append.orgId()).room();
        List<NewEvent> events = append.events();
        NewEvent last = events.get(events.size() - 1);
        room.advanced(last.offset(), last.receivedAt());
        room.stored(parts.get(append.orgId()).numbering().payloadBytes());
        committed.add(new Committed(room, append.epoch(), append.expectedHead(), stored(room, events)));
      }
    }
    return committed;
  }

  private static Outcome moved(Draft draft) {
    return Outcome.refused(draft.id(), ErrorCode.MOVED, "The room is moving; repeat it with the same id.");
  }

  /** The appends that were refused because somebody else owns their shard. */
  List<OrgAppend> deposed() {
    return appends.values().stream()
        .filter(append -> results.get(append.orgId()) == AppendResult.DEPOSED)
        .toList();
  }

  /** Orgs whose memory did not agree with the store. */
  List<String> lostRooms() {
    List<String> lost = new ArrayList<>();
    results.forEach(
        (org, result) -> {
          if (result != AppendResult.COMMITTED) {
            lost.add(org);
          }
        });
    return lost;
  }

  /** Answers every caller by its verdicts and the results of the commit. */
  void answer() {
    answer((draft, event) -> results.get(draft.orgId()) == AppendResult.COMMITTED
        ? Optional.empty()
        : Optional.of(moved(draft)));
  }

  /** Answers every caller with one refusal for each draft that was not settled without the store. */
  void refuse(ErrorCode code) {
    for (int i = 0; i < waiting.size(); i++) {
      List<Draft> drafts = waiting.get(i).append().drafts();
      List<Outcome> outcomes = new ArrayList<>(drafts.size());
      for (int j = 0; j < drafts.size(); j++) {
        // without verdicts the store failed before anything was numbered
        boolean settled = i < verdicts.size() && verdicts.get(i).get(j) instanceof Verdict.Settled;
        outcomes.add(settled
            ? ((Verdict.Settled) verdicts.get(i).get(j)).outcome()
            : Outcome.refused(drafts.get(j).id(), code, code.sentence() + " Repeat it with the same id."));
      }
      replies.accept(waiting.get(i), outcomes);
    }
  }

  /** Answers every caller by what the log holds of {@link #newKeys()} after an outcome that was unknown. */
  void answerFrom(Known known) {
    answer((draft, event) -> {
      KeyRow expected = event.keys().get(0);
      return expected.equals(known.keys().get(expected.key()))
          ? Optional.empty()
          : Optional.of(Outcome.refused(
              draft.id(), ErrorCode.STORAGE_ERROR, "The store failed; repeat it with the same id."));
    });
  }

  /** Why a draft whose fate is that of a new event is not to be answered as committed. */
  private interface Refusal {
    Optional<Outcome> of(Draft draft, NewEvent event);
  }

  private void answer(Refusal refusal) {
    for (int i = 0; i < waiting.size(); i++) {
      Waiting<Promise<Appended>> one = waiting.get(i);
      List<Draft> drafts = one.append().drafts();
      List<Outcome> outcomes = new ArrayList<>(drafts.size());
      for (int j = 0; j < drafts.size(); j++) {
        outcomes.add(outcome(drafts.get(j), verdicts.get(i).get(j), refusal));
      }
      replies.accept(one, outcomes);
    }
  }

  private List<Draft> drafts() {
    List<Draft> drafts = new ArrayList<>();
    waiting.forEach(w -> drafts.addAll(w.append().drafts()));
    return drafts;
  }

  private Outcome outcome(Draft draft, Verdict verdict, Refusal refusal) {
    if (verdict instanceof Verdict.Settled settled) {
      return settled.outcome();
    }
    if (verdict instanceof Verdict.Refused refused) {
      NewEvent because = appends.get(draft.orgId()).events().get(refused.index());
      return refusal.of(draft, because).orElse(refused.outcome());
    }
    boolean repeat = verdict instanceof Verdict.RepeatOf;
    int index = repeat ? ((Verdict.RepeatOf) verdict).index() : ((Verdict.Numbered) verdict).index();
    NewEvent event = appends.get(draft.orgId()).events().get(index);
    return refusal.of(draft, event).orElseGet(() -> repeat
        ? Outcome.duplicate(draft.id(), event.offset(), event.sequence())
        : Outcome.accepted(draft.id(), event.offset(), event.sequence()));
  }

  private static List<StoredEvent> stored(Room room, List<NewEvent> events) {
    List<StoredEvent> stored = new ArrayList<>(events.size());
    for (NewEvent event : events) {
      Draft draft = event.draft();
      stored.add(
          new StoredEvent(
              event.offset(),
              draft.agentId(),
              draft.sessionId(),
              event.sequence(),
              draft.priority(),
              event.receivedAt(),
              draft.origin(),
              EnvelopeWriter.write(draft, room.logId(), event.offset(), event.sequence(), event.receivedAt())));
    }
    return stored;
  }
}
