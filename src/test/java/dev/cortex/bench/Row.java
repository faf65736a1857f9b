package dev.cortex.bench;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * One line of the report.
 *
 * @param eventsPerSecond events accepted, or 0 when that is not what was measured
 * @param deliveriesPerSecond events that reached a connection, or 0
 * @param cpuUs processor time the server used for one delivery, or for one event where none is delivered, in
 *     microseconds; 0 when unknown
 * @param latencyUs latencies in microseconds; empty when none were measured
 * @param faults events lost, repeated or out of order, refused requests and closed connections
 */
record Row(
    String scenario,
    String load,
    double eventsPerSecond,
    double deliveriesPerSecond,
    double cpuUs,
    Histogram latencyUs,
    long faults,
    String note) {

  private static final String FORMAT = "%-9s %-34s %10s %12s %7s %9s %9s %9s %9s %7s  %s";

  /** This row with another note and count of faults. */
  Row with(String otherNote, long otherFaults) {
    return new Row(
        scenario, load, eventsPerSecond, deliveriesPerSecond, cpuUs, latencyUs, otherFaults, otherNote);
  }

  /** The head of the table. */
  static String head() {
    return String.format(
        FORMAT, "scenario", "load", "events/s", "deliveries/s", "cpu us", "p50 ms", "p99 ms", "p99.9 ms", "max ms",
        "faults", "");
  }

  /** This row under that head. */
  String line() {
    return String.format(
            FORMAT,
            scenario,
            load,
            count(eventsPerSecond),
            count(deliveriesPerSecond),
            cpuUs == 0 ? "-" : String.format(Locale.ROOT, "%.2f", cpuUs),
            percentile(50),
            percentile(99),
            percentile(99.9),
            percentile(100),
            faults,
            note)
        .stripTrailing();
  }

  /** A percentile in milliseconds. */
  double percentileMs(double percentile) {
    return latencyUs.getValueAtPercentile(percentile) / 1e3;
  }

  private String percentile(double percentile) {
    return latencyUs.getTotalCount() == 0 ? "-" : String.format(Locale.ROOT, "%.2f", percentileMs(percentile));
  }

  private static String count(double value) {
    return value == 0 ? "-" : String.format(Locale.ROOT, "%,.0f", value);
  }
}
