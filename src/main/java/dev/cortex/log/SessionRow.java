package dev.cortex.log;

import dev.cortex.base.Pure;

/**
 * What is remembered of a session.
 *
 * @param session its name
 * @param home the log that took its first event: empty for this one, else the installation of a desktop, or
 *     {@link dev.cortex.event.Draft#CLOUD}
 * @param lastOffset offset of its last event
 * @param lastSequence sequence of its last event
 * @param held the sequence that has to come next, once an event of the session was refused for good when it was its
 *     turn: first that event's, then each following one; until it is taken, no later one is. 0 when none was refused
 */
@Pure
public record SessionRow(SessionRef session, String home, long lastOffset, long lastSequence, long held) {

  /** A session of which nothing is held up. */
  public SessionRow(SessionRef session, String home, long lastOffset, long lastSequence) {
    this(session, home, lastOffset, lastSequence, 0);
  }
}
