package dev.cortex.room;

import dev.cortex.event.ErrorCode;
import dev.cortex.log.EventLog;
import dev.cortex.log.OrgAppend;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds out what became of appends of unknown outcome, and keeps those of which it stayed unknown because the store did
 * not answer again: one that did commit is of no use to those who listen until somebody looks, and the producer's
 * repeat adds nothing that would be delivered.
 */
final class Doubts {

  /** Those of more orgs are found with each org's next event. */
  private static final int ORGS_MAX = 10_000;

  private static final int ORGS_AT_ONCE = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(Doubts.class);

  private final String node;
  private final EventLog log;
  private final Rooms rooms;
  private final Fanout fanout;
  private final CommitLane.Listener listener;
  /** Where each org's log stood before the first of its doubtful appends. */
  private final Map<String, Long> after = new LinkedHashMap<>();

  /** No doubts. */
  Doubts(String node, EventLog log, Rooms rooms, Fanout fanout, CommitLane.Listener listener) {
    this.node = node;
    this.log = log;
    this.rooms = rooms;
    this.fanout = fanout;
    this.listener = listener;
  }

  /**
   * Answers a batch whose statement failed and may still commit. An epoch raised by us, or by whoever has claimed the
   * shard since, shuts it out if it has not; then the log itself tells what it has.
   */
  Future<Void> resolve(Batch batch) {
    Set<Integer> shards = new HashSet<>();
    batch.orgIds().forEach(org -> shards.add(rooms.shardOf(org)));
    return rooms
        .reclaim(node, shards)
        .compose(lost -> {
          depose(lost);
          return rooms.load(batch.orgIds());
        })
        .compose(loaded -> log.known(batch.newKeys(), List.of()).<Void>map(known -> {
          batch.appends().forEach(append -> tell(append, loaded.get(append.orgId())));
          batch.answerFrom(known);
          return null;
        }))
        .recover(again -> {
          LOG.error("the outcome of a commit stays unknown: " + again.getMessage());
          batch.orgIds().forEach(rooms::forget);
          batch.appends().forEach(this::add);
          batch.refuse(ErrorCode.STORAGE_ERROR);
          return Future.succeededFuture();
        });
  }

  /** Lets everyone look who would have heard of an append; the room is null when it is another node's now. */
  private void tell(OrgAppend append, Room room) {
    if (room != null) {
      fanout.nudge(room, append.expectedHead(), rooms.epoch(room.shard()));
      if (append.noted().outboxHead() > 0) {
        listener.outboxGrew(room.orgId(), room.outboxHead());
      }
    }
  }

  private void depose(Set<Integer> lost) {
    if (!lost.isEmpty()) {
      listener.deposed(lost);
    }
  }

  private void add(OrgAppend append) {
    if (after.size() < ORGS_MAX || after.containsKey(append.orgId())) {
      after.merge(append.orgId(), append.expectedHead(), Math::min);
    }
  }

  boolean isEmpty() {
    return after.isEmpty();
  }

  /**
   * Reads where the eldest of these logs stand now and lets gateways see it; a failure leaves them for another time.
   */
  Future<Void> settle() {
    List<String> orgIds = after.keySet().stream().limit(ORGS_AT_ONCE).toList();
    return rooms
        .ensureClaimed(node, orgIds)
        .compose(lost -> {
          depose(lost);
          return rooms.load(orgIds);
        })
        .map(loaded -> {
          for (String orgId : orgIds) {
            long before = after.remove(orgId);
            Room room = loaded.get(orgId);
            if (room != null && room.head() > before) {
              fanout.nudge(room, before, rooms.epoch(room.shard()));
            }
            if (room != null && room.outboxHead() > 0) {
              listener.outboxGrew(orgId, room.outboxHead());
            }
          }
          return null;
        });
  }
}
