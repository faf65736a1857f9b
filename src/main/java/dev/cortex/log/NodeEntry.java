package dev.cortex.log;

import dev.cortex.base.Pure;
import java.util.Set;

/**
 * A node as it describes itself in the store.
 *
 * @param node its name, another one after each start
 * @param serving whether shards may be placed on it
 * @param sees the nodes it believes alive, itself included
 */
@Pure
public record NodeEntry(String node, boolean serving, Set<String> sees) {}
