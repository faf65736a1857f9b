package dev.cortex.log;

import dev.cortex.base.Pure;
import dev.cortex.event.Draft;
import java.util.List;

/**
 * A numbered event on its way into the log.
 *
 * @param draft the event, complete
 * @param offset its place
 * @param sequence its number in its session, 0 without one
 * @param receivedAt when the room took it, Unix milliseconds
 * @param keys the rows to remember it by: one for its id, one more for an idempotency key
 * @param outboxNumber its number in this log's outbox, 0 when it is in none
 */
@Pure
public record NewEvent(Draft draft, long offset, long sequence, long receivedAt, List<KeyRow> keys, long outboxNumber) {

  /** An event that is in no outbox. */
  public NewEvent(Draft draft, long offset, long sequence, long receivedAt, List<KeyRow> keys) {
    this(draft, offset, sequence, receivedAt, keys, 0);
  }
}
