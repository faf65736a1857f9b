package dev.cortex.log;

import dev.cortex.base.Pure;
import dev.cortex.event.Hash128;
import java.util.List;

/**
 * What the cloud remembers of a desktop's outbox, for ever: how far it was taken; and of its refusals as long as the
 * desktop may not know of them.
 *
 * @param outbox whose
 * @param subject who sends it; nobody else may
 * @param number the last number taken
 * @param hash of that event's id, see {@link dev.cortex.event.KeyHash#hashed}
 * @param refusals numbers that were refused for good and not confirmed yet, in order
 */
@Pure
public record OutboxRow(OutboxRef outbox, String subject, long number, Hash128 hash, List<Refusal> refusals) {

  /** A number that was refused for good. */
  public record Refusal(long number, String id, String code, String message) {}
}
