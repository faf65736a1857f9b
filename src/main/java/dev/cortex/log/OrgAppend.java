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
 * @param noted what is noted beside them
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
}
