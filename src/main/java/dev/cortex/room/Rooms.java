package dev.cortex.room;

import dev.cortex.bus.ShardMap;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogIds;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The rooms in memory: those that were used last. A room that is not here is read from the log on its first use, so
 * memory follows active orgs and not all that exist.
 */
final class Rooms {

  private final EventLog log;
  private final ShardMap shardMap;
  private final Map<Integer, Long> epochs = new HashMap<>();
  private final LinkedHashMap<String, Room> byOrg = new LinkedHashMap<>(64, 0.75f, true);
  /** Rooms that are being read: one question an org at a time, so that no answer is older than the room in memory. */
  private final Map<String, Future<Map<String, Room>>> loading = new HashMap<>();
  /** Shards whose claim was begun and not confirmed: the store may know a newer epoch than we do. */
  private final Set<Integer> unsure = new HashSet<>();
  private final LogIds logIds = new LogIds();
  private final int roomsMax;
  private final Predicate<Room> pinned;
  private long forgotten;

  /**
   * Rooms over a log.
   *
   * @param roomsMax how many stay in memory
   * @param pinned rooms that must stay, whatever their number
   */
  Rooms(EventLog log, ShardMap shardMap, int roomsMax, Predicate<Room> pinned) {
    this.log = log;
    this.shardMap = shardMap;
    this.roomsMax = roomsMax;
    this.pinned = pinned;
  }

  /** Raises the epochs of these shards and forgets their rooms, which are to be read after the claim. */
  Future<Void> claim(String owner, Collection<Integer> claimed) {
    unsure.addAll(claimed);
    return log.claim(owner, claimed)
        .map(
            raised -> {
              epochs.putAll(raised);
              unsure.removeAll(raised.keySet());
              byOrg.values().removeIf(room -> raised.containsKey(room.shard()));
              forgotten++;
              return null;
            });
  }

  /** Claims again those shards of these orgs whose last claim has an unknown outcome; nearly always there are none. */
  Future<Void> ensureClaimed(String owner, Collection<String> orgIds) {
    if (unsure.isEmpty()) {
      return Future.succeededFuture();
    }
    Set<Integer> shardsOf = new HashSet<>();
    orgIds.forEach(org -> shardsOf.add(shardOf(org)));
    shardsOf.retainAll(unsure);
    return shardsOf.isEmpty() ? Future.succeededFuture() : claim(owner, shardsOf);
  }

  /** The shard an org belongs to. */
  int shardOf(String orgId) {
    return shardMap.shardOf(orgId);
  }

  /** The fencing epoch under which this node owns a shard. */
  long epoch(int shard) {
    return epochs.get(shard);
  }

  /** The shards this node owns. */
  Set<Integer> owned() {
    return Set.copyOf(epochs.keySet());
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
    Set<Future<Map<String, Room>>> reads = new LinkedHashSet<>();
    for (String orgId : orgIds) {
      Room room = byOrg.get(orgId);
      if (room != null) {
        found.put(orgId, room);
      } else if (loading.containsKey(orgId)) {
        reads.add(loading.get(orgId));
      } else {
        missing.add(orgId);
      }
    }
    if (!missing.isEmpty()) {
      reads.add(read(missing));
    }
    if (reads.isEmpty()) {
      return Future.succeededFuture(found);
    }
    return Future.all(List.copyOf(reads)).map(done -> {
      for (Future<Map<String, Room>> read : reads) {
        read.result().forEach((orgId, room) -> {
          if (orgIds.contains(orgId)) {
            found.put(orgId, room);
          }
        });
      }
      return found;
    });
  }

  /** Forgets a room whose memory may no longer agree with the log. */
  void forget(String orgId) {
    byOrg.remove(orgId);
    forgotten++;
  }

  private Future<Map<String, Room>> read(List<String> orgIds) {
    Promise<Map<String, Room>> answer = Promise.promise();
    orgIds.forEach(orgId -> loading.put(orgId, answer.future()));
    readCurrent(orgIds).onComplete(read -> {
      loading.keySet().removeAll(orgIds);
      answer.handle(read);
    });
    return answer.future();
  }

  /** What was asked before a claim or a doubt may be older than they are: it is asked again. */
  private Future<Map<String, Room>> readCurrent(List<String> orgIds) {
    long before = forgotten;
    return log.heads(orgIds).compose(heads -> {
      if (before != forgotten) {
        return readCurrent(orgIds);
      }
      Map<String, Room> rooms = new HashMap<>();
      orgIds.forEach(orgId -> rooms.put(orgId, remember(orgId, heads.get(orgId))));
      return Future.succeededFuture(rooms);
    });
  }

  private Room remember(String orgId, OrgHead stored) {
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
