package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import dev.cortex.log.OrgHead;

/**
 * What a node keeps in memory of one org while it is active: where its log stands. Touched only on the context of the
 * verticle that owns the org's shard; everything here can be read again from the log.
 */
@Pure
final class Room {

  private final String orgId;
  private final int shard;
  private final String logId;
  private long head;
  private long floor;
  private long lastReceivedAt;
  private long storedBytes;
  private long outboxHead;
  private long usedNs;

  /** The room of an org whose log exists. */
  Room(OrgHead stored) {
    this.orgId = stored.orgId();
    this.shard = stored.shard();
    this.logId = stored.logId();
    this.head = stored.head();
    this.floor = stored.floor();
    this.lastReceivedAt = stored.lastReceivedAt();
    this.storedBytes = stored.storedBytes();
    this.outboxHead = stored.outboxHead();
  }

  /** The room of an org without events: its log id is settled now and stored with the first event. */
  Room(String orgId, int shard, String newLogId) {
    this.orgId = orgId;
    this.shard = shard;
    this.logId = newLogId;
  }

  String orgId() {
    return orgId;
  }

  int shard() {
    return shard;
  }

  String logId() {
    return logId;
  }

  /** Highest committed offset, 0 before the first event. */
  long head() {
    return head;
  }

  /** Highest offset trimmed away or about to be. */
  long floor() {
    return floor;
  }

  /** Receive time of the event at head, Unix milliseconds. */
  long lastReceivedAt() {
    return lastReceivedAt;
  }

  /** Bytes of payload of the retained events; until the log was {@link #counted} after a trim, those removed too. */
  long storedBytes() {
    return storedBytes;
  }

  /** So many bytes of payload more are stored. */
  void stored(long payloadBytes) {
    storedBytes += payloadBytes;
  }

  /** What the log says of itself, unless a commit came between its look and now: then the next look counts. */
  void counted(OrgHead stored) {
    if (stored.head() == head) {
      storedBytes = stored.storedBytes();
    }
  }

  /** The last number given in the log's own outbox, 0 before the first. */
  long outboxHead() {
    return outboxHead;
  }

  /** Numbers up to this one are given in the log's own outbox. */
  void outboxHead(long number) {
    outboxHead = number;
  }

  /** When it was used last, by the monotonic clock. */
  long usedNs() {
    return usedNs;
  }

  /** It is used now. */
  void used(long nowNs) {
    usedNs = nowNs;
  }

  Position position() {
    return new Position(logId, head);
  }

  /** Events up to {@code newHead} were committed, the last one received at that time. */
  void advanced(long newHead, long receivedAt) {
    head = newHead;
    lastReceivedAt = receivedAt;
  }

  /** Offsets up to {@code newFloor} are no longer served; published before they are deleted. */
  void raiseFloor(long newFloor) {
    floor = Math.max(floor, newFloor);
  }

  /** The trim for which the floor was raised failed: what is still there is served again, and trimmed another time. */
  void restoreFloor(long oldFloor) {
    floor = oldFloor;
  }
}
