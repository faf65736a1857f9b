package dev.cortex.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** The rounds of one case, which take turns with those of another so that both see the same machine. */
final class Rounds {

  private final List<Row> rows = new ArrayList<>();

  /** Adds a round; all of one case measure for the same time. */
  void add(Row round) {
    rows.add(round);
  }

  /** All rounds as one: means of the rates, every latency, all faults. There must be one at least. */
  Row merged() {
    var latencyUs = new Histogram(60_000_000L, 3);
    rows.forEach(row -> latencyUs.add(row.latencyUs()));
    var first = rows.get(0);
    var notes = rows.stream().map(Row::note).filter(note -> !note.isEmpty()).distinct().limit(2).toList();
    return new Row(
        first.scenario(),
        first.load(),
        mean(Row::eventsPerSecond),
        mean(Row::deliveriesPerSecond),
        mean(Row::cpuUs),
        latencyUs,
        rows.stream().mapToLong(Row::faults).sum(),
        String.join(" ", notes));
  }

  /** The middle of a number over the rounds. */
  double median(ToDoubleFunction<Row> number) {
    var sorted = rows.stream().mapToDouble(number).sorted().toArray();
    var middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The least and the greatest of a number over the rounds, as text. */
  String span(ToDoubleFunction<Row> number) {
    var range = rows.stream().mapToDouble(number).summaryStatistics();
    return String.format(Locale.ROOT, "%,.2f to %,.2f", range.getMin(), range.getMax());
  }

  private double mean(ToDoubleFunction<Row> number) {
    return rows.stream().mapToDouble(number).average().orElse(0);
  }
}
