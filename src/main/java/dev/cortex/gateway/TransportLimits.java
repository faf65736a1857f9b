package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.config.CortexConfig;

/**
 * The bounds of one connection's outgoing side.
 *
 * @param queueEvents events a connection may be behind before it leaves live delivery
 * @param pressureEvents events behind from which clients are warned
 * @param flushIntervalMs longest time events are held back to be written together, milliseconds
 */
@Pure
record TransportLimits(int queueEvents, int pressureEvents, int flushIntervalMs) {

  static TransportLimits of(CortexConfig.Transport transport) {
    int queue = transport.maxQueueSizePerConnection();
    return new TransportLimits(
        queue,
        (int) Math.max(1, Math.round(queue * transport.backpressureThreshold())),
        transport.batchFlushIntervalMs());
  }
}
