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
   * @param place where it belongs, as far as it says so
   */
  record Invalid(String id, ErrorCode code, String message, Place place) implements Parsed {

    /** An event of which nobody needs to know where it belongs. */
    public Invalid(String id, ErrorCode code, String message) {
      this(id, code, message, Place.UNREADABLE);
    }
  }

  /**
   * What can be read of the place of an event that is not read itself: empty texts and 0 for what cannot.
   *
   * @param agentId empty together with {@code sessionId}
   * @param sequence 0 without a session
   */
  record Place(String orgId, String agentId, String sessionId, long sequence) {

    /** Nothing. */
    public static final Place UNREADABLE = new Place("", "", "", 0);
  }
}
