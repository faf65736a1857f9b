package dev.cortex.ops;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** One scrape in the making. The only class that touches the Prometheus library, so that nothing else loads it. */
final class PrometheusText {

  private final MetricSnapshots.Builder snapshots = MetricSnapshots.builder();

  /** Adds a counter; {@code _total} is appended to its name. */
  void counter(String name, String help, double value) {
    snapshots.metricSnapshot(
        CounterSnapshot.builder().name(name).help(help)
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(value).build())
            .build());
  }

  /** Adds a counter with one label; {@code _total} is appended to its name. */
  void counters(String name, String help, String label, Map<String, ? extends Number> values) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    values.forEach((word, value) ->
        counter.dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(Labels.of(label, word)).value(value.doubleValue()).build()));
    snapshots.metricSnapshot(counter.build());
  }

  void gauge(String name, String help, double value) {
    snapshots.metricSnapshot(
        GaugeSnapshot.builder().name(name).help(help)
            .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).build())
            .build());
  }

  /** Adds a summary; {@code unit} is how many of the distribution's units make one of the metric's. */
  void summary(String name, String help, Distribution totals, double unit, double[] shares, double[] values) {
    Quantiles.Builder quantiles = Quantiles.builder();
    for (int i = 0; i < shares.length; i++) {
      quantiles.quantile(new Quantile(shares[i], values[i]));
    }
    snapshots.metricSnapshot(
        SummarySnapshot.builder().name(name).help(help)
            .dataPoint(
                SummarySnapshot.SummaryDataPointSnapshot.builder()
                    .count(totals.count()).sum(totals.sum() / unit).quantiles(quantiles.build()).build())
            .build());
  }

  /** Adds a histogram with a series for each label value, or one without label when {@code label} is empty. */
  void histogram(String name, String help, String label, Map<String, Distribution> series, double unit) {
    HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name(name).help(help);
    series.forEach((word, distribution) -> {
      long[] bounds = distribution.upperBounds();
      double[] scaled = Arrays.copyOf(Arrays.stream(bounds).mapToDouble(bound -> bound / unit).toArray(),
          bounds.length + 1);
      scaled[bounds.length] = Double.POSITIVE_INFINITY;
      histogram.dataPoint(
          HistogramDataPointSnapshot.builder()
              .labels(label.isEmpty() ? Labels.EMPTY : Labels.of(label, word))
              .classicHistogramBuckets(ClassicHistogramBuckets.of(scaled, distribution.counts()))
              .sum(distribution.sum() / unit)
              .build());
    });
    snapshots.metricSnapshot(histogram.build());
  }

  String text() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(8192);
    try {
      PrometheusTextFormatWriter.create().write(bytes, snapshots.build());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
