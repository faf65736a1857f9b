package dev.cortex.bus;

import java.util.Set;
import java.util.function.Consumer;

/**
 * The nodes that are alive, this one included, as the cluster's failure detection sees them. It may be wrong for some
 * seconds, and two sides of a cut each see only themselves: it places shards and never decides who may write.
 */
public interface Members {

  /** The names of the live nodes, in no particular order. May be asked from any thread. */
  Set<String> live();

  /** Calls {@code listener} with the live nodes whenever they change, on any thread. */
  void onChange(Consumer<Set<String>> listener);

  /** Whether there can be others: a node without any neither looks for them nor waits for them. */
  default boolean clustered() {
    return true;
  }

  /** A node without others. */
  static Members alone(String node) {
    return new Members() {

      @Override
      public Set<String> live() {
        return Set.of(node);
      }

      @Override
      public void onChange(Consumer<Set<String>> listener) {
        // nothing ever changes
      }

      @Override
      public boolean clustered() {
        return false;
      }
    };
  }
}
