package dev.cortex.gateway;

import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/** Events to be made ready for sockets, for benchmarks. */
public final class JoinedLoad {

  private final List<StoredEvent> events = new ArrayList<>();

  /** So many events with envelopes of 400 bytes. */
  public JoinedLoad(int count) {
    for (int i = 1; i <= count; i++) {
      events.add(new StoredEvent(i, "", "", 0, Priority.STANDARD, 1, new byte[400]));
    }
  }

  /** Joins them as WebSocket frames; the answer is their size in bytes. */
  public int webSocket() {
    Joined joined = new Joined(events, "benchbenchben", events.size());
    int size = joined.webSocket(PooledByteBufAllocator.DEFAULT).readableBytes();
    joined.release();
    return size;
  }
}
