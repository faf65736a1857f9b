package dev.cortex.bench;

import dev.cortex.base.Pure;

/**
 * What a server tells about itself at {@code /metrics}.
 *
 * @param text in the Prometheus format
 */
@Pure
record Exposition(String text) {

  /**
   * The value of one series.
   *
   * @param series its name, with its labels as they are written
   * @throws IllegalArgumentException when there is none
   */
  double value(String series) {
    return text.lines()
        .filter(line -> line.startsWith(series + ' '))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1).strip()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no metric " + series));
  }

  /** Heap in use, in KiB. */
  long heapKib() {
    return (long) (value("cortex_jvm_heap_used_bytes") / 1024);
  }

  /** Rooms in memory. */
  long rooms() {
    return (long) value("cortex_rooms");
  }

  /** Polls answered from there: memory, room or log. */
  long polls(String source) {
    return (long) value("cortex_polls_total{source=\"" + source + "\"}");
  }
}
