package dev.cortex.bus;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.zip.CRC32C;

/**
 * Which shard an org belongs to, and which node a shard belongs to. Both rules are part of what nodes agree on:
 * changing one needs a new hash version.
 *
 * @param shards how many shards there are
 * @param global whether all orgs share one shard, the single room of old
 */
@Pure
public record ShardMap(int shards, boolean global) {

  /** Version of the rules, noted in the store. */
  public static final int HASH_VERSION = 1;

  /** The shard, from 0 to {@code shards - 1}: CRC-32C of the org id in UTF-8, modulo the shard count; 0 when global. */
  public int shardOf(String orgId) {
    if (global) {
      return 0;
    }
    CRC32C crc = new CRC32C();
    crc.update(orgId.getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() % shards);
  }

  /**
   * The node a shard is to live on: the one with the highest hash of (shard, node), so that a node that comes or goes
   * moves only its own shards (rendezvous hashing). Every node that knows the same nodes chooses the same.
   *
   * @return the chosen node; empty text when there is no node to choose
   */
  public static String choose(int shard, Collection<String> nodes) {
    String chosen = "";
    long highest = 0;
    for (String node : nodes) {
      long weight = weight(shard, node);
      int order = chosen.isEmpty() ? 1 : Long.compareUnsigned(weight, highest);
      if (order > 0 || (order == 0 && node.compareTo(chosen) < 0)) {
        chosen = node;
        highest = weight;
      }
    }
    return chosen;
  }

  private static long weight(int shard, String node) {
    long hash = 0xcbf29ce484222325L ^ shard;
    for (byte b : node.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ b) * 0x100000001b3L;
    }
    // the finalizer of SplitMix64: FNV alone leaves the high bits of short texts alike
    hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
    return hash ^ (hash >>> 31);
  }
}
