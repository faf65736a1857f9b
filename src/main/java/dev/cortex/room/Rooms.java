package dev.cortex.room;

import dev.cortex.bus.ShardMap;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogIds;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The rooms in memory: those that were used last. A room that is not here is read from the log on its first use, so
 * memory follows active orgs and not all that exist.
 */
final class Rooms {

  private final EventLog log;
  private final int shards;
  private final Map<Integer, Long> epochs = new HashMap<>();
  private final LinkedHashMap<String, Room> byOrg = new LinkedHashMap<>(64, 0.75f, true);
  private final LogIds logIds = new LogIds();
  private final int roomsMax;
  private final Predicate<Room> pinned;

  /**
   * Rooms over a log.
   *
   * @param roomsMax how many stay in memory
   * @param pinned rooms that must stay, whatever their number
   */
  Rooms(EventLog log, int shards, int roomsMax, Predicate<Room> pinned) {
    this.log = log;
    this.shards = shards;
    this.roomsMax = roomsMax;
    this.pinned = pinned;
  }

  /** Raises the epochs of these shards and forgets their rooms, which are to be read after the claim. */
  Future<Void> claim(String owner, Collection<Integer> claimed) {
    return log.claim(owner, claimed)
        .map(
            raised -> {
              epochs.putAll(raised);
              byOrg.values().removeIf(room -> raised.containsKey(room.shard()));
              return null;
            });
  }

  /** The shard an org belongs to. */
  int shardOf(String orgId) {
    return ShardMap.shardOf(orgId, shards);
  }

  /** The fencing epoch under which this node owns a shard. */
  long epoch(int shard) {
    return epochs.get(shard);
  }

  /** How many rooms are in memory. */
  int size() {
    return byOrg.size();
  }

  /** The room of one org, from memory or the log. */
  Future<Room> load(String orgId) {
    Room room = byOrg.get(orgId);
    return room != null ? Future.succeededFuture(room) : load(List.of(orgId)).map(rooms -> rooms.get(orgId));
  }

  /** The rooms of these orgs, from memory or, in one question, from the log. */
  Future<Map<String, Room>> load(Collection<String> orgIds) {
    Map<String, Room> found = new HashMap<>();
    List<String> missing = new ArrayList<>();
    for (String orgId : orgIds) {
      Room room = byOrg.get(orgId);
      if (room != null) {
        found.put(orgId, room);
      } else {
        missing.add(orgId);
      }
    }
    return missing.isEmpty()
        ? Future.succeededFuture(found)
        : log.heads(missing)
            .map(
                heads -> {
                  for (String orgId : missing) {
                    found.put(orgId, remember(orgId, heads.get(orgId)));
                  }
                  return found;
                });
  }

  /** Forgets a room whose memory may no longer agree with the log. */
  void forget(String orgId) {
    byOrg.remove(orgId);
  }

  private Room remember(String orgId, OrgHead stored) {
    Room already = byOrg.get(orgId);
    if (already != null) {
      return already; // another request read it meanwhile; there is one room an org
    }
    Room room = stored != null ? new Room(stored) : new Room(orgId, shardOf(orgId), logIds.next());
    byOrg.put(orgId, room);
    if (byOrg.size() > roomsMax) {
      evictEldest();
    }
    return room;
  }

  private void evictEldest() {
    var eldest = byOrg.values().iterator();
    while (eldest.hasNext() && byOrg.size() > roomsMax) {
      if (!pinned.test(eldest.next())) {
        eldest.remove();
      }
    }
  }
}
