package dev.cortex.bus;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Which shard an org belongs to. The rule is part of the stored data: changing it needs a new hash version. */
@Pure
public final class ShardMap {

  /** Version of the rule, noted in the store. */
  public static final int HASH_VERSION = 1;

  private ShardMap() {}

  /** The shard, from 0 to {@code shards - 1}: CRC-32C of the org id in UTF-8, modulo the shard count. */
  public static int shardOf(String orgId, int shards) {
    CRC32C crc = new CRC32C();
    crc.update(orgId.getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() % shards);
  }
}
