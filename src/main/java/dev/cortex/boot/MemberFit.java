package dev.cortex.boot;

import dev.cortex.base.Version;
import dev.cortex.bus.ShardMap;
import dev.cortex.bus.wire.Wire;
import dev.cortex.config.CortexConfig;
import java.util.Locale;
import java.util.Map;

/**
 * What nodes of one cluster must have in common, as each tells the others when it joins: how messages are written, and
 * where orgs are placed. Versions may differ, so that a cluster is updated node by node.
 *
 * @param wire version of the form of messages between nodes
 * @param sharding {@code org} or {@code global}
 * @param shards how many shards there are
 * @param hashVersion version of the rule from org to shard
 * @param version version of the program, for people
 */
record MemberFit(String wire, String sharding, String shards, String hashVersion, String version) {

  private static final String PREFIX = "cortex.";

  /** Of a node with this configuration. */
  static MemberFit of(CortexConfig config) {
    return new MemberFit(
        String.valueOf(Wire.VERSION),
        config.room().sharding().name().toLowerCase(Locale.ROOT),
        String.valueOf(config.room().shards()),
        String.valueOf(ShardMap.HASH_VERSION),
        Version.TEXT);
  }

  /** What a member told; unknown words are empty. */
  static MemberFit read(Map<String, String> attributes) {
    return new MemberFit(
        attributes.getOrDefault(PREFIX + "wire", ""),
        attributes.getOrDefault(PREFIX + "sharding", ""),
        attributes.getOrDefault(PREFIX + "shards", ""),
        attributes.getOrDefault(PREFIX + "hash", ""),
        attributes.getOrDefault(PREFIX + "version", ""));
  }

  /** As it is told to others. */
  Map<String, String> attributes() {
    return Map.of(
        PREFIX + "wire", wire,
        PREFIX + "sharding", sharding,
        PREFIX + "shards", shards,
        PREFIX + "hash", hashVersion,
        PREFIX + "version", version);
  }

  /** Whether both may be in one cluster. */
  boolean goesWith(MemberFit other) {
    return wire.equals(other.wire)
        && sharding.equals(other.sharding)
        && shards.equals(other.shards)
        && hashVersion.equals(other.hashVersion);
  }

  /** For a message to people. */
  String text() {
    return "room.sharding: " + sharding + ", room.shards: " + shards + ", hash version " + hashVersion
        + ", wire version " + wire + ", program " + version;
  }
}
