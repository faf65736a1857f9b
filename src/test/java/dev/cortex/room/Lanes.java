package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import java.util.Set;
import java.util.function.Consumer;

/** Commit lanes of a node that shares its log with no other. */
final class Lanes {

  private Lanes() {}

  /** The only lane of a node. */
  static CommitLane one(EventLog log, Rooms rooms, Fanout fanout, Admission admission, Clock clock) {
    return one(log, rooms, fanout, admission, clock, shards -> {});
  }

  /** The only lane of a node, and who hears of shards that turned out to be another's. */
  static CommitLane one(
      EventLog log, Rooms rooms, Fanout fanout, Admission admission, Clock clock, Consumer<Set<Integer>> deposed) {
    CommitLane.Listener listener = new CommitLane.Listener() {

      @Override
      public void deposed(Set<Integer> shards) {
        deposed.accept(shards);
      }

      @Override
      public void outboxGrew(String orgId, long outboxHead) {
        throw new AssertionError("there is no outbox");
      }
    };
    Lookup lookup = new Lookup("n1", log, rooms, new NewLogIds(rooms, fanout), Sharing.NONE, deposed);
    return new CommitLane("n1", log, rooms, lookup, fanout, admission, new Metrics(), clock, 1, listener);
  }
}
