package dev.cortex.log;

import dev.cortex.base.Pure;

/**
 * What is remembered of a session.
 *
 * @param session its name
 * @param home the log that took its first event: empty for this one, else the name of the other
 * @param lastOffset offset of its last event
 * @param lastSequence sequence of its last event
 */
@Pure
public record SessionRow(SessionRef session, String home, long lastOffset, long lastSequence) {}
