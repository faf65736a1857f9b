package dev.cortex.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.cortex.base.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class MetricsTest {

  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*(?:\\{[a-z]+=\"[^\"]*\"(?:,[a-z]+=\"[^\"]*\")*})?) (\\S+)");

  private final AtomicLong monotonicNs = new AtomicLong(-5_000_000_000L);
  private final Metrics metrics = new Metrics(Set.copyOf(Metrics.CONTRACT_NAMES), clock());

  @Test
  void contractNamesAppearExactlyAsWritten() {
    assertThat(samples(metrics))
        .containsKeys(
            "publish_latency_ms{quantile=\"0.5\"}",
            "publish_latency_ms{quantile=\"0.9\"}",
            "publish_latency_ms{quantile=\"0.99\"}",
            "publish_latency_ms_count",
            "publish_latency_ms_sum",
            "queue_depth",
            "ack_latency_ms{quantile=\"0.99\"}",
            "duplicate_rejection_count");
    assertThat(metrics.scrape())
        .contains("# TYPE publish_latency_ms summary")
        .contains("# TYPE ack_latency_ms summary")
        .contains("# TYPE queue_depth gauge")
        .contains("# TYPE duplicate_rejection_count gauge");
  }

  @Test
  void configurationChoosesWhichContractNamesAreShown() {
    Metrics some = new Metrics(Set.of("ack_latency_ms"), clock());
    some.gauge("queue_depth", "depth", () -> 3);
    assertThat(samples(some))
        .containsKey("ack_latency_ms_count")
        .containsKey("cortex_publishes_total")
        .doesNotContainKeys("publish_latency_ms_count", "queue_depth", "duplicate_rejection_count");
    assertThat(some.queueDepth()).isEqualTo(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Metrics(Set.of("queue_depths"), clock()))
        .withMessageContaining("queue_depths");
  }

  @Test
  void everyValueMovesWithWhatItCounts() {
    metrics.publishAnswered(ms(3));
    metrics.publishAnswered(ms(7));
    metrics.ackAnswered(ms(40));
    metrics.committed(20, ms(2));
    metrics.duplicatesRejected(4);
    metrics.refused("payload_too_large", 2);
    metrics.fannedOut(1000, ms(1));
    metrics.pruned(11);
    metrics.swept(5);
    metrics.pruneFailed();
    Map<String, Double> samples = samples(metrics);
    assertThat(samples)
        .containsEntry("publish_latency_ms_count", 2.0)
        .containsEntry("publish_latency_ms_sum", 10.0)
        .containsEntry("ack_latency_ms_sum", 40.0)
        .containsEntry("duplicate_rejection_count", 4.0)
        .containsEntry("cortex_duplicates_total", 4.0)
        .containsEntry("cortex_publishes_total", 2.0)
        .containsEntry("cortex_events_accepted_total", 20.0)
        .containsEntry("cortex_refused_total{code=\"payload_too_large\"}", 2.0)
        .containsEntry("cortex_deliveries_total", 1000.0)
        .containsEntry("cortex_pruned_events_total", 11.0)
        .containsEntry("cortex_pruned_rows_total", 5.0)
        .containsEntry("cortex_prune_failures_total", 1.0)
        .containsEntry("cortex_commit_batch_events_bucket{le=\"10.0\"}", 0.0)
        .containsEntry("cortex_commit_batch_events_bucket{le=\"20.0\"}", 1.0)
        .containsEntry("cortex_stage_seconds_bucket{stage=\"publish\",le=\"0.0025\"}", 0.0)
        .containsEntry("cortex_stage_seconds_bucket{stage=\"publish\",le=\"0.005\"}", 1.0)
        .containsEntry("cortex_stage_seconds_bucket{stage=\"publish\",le=\"+Inf\"}", 2.0)
        .containsEntry("cortex_stage_seconds_sum{stage=\"commit\"}", 0.002)
        .containsEntry("cortex_stage_seconds_count{stage=\"fanout\"}", 1.0);
    assertThat(samples.get("publish_latency_ms{quantile=\"0.5\"}")).isCloseTo(3, within(0.1));
    assertThat(samples.get("publish_latency_ms{quantile=\"0.99\"}")).isCloseTo(7, within(0.2));
    assertThat(samples.get("cortex_jvm_heap_used_bytes")).isPositive();
  }

  @Test
  void quantilesForgetWhatIsOlderThanAMinute() {
    for (int i = 0; i < 100; i++) {
      metrics.publishAnswered(ms(900));
    }
    assertThat(metrics.publishP99Ms()).isCloseTo(900, within(30.0));
    assertThat(metrics.recentPublishes()).isEqualTo(100);
    advanceSeconds(65);
    assertThat(metrics.publishP99Ms()).isNaN();
    assertThat(metrics.recentPublishes()).isZero();
    metrics.publishAnswered(ms(2));
    assertThat(metrics.publishP99Ms()).isCloseTo(2, within(0.1));
    advanceSeconds(50);
    assertThat(metrics.publishP99Ms()).isCloseTo(2, within(0.1));
    assertThat(samples(metrics)).containsEntry("publish_latency_ms_count", 101.0);
    assertThat(samples(metrics)).containsEntry("cortex_uptime_seconds", 115.0);
  }

  @Test
  void quantilesAreWithinThreePercentFromMicrosecondsToMinutes() {
    for (long us = 40; us < 120_000_000L; us = us * 3 + 1) {
      RecentLatency recent = new RecentLatency(0);
      recent.record(us * 1000, 1);
      double expectedMs = us / 1000.0;
      assertThat(recent.quantilesMs(1, 0.99)[0]).isCloseTo(expectedMs, within(expectedMs * 0.03));
    }
    RecentLatency recent = new RecentLatency(0);
    recent.record(-1, 1);
    assertThat(recent.quantilesMs(1, 0.5)[0]).isLessThan(0.01);
    recent.record(Long.MAX_VALUE, 1);
    assertThat(recent.quantilesMs(1, 0.99)[0]).isGreaterThan(120_000);
  }

  @Test
  void gaugesOfOneNameAreAddedAndQueueDepthShowsTheDeepest() {
    metrics.gauge("cortex_connections", "Open connections.", () -> 3);
    metrics.gauge("cortex_connections", "Open connections.", () -> 4);
    metrics.gauge("queue_depth", "Deepest queue.", () -> 17);
    metrics.gauge("queue_depth", "Deepest queue.", () -> 12);
    assertThat(samples(metrics)).containsEntry("cortex_connections", 7.0).containsEntry("queue_depth", 17.0);
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge("Connections", "no", () -> 0));
  }

  @Test
  void strangersCannotGrowTheLabels() {
    for (int i = 0; i < 10_000; i++) {
      metrics.refused("code_" + i, 1);
    }
    metrics.refused("bad\"label\n", 1);
    Map<String, Double> codes = new LinkedHashMap<>(samples(metrics));
    codes.keySet().removeIf(name -> !name.startsWith("cortex_refused_total"));
    assertThat(codes).hasSizeLessThanOrEqualTo(Metrics.CODES_MAX + 1);
    assertThat(codes.values().stream().mapToDouble(Double::doubleValue).sum()).isEqualTo(10_001);
  }

  @Test
  void countsOfManyThreadsAddUp() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(new Thread(() -> {
        for (int i = 0; i < 20_000; i++) {
          metrics.publishAnswered(i);
          metrics.committed(2, i);
          metrics.refused("timeout", 1);
        }
      }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(samples(metrics))
        .containsEntry("cortex_publishes_total", 80_000.0)
        .containsEntry("cortex_events_accepted_total", 160_000.0)
        .containsEntry("cortex_refused_total{code=\"timeout\"}", 80_000.0);
  }

  /** Reads the text strictly: every line is a comment of a known kind or a sample with a number. */
  private static Map<String, Double> samples(Metrics metrics) {
    Map<String, Double> samples = new LinkedHashMap<>();
    for (String line : metrics.scrape().split("\n")) {
      if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) {
        continue;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertThat(sample.matches()).as(line).isTrue();
      double value = sample.group(2).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(sample.group(2));
      assertThat(samples.put(sample.group(1), value)).as("sample twice: " + line).isNull();
    }
    return samples;
  }

  private void advanceSeconds(long seconds) {
    monotonicNs.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  private static long ms(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public long wallMs() {
        return 0;
      }

      @Override
      public long monotonicNs() {
        return monotonicNs.get();
      }
    };
  }
}
