package dev.cortex.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * When a connection to a database was last found broken. Connections to a server break together, and most of them while
 * nobody uses them: one that is older than that is replaced before its next work instead of failing it. A file has no
 * connections that could break on their own, so for one nothing is ever noted.
 */
final class Breakage {

  private final boolean remote;
  private final AtomicLong lastNs = new AtomicLong();
  private volatile boolean any;

  /**
   * Knows of no breakage yet.
   *
   * @param remote whether the database is a server
   */
  Breakage(boolean remote) {
    this.remote = remote;
  }

  /** A connection has just been found broken. */
  void note() {
    if (remote) {
      lastNs.set(System.nanoTime());
      any = true;
    }
  }

  /** Whether a connection was found broken after that moment, by {@link System#nanoTime()}. */
  boolean isSince(long openedNs) {
    return any && lastNs.get() - openedNs > 0;
  }
}
