package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.log.LogException.Kind;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What the operator is told of commits that fail: the first one of a kind, then one in ten seconds with the count of
 * those that were not told. A store that is away fails hundreds of them in a second.
 */
@Pure
final class CommitFailures {

  /** Nanoseconds between two lines about the same kind of failure. */
  static final long QUIET_NS = TimeUnit.SECONDS.toNanos(10);

  private Optional<Kind> told = Optional.empty();
  private long toldNs;
  private int untold;

  /**
   * Takes note of a failure.
   *
   * @param events how many events were to be committed
   * @param why what the store said
   * @return what to tell, empty when it was told a moment ago
   */
  Optional<String> failed(Kind kind, int events, String why, long nowNs) {
    if (told.equals(Optional.of(kind)) && nowNs - toldNs < QUIET_NS) {
      untold++;
      return Optional.empty();
    }
    String more = untold > 0 ? " (after " + untold + " others)" : "";
    told = Optional.of(kind);
    toldNs = nowNs;
    untold = 0;
    return Optional.of("commit of " + events + " events failed: " + kind + ": " + why + more);
  }

  /** Takes note of a commit: the next failure is news again. */
  void succeeded() {
    told = Optional.empty();
  }
}
