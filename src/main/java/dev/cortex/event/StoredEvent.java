package dev.cortex.event;

import dev.cortex.base.Pure;

/**
 * A committed event as it travels to readers: its place, what routing needs to know of it, and the finished envelope.
 *
 * @param offset place in its org's log, from 1
 * @param agentId agent, empty without a session
 * @param sessionId session, empty without one
 * @param sequence number in the session, 0 without one
 * @param priority urgency
 * @param receivedAt when the room took it, Unix milliseconds, never decreasing within a log
 * @param origin where it came from, as {@link Draft#origin} says
 * @param json the envelope as UTF-8 JSON on one line, exactly as every door sends it; shared, never modified
 */
@Pure
public record StoredEvent(
    long offset,
    String agentId,
    String sessionId,
    long sequence,
    Priority priority,
    long receivedAt,
    String origin,
    byte[] json) {

  /** An event that was born in this log. */
  public StoredEvent(
      long offset,
      String agentId,
      String sessionId,
      long sequence,
      Priority priority,
      long receivedAt,
      byte[] json) {
    this(offset, agentId, sessionId, sequence, priority, receivedAt, "", json);
  }
}
