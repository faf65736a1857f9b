package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.bus.Directory.View;

/**
 * Whom a feed believes: the node whose room delivers to it, and the newest fencing epoch under which anyone spoke for
 * its org, which never falls.
 */
@Pure
final class Speaker {

  private final int shard;
  private String node;
  private long epoch;
  private long confirmedNs;

  /**
   * A feed was attached there.
   *
   * @param shard the shard of its org
   * @param nowNs monotonic time
   */
  Speaker(int shard, String node, long epoch, long nowNs) {
    this.shard = shard;
    this.node = node;
    this.epoch = epoch;
    this.confirmedNs = nowNs;
  }

  /** The node whose room delivers. */
  String node() {
    return node;
  }

  /** The newest fencing epoch under which anyone spoke for the org. */
  long epoch() {
    return epoch;
  }

  /** Whether to believe a room: not one that was deposed. One that is new here is the speaker from now on. */
  boolean hears(String room, long spoken) {
    if (spoken < epoch) {
      return false;
    }
    if (spoken > epoch) {
      node = room;
    }
    epoch = spoken;
    return true;
  }

  /** A room took the feed's interest; false when it is a deposed one that does not know it yet. */
  boolean attached(String room, long spoken, long nowNs) {
    if (spoken < epoch) {
      return false;
    }
    epoch = spoken;
    node = room;
    confirmedNs = nowNs;
    return true;
  }

  /** A room says that it delivers: counts when it is the speaker's. */
  void confirmed(String room, long nowNs) {
    if (room.equals(node)) {
      confirmedNs = nowNs;
    }
  }

  /** Whether the room of the org is not where the feed is attached, by all that is known. */
  boolean isElsewhere(View view) {
    long known = view.epochs().get(shard);
    return !view.nodes().containsKey(node)
        || known > epoch
        || (known == epoch && !view.owner(shard).equals(node));
  }

  /** Where to attach: whoever owns the shard, or the node that spoke for it when the directory is behind. */
  String target(View view) {
    boolean behind = view.epochs().get(shard) < epoch && view.nodes().containsKey(node);
    return behind ? node : view.owner(shard);
  }

  /**
   * Whether the feed hears of everything: attached to the present owner as far as anyone knows here.
   *
   * @param trustNs after so long without a word of its room, on another node, a feed may have been forgotten there
   */
  boolean isCurrent(View view, long nowNs, long trustNs) {
    return node.equals(view.owner(shard))
        && view.epochs().get(shard) <= epoch
        && (node.equals(view.self().node()) || nowNs - confirmedNs < trustNs);
  }
}
