package dev.cortex.log;

import dev.cortex.base.Pure;

/** How the store answered a fenced write of one org. */
@Pure
public enum AppendResult {
  /** Committed. */
  COMMITTED,
  /** The shard has a newer epoch: another owner claimed it. Nothing was written. */
  DEPOSED,
  /** The head is not where the room believed. Nothing was written. */
  HEAD_MOVED
}
