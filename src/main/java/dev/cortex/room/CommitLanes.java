package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The commit lanes of a node: as many as the store takes appends at the same time. Shards are dealt to them by
 * remainder, so an org stays in one lane, and a statement that hangs stops the orgs of its lane only.
 */
final class CommitLanes {

  private final Rooms rooms;
  private final List<CommitLane> lanes;

  /**
   * So many lanes.
   *
   * @param make makes the lane of that number
   */
  CommitLanes(int count, Rooms rooms, IntFunction<CommitLane> make) {
    this.rooms = rooms;
    this.lanes = IntStream.range(0, count).mapToObj(make).toList();
  }

  /** Takes an append into its lane; see {@link CommitLane#append}. */
  Future<Appended> append(Append append) {
    return of(rooms.shardOf(append.orgId())).append(append);
  }

  /** Runs a write that is no append, between two commits of the first lane. */
  <T> Future<T> chore(Supplier<Future<T>> work) {
    return lanes.get(0).chore(work);
  }

  /** Runs a write of an org that is no append, between two commits of its lane. */
  <T> Future<T> chore(String orgId, Supplier<Future<T>> work) {
    return of(rooms.shardOf(orgId)).chore(work);
  }

  /** See {@link CommitLane#settleDoubts}. */
  void settleDoubts() {
    lanes.forEach(CommitLane::settleDoubts);
  }

  /** Events that wait for a commit. */
  int queueDepth() {
    int depth = 0;
    for (CommitLane lane : lanes) {
      depth += lane.queueDepth();
    }
    return depth;
  }

  /** Whether a room is part of a commit that is running. */
  boolean isCommitting(Room room) {
    return of(room.shard()).isCommitting(room);
  }

  /** Refuses new appends and completes when all that were taken have been answered. */
  Future<Void> drain() {
    return Future.all(lanes.stream().map(CommitLane::drain).toList()).mapEmpty();
  }

  private CommitLane of(int shard) {
    return lanes.get(shard % lanes.size());
  }
}
