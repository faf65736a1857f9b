package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Source;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.room.AppendQueue.Waiting;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The appends of one commit on their way from question to answer: numbered, committed or not, and answered once. */
final class Batch {

  /** What became durable for one org; {@code outboxHead} is 0 when its outbox did not grow. */
  record Committed(Room room, long epoch, long after, List<StoredEvent> events, long outboxHead) {}

  /** Answers who waits. */
  interface Replies {

    /**
     * Tells the fate of an append.
     *
     * @param outcomes one for each of its entries
     * @param cursor where the cursor in the cloud's log stands; empty when it does not matter or is not known
     */
    void answer(Waiting<Promise<Appended>> waiting, List<Outcome> outcomes, Optional<Position> cursor);
  }

  /** What is said of everything that depends on the commit of an org. */
  private enum Fate {
    COMMITTED,
    MOVED,
    UNKNOWN
  }

  private record Asked(Waiting<Promise<Appended>> waiting, List<Entry> entries) {
    private Append append() {
      return waiting.append();
    }
  }

  private final List<Asked> asked = new ArrayList<>();
  private final Replies replies;
  private final Needs needs;
  private final Map<String, Intake> intakes = new LinkedHashMap<>();
  private final Map<String, OrgAppend> appends = new LinkedHashMap<>();
  private final Map<String, AppendResult> results = new LinkedHashMap<>();
  private final List<List<Verdict>> verdicts = new ArrayList<>();

  /** A batch of appends. */
  Batch(List<Waiting<Promise<Appended>>> waiting, Replies replies) {
    this.replies = replies;
    for (Waiting<Promise<Appended>> one : waiting) {
      asked.add(new Asked(one, Entry.of(one.append())));
    }
    this.needs = Needs.of(waiting.stream().map(Waiting::append).toList());
  }

  /** What has to be known before it can be numbered. */
  Needs needs() {
    return needs;
  }

  /** The orgs it concerns. */
  Set<String> orgIds() {
    return needs.orgs();
  }

  /** How many events were sent, repeats included. */
  int sentEvents() {
    return asked.stream().mapToInt(one -> one.entries().size()).sum();
  }

  /** The id keys of the events to be committed, by which the log tells whether they were. */
  List<KeyRef> newKeys() {
    List<KeyRef> keys = new ArrayList<>();
    appends.values().forEach(append -> append.events().forEach(event -> keys.add(event.keys().get(0).key())));
    return keys;
  }

  /** Gives every entry its verdict; an org without a room here is another node's. */
  void number(Lookup.Found found, ToLongFunction<String> storedBytesMax, long nowMs) {
    for (Asked one : asked) {
      String orgId = one.append().orgId();
      if (!found.rooms().containsKey(orgId)) {
        verdicts.add(one.entries().stream().<Verdict>map(entry -> new Verdict.Settled(moved(entry.id()))).toList());
        continue;
      }
      Intake intake = intakes.computeIfAbsent(orgId, org -> found.intake(org, storedBytesMax.applyAsLong(org)));
      verdicts.add(intake.add(one.append(), one.entries(), nowMs));
    }
    intakes.forEach((orgId, intake) -> intake.append().ifPresent(append -> appends.put(orgId, append)));
  }

