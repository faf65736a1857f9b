package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.event.ContentHash;
import dev.cortex.event.Draft;
import dev.cortex.event.Hash128;
import dev.cortex.event.KeyHash;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.SyncMarks.Noted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The append of one org in the making: gives events their offsets, finds repeats against what the log knows and against
 * events numbered before in the same batch, and keeps the sessions as they will be. Which sequence an event may have is
 * decided by the rules of its source. Nothing is certain until {@link #append} has committed.
 */
@Pure
final class Numbering {

  /** A draft with all by which it is known. */
  record Candidate(Draft draft, Hash128 content, List<KeyRef> keys) {}

  /** Whether a draft is new. */
  sealed interface Match {

    /** Nothing is known by its keys. */
    record Nothing() implements Match {}

    /**
     * It repeats an event.
     *
     * @param original what is remembered of that event
     * @param index the new event it is, -1 when it is in the log
     */
    record Repeat(KeyRow original, int index) implements Match {}

    /**
     * Its keys belong to a different event, or to two.
     *
     * @param pending whether one of those is a new event
     */
    record Conflict(KeyRef key, KeyRow original, boolean pending) implements Match {

      /** What is wrong, for people. */
      String message() {
        String what = key.kind() == KeyRef.Kind.IDEMPOTENCY ? "idempotencyKey" : "id";
        return what + " was used by a different event (offset " + original.offset() + "); a repeat must be identical";
      }
    }
  }

  /**
   * The place of an event in its session.
   *
   * @param sequence its number there, 0 without a session
   * @param home the session's home
   * @param held see {@link SessionRow}
   */
  record Place(long sequence, String home, long held) {

    /** No session. */
    static final Place NONE = new Place(0, "", 0);
  }

  private static final Match NEW = new Match.Nothing();

  private final Room room;
  private final long epoch;
  private final Known known;
  private final long storedBytesMax;
  private final List<NewEvent> events = new ArrayList<>();
  private final Map<KeyRef, Integer> pendingKeys = new HashMap<>();
  private final Map<SessionRef, SessionRow> sessions = new HashMap<>();
  private long payloadBytes;

  /**
   * Numbers events of an org.
   *
   * @param known what the log knows of the drafts' keys and sessions
   * @param storedBytesMax at so many stored bytes of payload the org is {@link #full}
   */
  Numbering(Room room, long epoch, Known known, long storedBytesMax) {
    this.room = room;
    this.epoch = epoch;
    this.known = known;
    this.storedBytesMax = storedBytesMax;
  }

  /** The key of an event's id. */
  static KeyRef idKey(Draft draft) {
    Hash128 hash = KeyHash.of(draft.id());
    return new KeyRef(
        draft.orgId(), KeyHash.isUuid(draft.id()) ? KeyRef.Kind.UUID : KeyRef.Kind.ID, hash.hi(), hash.lo());
  }

  /** The key of an event's idempotency key, which must not be empty. */
  static KeyRef idempotencyKey(Draft draft) {
    Hash128 hash = KeyHash.hashed(draft.idempotencyKey());
    return new KeyRef(draft.orgId(), KeyRef.Kind.IDEMPOTENCY, hash.hi(), hash.lo());
  }

  /** The session of an event that has one. */
  static SessionRef session(Draft draft) {
    return new SessionRef(draft.orgId(), draft.agentId(), draft.sessionId());
  }

  /** A draft of this org by all its keys. */
  Candidate candidate(Draft draft) {
    List<KeyRef> keys = draft.idempotencyKey().isEmpty()
        ? List.of(idKey(draft))
        : List.of(idKey(draft), idempotencyKey(draft));
    return new Candidate(draft, ContentHash.of(draft), keys);
  }

  /** Looks whether a draft repeats an event: one event by all of its keys that are known, and with the same content. */
  Match match(Candidate candidate) {
    int pendingOriginal = -1;
    KeyRow original = null;
    for (KeyRef key : candidate.keys()) {
      Integer pending = pendingKeys.get(key);
      KeyRow row = pending != null ? rowOf(pending) : known.keys().get(key);
      if (row == null) {
        continue;
      }
      if ((original != null && original.offset() != row.offset()) || !sameContent(candidate, row)) {
        return new Match.Conflict(key, row, pending != null || pendingOriginal >= 0);
      }
      original = row;
      pendingOriginal = pending != null ? pending : -1;
    }
    return original == null ? NEW : new Match.Repeat(original, pendingOriginal);
  }

  /** A session as it is after everything numbered so far; empty when it is unknown. */
  Optional<SessionRow> session(SessionRef session) {
    SessionRow pending = sessions.get(session);
    return Optional.ofNullable(pending != null ? pending : known.sessions().get(session));
  }

  /** Whether a session changes with this append. */
  boolean isPending(SessionRef session) {
    return sessions.containsKey(session);
  }

  /** Changes what is remembered of a session. */
  void put(SessionRow session) {
    sessions.put(session.session(), session);
  }

  /** Why no further event of a producer is taken; empty while there is room. */
  Optional<String> full() {
    long stored = room.storedBytes() + payloadBytes;
    return stored < storedBytesMax
        ? Optional.empty()
        : Optional.of("limits.stored_bytes: " + stored + " bytes of payload are stored, " + storedBytesMax
            + " may be; there is room again when the oldest events have expired");
  }

  /**
   * Gives an event the next offset. What {@link #match} says of it must have been heeded.
   *
   * @param place its place in its session, {@link Place#NONE} without one
   * @param outboxNumber its number in this log's outbox, 0 for none
   * @param nowMs receive time, Unix milliseconds; never goes back within a log
   */
  Verdict.Numbered take(Candidate candidate, Place place, long outboxNumber, long nowMs) {
    Draft draft = candidate.draft();
    long offset = room.head() + events.size() + 1;
    if (draft.hasSession()) {
      put(new SessionRow(session(draft), place.home(), offset, place.sequence(), place.held()));
    }
    List<KeyRow> rows = new ArrayList<>(2);
    for (KeyRef key : candidate.keys()) {
      rows.add(new KeyRow(key, offset, place.sequence(), candidate.content().hi(), candidate.content().lo()));
      pendingKeys.put(key, events.size());
    }
    payloadBytes += draft.payload().length;
    events.add(new NewEvent(
        draft, offset, place.sequence(), Math.max(nowMs, room.lastReceivedAt()), rows, outboxNumber));
    return new Verdict.Numbered(events.size() - 1);
  }

  /** Bytes of payload of everything numbered so far. */
  long payloadBytes() {
    return payloadBytes;
  }

  /** Whether an event was numbered. */
  boolean hasEvents() {
    return !events.isEmpty();
  }

  /** Everything numbered so far, ready to be committed with what is noted beside it. */
  OrgAppend append(Noted noted) {
    return new OrgAppend(
        room.orgId(), room.shard(), epoch, room.logId(), room.head(), events, List.copyOf(sessions.values()), noted);
  }

  private KeyRow rowOf(int index) {
    return events.get(index).keys().get(0);
  }

  private static boolean sameContent(Candidate candidate, KeyRow row) {
    long sequence = candidate.draft().sequence();
    return candidate.content().hi() == row.contentHi()
        && candidate.content().lo() == row.contentLo()
        && (sequence == 0 || sequence == row.sequence());
  }
}
