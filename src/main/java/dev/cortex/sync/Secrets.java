package dev.cortex.sync;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.Optional;

/**
 * The secrets with which the cloud signs its pushes: none before one was told to it, and the former one beside the
 * present one until the cloud has surely heard of the change. They live in memory only. Times are monotonic, in ms.
 */
@Pure
final class Secrets {

  private Optional<String> present = Optional.empty();
  private Optional<String> former = Optional.empty();
  private long madeMs;
  private long formerUntilMs;

  /** Those that a signature may be made with now. */
  List<String> believed(long nowMs) {
    return former.isPresent() && nowMs < formerUntilMs
        ? List.of(present.orElseThrow(), former.get())
        : present.map(List::of).orElse(List.of());
  }

  /** The one to tell the cloud; empty when there is none, or it is older than {@code maxAgeMs}. */
  Optional<String> present(long nowMs, long maxAgeMs) {
    return nowMs - madeMs > maxAgeMs ? Optional.empty() : present;
  }

  /** A new one; the one before is believed for {@code keptMs} more. */
  void replace(String secret, long nowMs, long keptMs) {
    former = present;
    formerUntilMs = nowMs + keptMs;
    present = Optional.of(secret);
    madeMs = nowMs;
  }
}
