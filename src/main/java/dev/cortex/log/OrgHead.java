package dev.cortex.log;

import dev.cortex.base.Pure;

/**
 * The state of one org's log: events with offsets in (floor, head] are retained.
 *
 * @param orgId tenant
 * @param logId incarnation of the log
 * @param head highest offset given out, 0 before the first event
 * @param floor highest offset trimmed away, 0 when nothing was
 * @param shard the shard the org belongs to
 * @param lastReceivedAt receive time of the event at head, Unix milliseconds
 * @param storedBytes bytes of payload of the retained events
 * @param outboxHead last number given in this log's own outbox, 0 before the first
 * @param outboxConfirmed last number of it of which the cloud's answer is known
 */
@Pure
public record OrgHead(
    String orgId,
    String logId,
    long head,
    long floor,
    int shard,
    long lastReceivedAt,
    long storedBytes,
    long outboxHead,
    long outboxConfirmed) {

  /** A log without an outbox. */
  public OrgHead(
      String orgId, String logId, long head, long floor, int shard, long lastReceivedAt, long storedBytes) {
    this(orgId, logId, head, floor, shard, lastReceivedAt, storedBytes, 0, 0);
  }
}
