package dev.cortex.bus;

/** How a node takes part in its cluster. */
public enum NodeState {
  /** It is coming up and owns nothing yet. */
  STARTING,
  /** It serves, and shards may be placed on it. */
  READY,
  /** It is going away: it serves what it still owns, and nothing is placed on it any more. */
  LEAVING,
  /** It is cut off from the larger part of the cluster: it owns nothing and sends its clients elsewhere. */
  ISOLATED
}
