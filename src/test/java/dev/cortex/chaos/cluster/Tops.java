package dev.cortex.chaos.cluster;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How far the producers are: the highest offset that was answered, by channel, and what came back how often. */
final class Tops {

  private final Map<String, Long> offsets = new ConcurrentHashMap<>();

  /** Events with a definite answer. */
  final LongAdder settled = new LongAdder();

  /** Times that an event had to be sent again. */
  final LongAdder repeated = new LongAdder();

  /** Events received by all subscribers. */
  final LongAdder received = new LongAdder();

  /** Times that a subscriber went to another node. */
  final LongAdder moves = new LongAdder();

  void reached(String channel, long offset) {
    offsets.merge(channel, offset, Math::max);
  }

  /** The highest offset of an event beneath that channel; 0 for none. */
  long of(String channel) {
    return offsets.getOrDefault(channel, 0L);
  }
}
