package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.event.ContentHash;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Hash128;
import dev.cortex.event.KeyHash;
import dev.cortex.event.Outcome;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the drafts of one org their offsets and sequences, in turn, and finds repeats: against what the log knows and
 * against drafts numbered before them in the same batch, whose fate they share. Nothing is certain until the resulting
 * {@link #append()} has committed.
 */
@Pure
final class Numbering {

  /** What is to become of a draft. */
  sealed interface Verdict {
    /** Answered already: refused, or a repeat of a committed event. */
    record Settled(Outcome outcome) implements Verdict {}

    /**
     * Refused because of the new event at that index: final once that one has committed, and nothing if it has not.
     */
    record Refused(Outcome outcome, int index) implements Verdict {}

    /** The new event at that index of the append. */
    record Numbered(int index) implements Verdict {}

    /** A repeat of the new event at that index. */
    record RepeatOf(String id, int index) implements Verdict {}
  }

  private final Room room;
  private final long epoch;
  private final Known known;
  private final long storedBytesMax;
  private final List<NewEvent> events = new ArrayList<>();
  private final Map<KeyRef, Integer> pendingKeys = new HashMap<>();
  private final Map<SessionRef, SessionRow> sessions = new HashMap<>();
  private long payloadBytes;

  /** Numbers drafts of an org that may store any number of bytes. */
  Numbering(Room room, long epoch, Known known) {
    this(room, epoch, known, Long.MAX_VALUE);
  }

  /**
   * Numbers drafts of an org.
   *
   * @param known what the log knows of the drafts' keys and sessions
   * @param storedBytesMax at so many stored bytes of payload no further event is taken
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

  /**
   * Numbers one draft, or says why not.
   *
   * @param draft complete draft of this org
   * @param nowMs receive time, Unix milliseconds; never goes back within a log
   */
  Verdict add(Draft draft, long nowMs) {
    Hash128 content = ContentHash.of(draft);
    List<KeyRef> keys = keysOf(draft);
    int pendingOriginal = -1;
    KeyRow original = null;
    for (KeyRef key : keys) {
      Integer pending = pendingKeys.get(key);
      KeyRow row = pending != null ? rowOf(pending) : known.keys().get(key);
      if (row == null) {
        continue;
      }
      if ((original != null && original.offset() != row.offset()) || !sameContent(draft, content, row)) {
        int because = pending != null ? pending : pendingOriginal;
        return refused(draft, because, ErrorCode.IDEMPOTENCY_CONFLICT, conflictMessage(key, row));
      }
      original = row;
      pendingOriginal = pending != null ? pending : -1;
    }
    if (original != null) {
      return pendingOriginal >= 0
          ? new Verdict.RepeatOf(draft.id(), pendingOriginal)
          : new Verdict.Settled(Outcome.duplicate(draft.id(), original.offset(), original.sequence()));
    }
    return number(draft, content, keys, Math.max(nowMs, room.lastReceivedAt()));
  }

  /** Bytes of payload of everything numbered so far. */
  long payloadBytes() {
    return payloadBytes;
  }

  /** Everything numbered so far, ready to be committed. */
  OrgAppend append() {
    return new OrgAppend(
        room.orgId(), room.shard(), epoch, room.logId(), room.head(), events, List.copyOf(sessions.values()));
  }

  private Verdict number(Draft draft, Hash128 content, List<KeyRef> keys, long receivedAt) {
    // before anything final is said of it: an event behind one that has to wait would be told that its sequence is wrong
    if (room.storedBytes() + payloadBytes >= storedBytesMax) {
      return settled(
          draft,
          ErrorCode.QUOTA_EXCEEDED,
          "limits.stored_bytes: " + (room.storedBytes() + payloadBytes) + " bytes of payload are stored, "
              + storedBytesMax + " may be; there is room again when the oldest events have expired");
    }
    long offset = room.head() + events.size() + 1;
    long sequence = 0;
    if (draft.hasSession()) {
      SessionRef ref = session(draft);
      SessionRow row = sessions.getOrDefault(ref, known.sessions().get(ref));
      if (row != null && !row.home().isEmpty()) {
        return settled(
            draft,
            ErrorCode.SESSION_ELSEWHERE,
            "session " + ref.agentId() + '/' + ref.sessionId() + " is written in " + row.home() + "; publish it there");
      }
      long expected = row == null ? 1 : row.lastSequence() + 1;
      if (draft.sequence() != 0 && draft.sequence() != expected) {
        return refused(
            draft,
            sessions.containsKey(ref) ? events.size() - 1 : -1,
            ErrorCode.SEQUENCE_CONFLICT,
            "sequence " + draft.sequence() + " of session " + ref.agentId() + '/' + ref.sessionId() + ": expected "
                + expected);
      }
      sequence = expected;
      sessions.put(ref, new SessionRow(ref, "", offset, sequence));
    }
    List<KeyRow> rows = new ArrayList<>(2);
    for (KeyRef key : keys) {
      rows.add(new KeyRow(key, offset, sequence, content.hi(), content.lo()));
      pendingKeys.put(key, events.size());
    }
    payloadBytes += draft.payload().length;
    events.add(new NewEvent(draft, offset, sequence, receivedAt, rows));
    return new Verdict.Numbered(events.size() - 1);
  }

  private KeyRow rowOf(int index) {
    return events.get(index).keys().get(0);
  }

  private static List<KeyRef> keysOf(Draft draft) {
    return draft.idempotencyKey().isEmpty()
        ? List.of(idKey(draft))
        : List.of(idKey(draft), idempotencyKey(draft));
  }

  private static boolean sameContent(Draft draft, Hash128 content, KeyRow row) {
    return content.hi() == row.contentHi()
        && content.lo() == row.contentLo()
        && (draft.sequence() == 0 || draft.sequence() == row.sequence());
  }

  private static String conflictMessage(KeyRef key, KeyRow row) {
    String what = key.kind() == KeyRef.Kind.IDEMPOTENCY ? "idempotencyKey" : "id";
    return what + " was used by a different event (offset " + row.offset() + "); a repeat must be identical";
  }

  /** Refused because of the new event at that index, or of none when it is negative. */
  private static Verdict refused(Draft draft, int because, ErrorCode code, String message) {
    return because < 0
        ? settled(draft, code, message)
        : new Verdict.Refused(Outcome.refused(draft.id(), code, message), because);
  }

  private static Verdict settled(Draft draft, ErrorCode code, String message) {
    return new Verdict.Settled(Outcome.refused(draft.id(), code, message));
  }
}
