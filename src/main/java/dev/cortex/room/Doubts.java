package dev.cortex.room;

import dev.cortex.log.OrgAppend;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Appends whose outcome stayed unknown because the store did not answer again. One that did commit is of no use to those
 * who listen until somebody looks, and the producer's repeat adds nothing that would be delivered.
 */
final class Doubts {

  /** Those of more orgs are found with each org's next event. */
  private static final int ORGS_MAX = 10_000;

  private static final int ORGS_AT_ONCE = 1_000;

  private final String node;
  private final Rooms rooms;
  private final Fanout fanout;
  private final Consumer<Set<Integer>> deposed;
  /** Where each org's log stood before the first of its doubtful appends. */
  private final Map<String, Long> after = new LinkedHashMap<>();

  /**
   * No doubts.
   *
   * @param deposed hears of shards that turned out to be another node's
   */
  Doubts(String node, Rooms rooms, Fanout fanout, Consumer<Set<Integer>> deposed) {
    this.node = node;
    this.rooms = rooms;
    this.fanout = fanout;
    this.deposed = deposed;
  }

  /** Nobody knows what this append came to. */
  void add(OrgAppend append) {
    if (after.size() < ORGS_MAX || after.containsKey(append.orgId())) {
      after.merge(append.orgId(), append.expectedHead(), Math::min);
    }
  }

  boolean isEmpty() {
    return after.isEmpty();
  }

  /** Reads where the eldest of these logs stand now and lets gateways see it; a failure leaves them for another time. */
  Future<Void> settle() {
    List<String> orgIds = after.keySet().stream().limit(ORGS_AT_ONCE).toList();
    return rooms
        .ensureClaimed(node, orgIds)
        .compose(lost -> {
          deposed.accept(lost);
          return rooms.load(orgIds);
        })
        .map(loaded -> {
          for (String orgId : orgIds) {
            long before = after.remove(orgId);
            Room room = loaded.get(orgId);
            if (room != null && room.head() > before) {
              fanout.nudge(room, before, rooms.epoch(room.shard()));
            }
          }
          return null;
        });
  }
}
