package dev.cortex.gateway;

import dev.cortex.event.StoredEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Consecutive events made ready for sockets once, for every connection that stands at the same place: the frames of all
 * of them in one buffer, so that a thousand connections cost a thousand writes and not a thousand times as many.
 * Whoever creates one releases it.
 */
final class Joined {

  /** Bytes of envelopes that are joined in one buffer, about. */
  static final int BYTES = 64 * 1024;

  private static final byte[] SSE_ID = "id: ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SSE_DATA = "\ndata: ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SSE_END = "\n\n".getBytes(StandardCharsets.UTF_8);

  private final List<StoredEvent> events;
  private final String logId;
  private final long through;
  private Optional<ByteBuf> webSocket = Optional.empty();
  private Optional<Buffer> eventStream = Optional.empty();

  /**
   * Joins events.
   *
   * @param through the last offset these events cover, whether or not it is among them
   */
  Joined(List<StoredEvent> events, String logId, long through) {
    this.events = events;
    this.logId = logId;
    this.through = through;
  }

  List<StoredEvent> events() {
    return events;
  }

  long through() {
    return through;
  }

  /** The events as unmasked WebSocket text frames (RFC 6455 section 5.2); the caller takes its own duplicate. */
  ByteBuf webSocket(ByteBufAllocator allocator) {
    if (webSocket.isEmpty()) {
      int size = 0;
      for (StoredEvent event : events) {
        size += Frames.sizeOfText(event.json().length);
      }
      // direct: a heap buffer would be copied again for every socket it is written to
      ByteBuf joined = allocator.directBuffer(size, size);
      for (StoredEvent event : events) {
        Frames.writeText(joined, event.json());
      }
      webSocket = Optional.of(joined);
    }
    return webSocket.get();
  }

  /** The events as server-sent events, each with its cursor as id. */
  Buffer eventStream() {
    if (eventStream.isEmpty()) {
      Buffer joined = Buffer.buffer();
      for (StoredEvent event : events) {
        joined
            .appendBytes(SSE_ID)
            .appendString(logId)
            .appendString(".")
            .appendString(Long.toString(event.offset()))
            .appendBytes(SSE_DATA)
            .appendBytes(event.json())
            .appendBytes(SSE_END);
      }
      eventStream = Optional.of(joined);
    }
    return eventStream.get();
  }

  void release() {
    webSocket.ifPresent(ByteBuf::release);
  }
}
