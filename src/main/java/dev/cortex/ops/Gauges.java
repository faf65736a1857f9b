package dev.cortex.ops;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongBinaryOperator;
import java.util.function.LongSupplier;

/** Values that are read when somebody looks; several parts may report under one name, which then shows one value. */
final class Gauges {

  private final Map<String, Gauge> byName = new ConcurrentSkipListMap<>();

  /** Adds a part; a name keeps the help and the way of combining of its first registration. */
  void add(String name, String help, LongBinaryOperator combine, LongSupplier part) {
    byName.computeIfAbsent(name, absent -> new Gauge(help, combine, new CopyOnWriteArrayList<>())).parts().add(part);
  }

  /** The combined value, 0 when nothing reports under that name. */
  long value(String name) {
    Gauge gauge = byName.get(name);
    return gauge == null ? 0 : gauge.value();
  }

  /** Every gauge by name, sorted. */
  Map<String, Gauge> all() {
    return byName;
  }

  record Gauge(String help, LongBinaryOperator combine, List<LongSupplier> parts) {

    long value() {
      return parts.stream().mapToLong(LongSupplier::getAsLong).reduce(combine).orElse(0);
    }
  }
}
