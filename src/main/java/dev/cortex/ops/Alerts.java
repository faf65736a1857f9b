package dev.cortex.ops;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether the node is degraded, from readings of its latency and queues. An alert is raised at its threshold and
 * cleared below four fifths of it, so that a value that hovers at the threshold does not flap. Used by one thread.
 */
@Pure
public final class Alerts {

  /** Of fewer publishes the slowest one decides, and the first of a process are always slow: no alert. */
  private static final int PUBLISHES_MIN = 20;

  private static final double CLEAR_SHARE = 0.8;

  private final double p99ThresholdMs;
  private final long queueDepthThreshold;
  private boolean slow;
  private boolean deep;
  private String sentence = "";

  /**
   * Alerts for these thresholds; one of 0 is never crossed.
   *
   * @param p99ThresholdMs publish latency, ms
   * @param queueDepthThreshold events in the deepest queue of a connection
   */
  public Alerts(double p99ThresholdMs, long queueDepthThreshold) {
    this.p99ThresholdMs = p99ThresholdMs;
    this.queueDepthThreshold = queueDepthThreshold;
  }

  /**
   * Takes a reading.
   *
   * @param p99Ms publish latency, NaN when nothing was published, which counts as fast
   * @param publishes how many that latency is of; that of fewer than 20 counts as fast
   * @param queueDepth events in the deepest queue
   * @return whether an alert was raised or cleared
   */
  public boolean onReading(double p99Ms, long publishes, long queueDepth) {
    boolean wasSlow = slow;
    boolean wasDeep = deep;
    slow = crossed(slow, Double.isNaN(p99Ms) || publishes < PUBLISHES_MIN ? 0 : p99Ms, p99ThresholdMs);
    deep = crossed(deep, queueDepth, queueDepthThreshold);
    List<String> reasons = new ArrayList<>(2);
    if (slow) {
      reasons.add(
          String.format(Locale.ROOT, "99 %% of publishes took up to %.0f ms, alert at %.0f ms", p99Ms, p99ThresholdMs));
    }
    if (deep) {
      reasons.add("a connection has " + queueDepth + " events waiting, alert at " + queueDepthThreshold);
    }
    sentence = String.join("; ", reasons);
    return slow != wasSlow || deep != wasDeep;
  }

  /** Why the node is degraded, in a sentence with the last reading; empty when all is well. */
  public Optional<String> degradedBecause() {
    return sentence.isEmpty() ? Optional.empty() : Optional.of(sentence);
  }

  private static boolean crossed(boolean before, double value, double threshold) {
    return threshold > 0 && (before ? value >= threshold * CLEAR_SHARE : value >= threshold);
  }
}
