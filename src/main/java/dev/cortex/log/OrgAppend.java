package dev.cortex.log;

import dev.cortex.base.Pure;
import java.util.List;

/**
 * The part of an append that belongs to one org. Its events have the offsets expectedHead + 1, + 2, … without a gap.
 *
 * @param orgId tenant
 * @param shard the org's shard
 * @param epoch the shard's fencing epoch as the room knows it
 * @param logId incarnation of the log; the id to create it with when expectedHead is 0 and the org is new
 * @param expectedHead the head the room believes in
 * @param events what to insert, at least one unless something is noted
 * @param sessions the sessions after these events
 * @param noted what is noted beside them; an outbox head that is not where the store has it counts as a moved head
 */
@Pure
public record OrgAppend(
    String orgId,
    int shard,
    long epoch,
    String logId,
    long expectedHead,
    List<NewEvent> events,
    List<SessionRow> sessions,
    SyncMarks.Noted noted) {

  /** An append that is no part of any sync. */
  public OrgAppend(
      String orgId,
      int shard,
      long epoch,
      String logId,
      long expectedHead,
      List<NewEvent> events,
      List<SessionRow> sessions) {
    this(orgId, shard, epoch, logId, expectedHead, events, sessions, SyncMarks.Noted.NOTHING);
  }

  /** The head after it. */
  public long head() {
    return expectedHead + events.size();
  }

  /** Receive time of the first event, 0 without one. */
  public long firstReceivedAt() {
    return events.isEmpty() ? 0 : events.get(0).receivedAt();
  }

  /** Receive time of the last event, 0 without one. */
  public long lastReceivedAt() {
    return events.isEmpty() ? 0 : events.get(events.size() - 1).receivedAt();
  }

  /** Bytes of the payloads of its events. */
  public long payloadBytes() {
    long bytes = 0;
    for (NewEvent event : events) {
      bytes += event.draft().payload().length;
    }
    return bytes;
  }

  /** The last number of this log's own outbox of the org before it, if it gives any: they are given without a gap. */
  public long outboxBefore() {
    long numbered = 0;
    for (NewEvent event : events) {
      numbered += event.outboxNumber() == 0 ? 0 : 1;
    }
    return noted.outboxHead() - numbered;
  }
}