  /** What is to be committed; empty when there is nothing to store. */
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
        Intake intake = intakes.get(append.orgId());
        Room room = intake.room();
        List<NewEvent> events = append.events();
        if (!events.isEmpty()) {
          NewEvent last = events.get(events.size() - 1);
          room.advanced(last.offset(), last.receivedAt());
          room.stored(intake.payloadBytes());
        }
        long outboxHead = append.noted().outboxHead();
        room.outboxHead(Math.max(outboxHead, room.outboxHead()));
        committed.add(
            new Committed(room, append.epoch(), append.expectedHead(), stored(room, events), outboxHead));
      }
    }
    return committed;
  }

  /** Events of committed appends that were in conflict with what is here. */
  int conflicts() {
    return results.entrySet().stream()
        .filter(one -> one.getValue() == AppendResult.COMMITTED)
        .mapToInt(one -> intakes.get(one.getKey()).conflicts())
        .sum();
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
    answer(append -> results.get(append.orgId()) == AppendResult.COMMITTED ? Fate.COMMITTED : Fate.MOVED);
  }

  /** Answers every caller with one refusal for each entry that was not settled without the store. */
  void refuse(ErrorCode code) {
    for (int i = 0; i < asked.size(); i++) {
      List<Entry> entries = asked.get(i).entries();
      List<Outcome> outcomes = new ArrayList<>(entries.size());
      for (int j = 0; j < entries.size(); j++) {
        // without verdicts the store failed before anything was numbered
        boolean settled = i < verdicts.size() && verdicts.get(i).get(j) instanceof Verdict.Settled;
        outcomes.add(settled
            ? ((Verdict.Settled) verdicts.get(i).get(j)).outcome()
            : Outcome.refused(entries.get(j).id(), code, code.sentence() + " Repeat it with the same id."));
      }
      replies.answer(asked.get(i).waiting(), outcomes, Optional.empty());
    }
  }

  /**
   * Answers every caller by what the log holds of {@link #newKeys()} after an outcome that was unknown. An append is
   * stored as a whole or not at all; of one without events nobody can tell.
   */
  void answerFrom(Known known) {
    answer(append -> {
      if (append.events().isEmpty()) {
        return Fate.UNKNOWN;
      }
      KeyRow expected = append.events().get(0).keys().get(0);
      return expected.equals(known.keys().get(expected.key())) ? Fate.COMMITTED : Fate.UNKNOWN;
    });
  }

  private void answer(Function<OrgAppend, Fate> fates) {
    Map<String, Fate> byOrg = new HashMap<>();
    appends.forEach((orgId, append) -> byOrg.put(orgId, fates.apply(append)));
    for (int i = 0; i < asked.size(); i++) {
      Append append = asked.get(i).append();
      // of an org of which nothing had to be stored, everything is as it was found
      Fate fate = byOrg.getOrDefault(append.orgId(), Fate.COMMITTED);
      List<Entry> entries = asked.get(i).entries();
      List<Outcome> outcomes = new ArrayList<>(entries.size());
      for (int j = 0; j < entries.size(); j++) {
        outcomes.add(outcome(append.orgId(), entries.get(j).id(), verdicts.get(i).get(j), fate));
      }
      replies.answer(asked.get(i).waiting(), outcomes, cursor(append, fate));
    }
  }

  private Optional<Position> cursor(Append append, Fate fate) {
    boolean asks = append.source() instanceof Source.Cloud || append.source() instanceof Source.Single;
    return asks && fate == Fate.COMMITTED && intakes.containsKey(append.orgId())
        ? intakes.get(append.orgId()).cursor()
        : Optional.empty();
  }

  private Outcome outcome(String orgId, String id, Verdict verdict, Fate fate) {
    if (verdict instanceof Verdict.Settled settled) {
      return settled.outcome();
    } else if (fate == Fate.MOVED) {
      return moved(id);
    } else if (fate == Fate.UNKNOWN) {
      return Outcome.refused(id, ErrorCode.STORAGE_ERROR, "The store failed; repeat it with the same id.");
    } else if (verdict instanceof Verdict.Dependent dependent) {
      return dependent.outcome();
    }
    boolean repeat = verdict instanceof Verdict.RepeatOf;
    int index = repeat ? ((Verdict.RepeatOf) verdict).index() : ((Verdict.Numbered) verdict).index();
    NewEvent event = appends.get(orgId).events().get(index);
    return repeat
        ? Outcome.duplicate(id, event.offset(), event.sequence())
        : Outcome.accepted(id, event.offset(), event.sequence());
  }

  private static Outcome moved(String id) {
    return Outcome.refused(id, ErrorCode.MOVED, "The room is moving; repeat it with the same id.");
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
