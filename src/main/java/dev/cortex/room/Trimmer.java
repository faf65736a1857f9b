package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.Message.Trimmed;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * Removes expired events, a chunk at a time and in turns with commits. The floor is published in the room before
 * anything is deleted, and never passes a reader in replay.
 */
final class Trimmer {

  /** Events deleted in one transaction: a few milliseconds' work. */
  private static final int CHUNK_EVENTS = 500;

  private static final int ORGS_AT_ONCE = 64;
  private static final int SWEEP_ROWS = 1_000;
  private static final int SWEEPS_MAX = 1_000;
  private static final int COMPACT_PAGES = 2_000;

  private final EventLog log;
  private final Rooms rooms;
  private final CommitLane lane;
  private final ReplayLeases leases;
  private final Clock clock;

  Trimmer(EventLog log, Rooms rooms, CommitLane lane, ReplayLeases leases, Clock clock) {
    this.log = log;
    this.rooms = rooms;
    this.lane = lane;
    this.leases = leases;
    this.clock = clock;
  }

  /** Serves one request of the pruner to its end. */
  Future<Trimmed> trim(Trim ask) {
    return expired(ask.cutoffMs(), new HashSet<>(), 0)
        .compose(events -> sweep(ask.nowMs(), 0, 0).compose(rows -> finish(ask, events, rows)));
  }

  private Future<Trimmed> finish(Trim ask, long events, long rows) {
    // every time, not only after a trim: one large trim frees more than one call gives back
    return lane
        .chore(() -> log.compact(COMPACT_PAGES))
        .compose(done -> lane.chore(() -> log.retentionMark(ask.wallMs())))
        .map(done -> new Trimmed(events, rows));
  }

  private Future<Long> expired(long cutoffMs, Set<String> visited, long removed) {
    return log.expired(cutoffMs, ORGS_AT_ONCE + visited.size()).compose(heads -> {
      ArrayDeque<String> todo = new ArrayDeque<>();
      for (OrgHead head : heads) {
        if (visited.add(head.orgId())) {
          todo.add(head.orgId());
        }
      }
      return todo.isEmpty()
          ? Future.succeededFuture(removed)
          : orgs(todo, cutoffMs, 0).compose(more -> expired(cutoffMs, visited, removed + more));
    });
  }

  private Future<Long> orgs(ArrayDeque<String> todo, long cutoffMs, long removed) {
    String next = todo.poll();
    return next == null
        ? Future.succeededFuture(removed)
        : chunks(next, cutoffMs, 0).compose(more -> orgs(todo, cutoffMs, removed + more));
  }

  private Future<Long> chunks(String orgId, long cutoffMs, long removed) {
    return rooms.load(orgId).compose(room -> log.trimPoint(orgId, cutoffMs, CHUNK_EVENTS).compose(wanted -> {
      long before = room.floor();
      long through = leases.allowed(orgId, wanted, clock.monotonicNs());
      if (through <= before) {
        return Future.succeededFuture(removed);
      }
      room.raiseFloor(through);
      return lane.chore(() -> log.trim(orgId, room.shard(), rooms.epoch(room.shard()), through))
          .compose(result -> {
            if (result != AppendResult.COMMITTED) {
              rooms.forget(orgId);
              return Future.succeededFuture(removed);
            }
            return chunks(orgId, cutoffMs, removed + through - before);
          });
    }));
  }

  private Future<Long> sweep(long nowMs, int rounds, long removed) {
    return lane.chore(() -> log.sweep(nowMs, SWEEP_ROWS)).compose(rows -> rows == 0 || rounds >= SWEEPS_MAX
        ? Future.succeededFuture(removed + rows)
        : sweep(nowMs, rounds + 1, removed + rows));
  }
}
