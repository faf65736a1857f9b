package dev.cortex.callback;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.View;
import java.util.HashSet;
import java.util.Set;

/** The shards whose rooms are on this node, as far as was seen. */
final class HomeShards {

  /**
   * What is otherwise than before.
   *
   * @param gained came here
   * @param lost are here no more
   * @param again are here, but were claimed anew: their rooms know of nobody
   */
  record Change(Set<Integer> gained, Set<Integer> lost, Set<Integer> again) {}

  private final Directory directory;
  private View seen;

  /** Those that are here now. */
  HomeShards(Directory directory) {
    this.directory = directory;
    this.seen = directory.view();
  }

  /** This node. */
  String node() {
    return seen.self().node();
  }

  /** Whether the rooms of a shard are here. */
  boolean holds(int shard) {
    return isHome(seen, shard);
  }

  /** The shard of an org. */
  int shardOf(String orgId) {
    return directory.shardMap().shardOf(orgId);
  }

  /** Looks again; what happened in between and was undone is no change. */
  Change look() {
    View before = seen;
    seen = directory.view();
    Change change = new Change(new HashSet<>(), new HashSet<>(), new HashSet<>());
    for (int shard = 0; shard < seen.owners().size(); shard++) {
      boolean was = isHome(before, shard);
      if (holds(shard) && !was) {
        change.gained().add(shard);
      } else if (was && !holds(shard)) {
        change.lost().add(shard);
      } else if (was && !seen.epochs().get(shard).equals(before.epochs().get(shard))) {
        change.again().add(shard);
      }
    }
    return change;
  }

  private static boolean isHome(View view, int shard) {
    return view.owner(shard).equals(view.self().node());
  }
}
