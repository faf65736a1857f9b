package dev.cortex.event;

import dev.cortex.base.Pure;

/** One event as it was read: either good, or refused by itself without harm to its neighbours in the same body. */
@Pure
public sealed interface Parsed {

  /** An event that keeps every rule of the envelope; what its producer left out is still empty. */
  record Valid(Draft draft) implements Parsed {}

  /**
   * An event that breaks a rule.
   *
   * @param id the event's id, empty when it has none that could be read
   * @param code why
   * @param message names the field, what was found and what is allowed
   */
  record Invalid(String id, ErrorCode code, String message) implements Parsed {}
}
