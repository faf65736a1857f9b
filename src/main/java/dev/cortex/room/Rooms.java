package dev.cortex.room;

import dev.cortex.bus.Message.Head;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogIds;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The rooms in memory: those that were used last, of the shards this node owns and of no others. A room that is not
 * here is read from the log on its first use, so memory follows active orgs and not all that exist.
 */
final class Rooms {

  private final EventLog log;
  private final ShardMap shardMap;
  private final Map<Integer, Long> epochs = new HashMap<>();
  /** In the order of their last use. */
  private final LinkedHashMap<String, Room> byOrg = new LinkedHashMap<>(64, 0.75f, true);
  /** Rooms that are being read: one question an org at a time, so that no answer is older than the room in memory. */
  private final Map<String, Future<Map<String, Room>>> loading = new HashMap<>();
  /** Shards whose epoch we began to raise without hearing the outcome: the store may know a newer one than we do. */
  private final Set<Integer> unsure = new HashSet<>();
  private final LogIds logIds = new LogIds();
  private final int roomsMax;
  private final Predicate<Room> pinned;
  private long forgotten;
  private long nowNs;

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

  /** Raises the epochs of these shards, whoever has them; their rooms are to be read after the claim. */
  Future<Map<Integer, Long>> claim(String owner, Collection<Integer> claimed) {
    return log.claim(owner, claimed).onSuccess(raised -> {
      epochs.putAll(raised);
      renewed(raised.keySet());
    });
  }

  /**
   * Raises the epochs of those of these shards that still are ours, in case a write of unknown outcome is on its way.
   *
   * @return the shards that have become another's; they are dropped
   */
  Future<Set<Integer>> reclaim(String owner, Collection<Integer> shards) {
    Set<Integer> ours = new HashSet<>(shards);
    ours.retainAll(epochs.keySet());
    unsure.addAll(ours);
    return log.reclaim(owner, ours).map(raised -> {
      raised.forEach((shard, epoch) -> epochs.computeIfPresent(shard, (same, before) -> epoch));
      renewed(raised.keySet());
      ours.removeAll(raised.keySet());
      drop(ours);
      return ours;
    });
  }

  /** {@link #reclaim Reclaims} those shards of these orgs of which we are unsure; nearly always there are none. */
  Future<Set<Integer>> ensureClaimed(String owner, Collection<String> orgIds) {
    if (unsure.isEmpty()) {
      return Future.succeededFuture(Set.of());
    }
    Set<Integer> shardsOf = new HashSet<>();
    orgIds.forEach(org -> shardsOf.add(shardOf(org)));
    shardsOf.retainAll(unsure);
    return shardsOf.isEmpty() ? Future.succeededFuture(Set.of()) : reclaim(owner, shardsOf);
  }

  /** These shards are another's: what is known of their rooms may be outdated from now on. */
  void drop(Collection<Integer> shards) {
    if (epochs.keySet().removeAll(shards)) {
      renewed(shards);
    }
  }

  private void renewed(Collection<Integer> shards) {
    unsure.removeAll(shards);
    byOrg.values().removeIf(room -> shards.contains(room.shard()));
    forgotten++;
  }

  /** Those of our shards of which the store knows a higher epoch than we do. */
  Set<Integer> outdated(Map<Integer, Long> stored) {
    Set<Integer> outdated = new HashSet<>();
    stored.forEach((shard, epoch) -> {
      if (!unsure.contains(shard) && owns(shard) && epochs.get(shard) < epoch) {
        outdated.add(shard);
      }
    });
    return outdated;
  }

  /** The shard an org belongs to. */
  int shardOf(String orgId) {
    return shardMap.shardOf(orgId);
  }

  /** The fencing epoch under which this node owns a shard; 0, which no shard ever has, when it does not. */
  long epoch(int shard) {
    return epochs.getOrDefault(shard, 0L);
  }

  /** The shards this node owns, and their epochs. */
  Map<Integer, Long> epochs() {
    return Map.copyOf(epochs);
  }

  /** The shards this node owns. */
  Set<Integer> owned() {
    return Set.copyOf(epochs.keySet());
  }

  /** How many shards this node owns. */
  int ownedCount() {
    return epochs.size();
  }

  private boolean owns(int shard) {
    return epochs.containsKey(shard);
  }

  /** Whether this node owns the shard of an org. */
  boolean owns(String orgId) {
    return owns(shardOf(orgId));
  }

  /** How many rooms are in memory. */
  int size() {
    return byOrg.size();
  }

  /** The room of one org, from memory or the log; refused with {@code moved} when it is another node's. */
  Future<Room> load(String orgId) {
    Room room = byOrg.get(orgId);
    if (room != null) {
      room.used(nowNs);
      return Future.succeededFuture(room);
    }
    return load(List.of(orgId)).compose(rooms -> rooms.containsKey(orgId)
        ? Future.succeededFuture(rooms.get(orgId))
        : Future.failedFuture(moved()));
  }

  /** A room of ours that is in memory now. */
  Optional<Room> inMemory(String orgId) {
    return Optional.ofNullable(byOrg.get(orgId));
  }

  /** Where a room stands, for the outside. */
  Head head(Room room) {
    return new Head(
        room.orgId(), room.position(), room.floor(), epoch(room.shard()), room.lastReceivedAt());
  }

  /** Says that a room is another node's. */
  static RefusedException moved() {
    return new RefusedException(ErrorCode.MOVED, ErrorCode.MOVED.sentence());
  }

  /** Those of the rooms of these orgs that are ours, from memory or, in one question, from the log. */
  Future<Map<String, Room>> load(Collection<String> orgIds) {
    Map<String, Room> found = new HashMap<>();
    List<String> missing = new ArrayList<>();
    Set<Future<Map<String, Room>>> reads = new LinkedHashSet<>();
    for (String orgId : orgIds) {
      Room room = byOrg.get(orgId);
      if (room != null) {
        room.used(nowNs);
        found.put(orgId, room);
      } else if (loading.containsKey(orgId)) {
        reads.add(loading.get(orgId));
      } else if (owns(orgId)) {
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

  /**
   * Forgets every room.
   *
   * @return the orgs whose rooms were in memory
   */
  List<String> forgetAll() {
    List<String> orgIds = List.copyOf(byOrg.keySet());
    byOrg.clear();
    forgotten++;
    return orgIds;
  }

  /**
   * Time passes: rooms unused for a while leave memory, those unused longest first and at most so many at once.
   *
   * @return how many left
   */
  int passivate(long nowNs, long idleNs, int most) {
    this.nowNs = nowNs;
    int left = 0;
    Iterator<Room> eldest = byOrg.values().iterator();
    while (left < most && eldest.hasNext()) {
      Room room = eldest.next();
      if (nowNs - room.usedNs() < idleNs || pinned.test(room)) {
        break;
      }
      eldest.remove();
      left++;
    }
    return left;
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
      for (String orgId : orgIds) {
        if (owns(orgId)) {
          rooms.put(orgId, remember(orgId, heads.get(orgId)));
        }
      }
      return Future.succeededFuture(rooms);
    });
  }

  private Room remember(String orgId, OrgHead stored) {
    Room room = stored != null ? new Room(stored) : new Room(orgId, shardOf(orgId), logIds.next());
    room.used(nowNs);
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
