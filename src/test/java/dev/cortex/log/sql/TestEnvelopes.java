package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.log.EnvelopeEncoder;
import java.nio.charset.StandardCharsets;

/** Envelopes that show every field the log must give back, in an order that is easy to compare. */
final class TestEnvelopes implements EnvelopeEncoder {

  @Override
  public byte[] write(Draft draft, String logId, long offset, long sequence, long receivedAt) {
    return text(draft, logId, offset, sequence, receivedAt).getBytes(StandardCharsets.UTF_8);
  }

  static String text(Draft draft, String logId, long offset, long sequence, long receivedAt) {
    return String.join(
        "|",
        draft.id(),
        draft.orgId(),
        draft.userId(),
        draft.type(),
        new String(draft.payload(), StandardCharsets.UTF_8),
        Long.toString(draft.timestamp()),
        draft.agentId(),
        draft.sessionId(),
        draft.idempotencyKey(),
        draft.priority().text(),
        draft.traceId(),
        logId,
        Long.toString(offset),
        Long.toString(sequence),
        Long.toString(receivedAt));
  }
}
