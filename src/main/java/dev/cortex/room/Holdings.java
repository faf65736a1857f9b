package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.ShardMap;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The shards as one node knows them: where each is to be, the highest epoch anybody announced, which are its own, and
 * which it has to leave alone for a while because they were taken from it. Times are monotonic nanoseconds.
 */
@Pure
final class Holdings {

  private static final long HOLD_NS = TimeUnit.SECONDS.toNanos(1);
  private static final int HOLD_DOUBLINGS_MAX = 3;
  private static final long HOLD_FORGOTTEN_NS = TimeUnit.SECONDS.toNanos(30);

  /** A shard that was taken from us is not claimed before that time; longer each time it happens. */
  private record Hold(long untilNs, int times) {}

  private final String self;
  private final long jitterNs;
  private final long[] highest;
  private final String[] placement;
  private final Map<Integer, Long> owned = new TreeMap<>();
  private final Set<Integer> claiming = new HashSet<>();
  private final Map<Integer, Hold> holds = new HashMap<>();

  /** Nothing is known; the node's name decides by how much it waits longer than others. */
  Holdings(String self, int shards) {
    this.self = self;
    this.jitterNs = Math.floorMod(self.hashCode(), 500) * 1_000_000L;
    this.highest = new long[shards];
    this.placement = new String[shards];
    Arrays.fill(placement, "");
  }

  /** Places the shards over these nodes. */
  void place(Set<String> candidates) {
    for (int shard = 0; shard < placement.length; shard++) {
      placement[shard] = ShardMap.choose(shard, candidates);
    }
  }

  /** Takes what another node announces; answers the shards of ours that are its own now. */
  Set<Integer> announced(Beat beat) {
    Set<Integer> lost = new TreeSet<>();
    for (int i = 0; i < beat.shards().size(); i++) {
      int shard = beat.shards().get(i);
      if (exists(shard)) {
        long epoch = beat.epochs().get(i);
        highest[shard] = Math.max(highest[shard], epoch);
        if (owned.getOrDefault(shard, epoch) < epoch) {
          lost.add(shard);
        }
      }
    }
    return lost;
  }

  /**
   * The shards that are placed here, not owned yet, and free to be claimed; they count as being claimed from now on.
   */
  Set<Integer> claim(long nowNs) {
    Set<Integer> wanted = new TreeSet<>();
    for (int shard = 0; shard < placement.length; shard++) {
      Hold hold = holds.get(shard);
      boolean held = hold != null && nowNs - hold.untilNs() < 0;
      if (placement[shard].equals(self) && !held && !owned.containsKey(shard) && claiming.add(shard)) {
        wanted.add(shard);
      }
    }
    return wanted;
  }

  /** These epochs were raised for us; answers the shards that another node has claimed since. */
  Set<Integer> claimed(Map<Integer, Long> raised) {
    Set<Integer> lost = new TreeSet<>();
    raised.forEach((shard, epoch) -> {
      claiming.remove(shard);
      if (epoch < highest[shard]) {
        lost.add(shard);
      }
      owned.put(shard, epoch);
      highest[shard] = Math.max(highest[shard], epoch);
    });
    return lost;
  }

  /** Epochs of ours were raised again by ourselves; whether that is news. */
  boolean raised(Map<Integer, Long> raised) {
    boolean news = false;
    for (Map.Entry<Integer, Long> one : raised.entrySet()) {
      if (owned.getOrDefault(one.getKey(), one.getValue()) < one.getValue()) {
        owned.put(one.getKey(), one.getValue());
        highest[one.getKey()] = Math.max(highest[one.getKey()], one.getValue());
        news = true;
      }
    }
    return news;
  }

  /** A claim failed, or may have. */
  void claimFailed(Collection<Integer> shards, long nowNs) {
    claiming.removeAll(shards);
    shards.forEach(shard -> holds.put(shard, new Hold(nowNs + HOLD_NS + jitterNs, times(shard))));
  }

  /** These shards are another's and stay with it for a while; answers those that were ours. */
  Set<Integer> drop(Collection<Integer> shards, long nowNs) {
    Set<Integer> lost = new TreeSet<>(shards);
    lost.retainAll(owned.keySet());
    for (int shard : lost) {
      owned.remove(shard);
      long waitNs = (HOLD_NS << Math.min(times(shard), HOLD_DOUBLINGS_MAX)) + jitterNs;
      holds.put(shard, new Hold(nowNs + waitNs, times(shard) + 1));
    }
    return lost;
  }

  /** Gives everything up; answers what was ours. */
  Set<Integer> dropAll() {
    Set<Integer> all = Set.copyOf(owned.keySet());
    owned.clear();
    return all;
  }

  /** Forgets what was taken from us long ago. */
  void forgive(long nowNs) {
    holds.values().removeIf(hold -> nowNs - hold.untilNs() > HOLD_FORGOTTEN_NS);
  }

  /** Our shards and their epochs. */
  Map<Integer, Long> owned() {
    return owned;
  }

  /** Whether nothing is ours or about to be. */
  boolean isEmpty() {
    return owned.isEmpty() && claiming.isEmpty();
  }

  /** Whether everything that is placed here is ours. */
  boolean complete() {
    for (int shard = 0; shard < placement.length; shard++) {
      if (placement[shard].equals(self) && !owned.containsKey(shard)) {
        return false;
      }
    }
    return true;
  }

  /** Who owns what: we, or who announced the highest epoch ever heard of; else where the shard is to be. */
  List<String> owners(Map<String, Beat> beats) {
    String[] owners = placement.clone();
    beats.forEach((node, beat) -> {
      for (int i = 0; i < beat.shards().size(); i++) {
        int shard = beat.shards().get(i);
        if (exists(shard) && beat.epochs().get(i) == highest[shard]) {
          owners[shard] = node;
        }
      }
    });
    owned.forEach((shard, epoch) -> owners[shard] = self);
    return List.of(owners);
  }

  /** The highest epoch of each shard, 0 when none was announced. */
  List<Long> epochs() {
    return Arrays.stream(highest).boxed().toList();
  }

  private int times(int shard) {
    Hold hold = holds.get(shard);
    return hold == null ? 0 : hold.times();
  }

  private boolean exists(int shard) {
    return shard >= 0 && shard < highest.length;
  }
}
