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
 */
@Pure
public record OrgHead(
    String orgId, String logId, long head, long floor, int shard, long lastReceivedAt, long storedBytes) {}
