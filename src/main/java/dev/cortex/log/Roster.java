package dev.cortex.log;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.Map;

/**
 * What the store says of the cluster.
 *
 * @param nodes the nodes that checked in during the last 4 seconds of the store's clock, the asking one included
 * @param epochs the epochs of the shards asked for; a shard that was never claimed is absent
 */
@Pure
public record Roster(List<NodeEntry> nodes, Map<Integer, Long> epochs) {}
