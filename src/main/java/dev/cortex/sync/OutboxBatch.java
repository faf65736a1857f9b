package dev.cortex.sync;

import dev.cortex.bus.Message.Outgoing;
import dev.cortex.event.Desktop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Events of an outbox that go to the cloud together.
 *
 * @param events at least one; their numbers follow each other
 */
record OutboxBatch(List<Outgoing> events) {

  private static final String PATH = "/api/events";
  private static final String SEQUENCE = "sequence";
  private static final Set<String> NAMES = Set.of("id", "orgId", "agentId", "sessionId", SEQUENCE);

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
    return question(desktop, timeoutMs, events.stream().map(Outgoing::json).toList());
  }

  /**
   * A request in its place that uses its numbers up: of each event it has only what names it and its session, which is
   * no event, and the cloud refuses it as one.
   */
  CloudClient.Ask withheld(Desktop desktop, long timeoutMs) {
    return question(desktop, timeoutMs, events.stream().map(event -> name(event.json())).toList());
  }

  private static byte[] name(byte[] json) {
    Fields fields = Fields.read(json, NAMES);
    JsonObject name = new JsonObject();
    NAMES.stream().filter(field -> !fields.text(field).isEmpty()).forEach(field -> name.put(field, fields.text(field)));
    fields.get(SEQUENCE).integer().ifPresent(sequence -> name.put(SEQUENCE, sequence));
    return name.toBuffer().getBytes();
  }

  private CloudClient.Ask question(Desktop desktop, long timeoutMs, List<byte[]> envelopes) {
    int bytes = envelopes.stream().mapToInt(json -> json.length + 1).sum();
    Buffer body = Buffer.buffer(bytes + 1);
    char separator = '[';
    for (byte[] json : envelopes) {
      body.appendByte((byte) separator).appendBytes(json);
      separator = ',';
    }
    body.appendByte((byte) ']');
    return new CloudClient.Ask(
        HttpMethod.POST, PATH, desktop, Map.of(CloudClient.OUTBOX_FIRST, Long.toString(first())), body,
        HttpReply.Expected.RESULTS, CloudClient.ANSWER_BYTES_MAX, timeoutMs);
  }
}
