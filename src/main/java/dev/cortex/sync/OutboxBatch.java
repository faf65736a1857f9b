package dev.cortex.sync;

import dev.cortex.bus.Message.Outgoing;
import dev.cortex.event.Desktop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Events of an outbox that go to the cloud together.
 *
 * @param events at least one; their numbers follow each other
 */
record OutboxBatch(List<Outgoing> events) {

  private static final String PATH = "/api/events";

  /** Those of a page that have the numbers from {@code after + 1} on; empty when it does not go on there. */
  static Optional<OutboxBatch> of(List<Outgoing> page, long after, int eventsMax) {
    int count = 0;
    while (count < Math.min(page.size(), eventsMax) && page.get(count).number() == after + count + 1) {
      count++;
    }
    return count == 0 ? Optional.empty() : Optional.of(new OutboxBatch(page.subList(0, count)));
  }

  /** Number of the first. */
  long first() {
    return events.get(0).number();
  }

  /** Number of the last. */
  long last() {
    return events.get(events.size() - 1).number();
  }

  /** When the first was received here, Unix ms. */
  long receivedAt() {
    return events.get(0).receivedAt();
  }

  /** The request that brings it to the cloud. */
  CloudClient.Ask question(Desktop desktop, long timeoutMs) {
    int bytes = events.stream().mapToInt(event -> event.json().length + 1).sum();
    Buffer body = Buffer.buffer(bytes + 1);
    char separator = '[';
    for (Outgoing event : events) {
      body.appendByte((byte) separator).appendBytes(event.json());
      separator = ',';
    }
    body.appendByte((byte) ']');
    return new CloudClient.Ask(
        HttpMethod.POST, PATH, desktop, Map.of(CloudClient.OUTBOX_FIRST, Long.toString(first())), body,
        HttpReply.Expected.RESULTS, CloudClient.ANSWER_BYTES_MAX, timeoutMs);
  }
}
