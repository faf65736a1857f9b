package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.Message.Trimmed;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Removes expired events of the shards this node owns, a chunk at a time and in turns with commits. The floor is
 * published in the room before anything is deleted, and never passes a reader in replay.
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
  private final CommitLanes lanes;
  private final ReplayLeases leases;
  private final Clock clock;

  Trimmer(EventLog log, Rooms rooms, CommitLanes lanes, ReplayLeases leases, Clock clock) {
    this.log = log;
    this.rooms = rooms;
    this.lanes = lanes;
    this.leases = leases;
    this.clock = clock;
  }

  /** Serves one request of the pruner to its end. */
  Future<Trimmed> trim(Trim ask) {
    Run run = new Run(ask);
    return repeat(run::org)
        .compose(done -> repeat(run::sweep))
        .compose(done -> run.finish());
  }

  /**
   * Runs a step again until it answers false. A chain of futures instead would grow with every step, and come down at
   * the end on one stack.
   */
  private static Future<Void> repeat(Supplier<Future<Boolean>> step) {
    Promise<Void> end = Promise.promise();
    repeat(step, end);
    return end.future();
  }

  private static void repeat(Supplier<Future<Boolean>> step, Promise<Void> end) {
    step.get().onComplete(
        more -> {
          if (more) {
            repeat(step, end);
          } else {
            end.complete();
          }
        },
        end::fail);
  }

  /** What one request has done so far. */
  private final class Run {

    private final Trim ask;
    private final Set<String> visited = new HashSet<>();
    private final ArrayDeque<String> orgs = new ArrayDeque<>();
    private long events;
    private long rows;
    private int sweeps;

    private Run(Trim ask) {
      this.ask = ask;
    }

    /** Trims one org to its end, or finds the next ones; false when there are none. */
    private Future<Boolean> org() {
      if (rooms.ownedCount() == 0) {
        return Future.succeededFuture(false);
      }
      String orgId = orgs.poll();
      if (orgId != null) {
        return repeat(() -> chunk(orgId)).map(true);
      }
      return log.expired(ask.cutoffMs(), rooms.owned(), ORGS_AT_ONCE + visited.size()).map(heads -> {
        for (OrgHead head : heads) {
          if (visited.add(head.orgId())) {
            orgs.add(head.orgId());
          }
        }
        return !orgs.isEmpty();
      });
    }

    /** Removes the next chunk of an org; false when there is none or it must not go yet. */
    private Future<Boolean> chunk(String orgId) {
      if (!rooms.owns(orgId)) {
        return Future.succeededFuture(false); // moved meanwhile: its new owner goes on
      }
      return rooms.load(orgId).compose(room -> log.trimPoint(orgId, ask.cutoffMs(), CHUNK_EVENTS).compose(wanted -> {
        long before = room.floor();
        long through = leases.allowed(orgId, wanted, clock.monotonicNs());
        if (through <= before) {
          return Future.succeededFuture(false);
        }
        room.raiseFloor(through);
        return lanes.chore(() -> log.trim(orgId, room.shard(), rooms.epoch(room.shard()), through))
            .onFailure(failure -> room.restoreFloor(before))
            .compose(result -> {
              if (result != AppendResult.COMMITTED) {
                rooms.forget(orgId);
                return Future.succeededFuture(false);
              }
              events += through - before;
              return count(room).map(true);
            });
      }));
    }

    /** Looks how much is stored now; when that fails, the org's quota stays as full as it was until the next trim. */
    private Future<Void> count(Room room) {
      return log.heads(List.of(room.orgId())).<Void>map(heads -> {
        Optional.ofNullable(heads.get(room.orgId())).ifPresent(room::counted);
        return null;
      }).otherwiseEmpty();
    }

    private Future<Boolean> sweep() {
      if (!keepsHouse()) {
        return Future.succeededFuture(false);
      }
      return lanes.chore(() -> log.sweep(ask.nowMs(), SWEEP_ROWS)).map(swept -> {
        rows += swept;
        return swept > 0 && ++sweeps < SWEEPS_MAX;
      });
    }

    /** What concerns the store as a whole is done by one node: the owner of the first shard. */
    private boolean keepsHouse() {
      return rooms.epoch(0) > 0;
    }

    private Future<Trimmed> finish() {
      if (!keepsHouse()) {
        return Future.succeededFuture(new Trimmed(events, rows));
      }
      // every time, not only after a trim: one large trim frees more than one call gives back
      return lanes
          .chore(() -> log.compact(COMPACT_PAGES))
          .compose(done -> lanes.chore(() -> log.retentionMark(ask.wallMs())))
          .map(done -> new Trimmed(events, rows));
    }
  }
}
