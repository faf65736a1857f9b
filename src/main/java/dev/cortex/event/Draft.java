package dev.cortex.event;

import dev.cortex.base.Pure;

/**
 * A validated event that no room has numbered yet: what a producer sent, checked against the envelope's rules. Absent
 * text fields are empty strings, an absent sequence is 0, an absent timestamp is -1.
 *
 * @param id event id, empty until {@link #completed} fills it in
 * @param idGiven whether the producer sent the id (only then can the event be a repeat by id)
 * @param orgId tenant
 * @param userId who caused it
 * @param type dotted words
 * @param payload UTF-8 text of one JSON object, white space between tokens removed; never modified
 * @param timestamp producer's time, Unix milliseconds
 * @param agentId agent, empty when the event has no session
 * @param sessionId session, empty when the event has none
 * @param sequence number in the session, 0 when the room shall assign it
 * @param idempotencyKey producer's key, empty when absent
 * @param priority urgency
 * @param traceId trace the event belongs to, empty when unknown
 */
@Pure
public record Draft(
    String id,
    boolean idGiven,
    String orgId,
    String userId,
    String type,
    byte[] payload,
    long timestamp,
    String agentId,
    String sessionId,
    long sequence,
    String idempotencyKey,
    Priority priority,
    String traceId) {

  /** Whether the event belongs to a session and is therefore numbered in it. */
  public boolean hasSession() {
    return !sessionId.isEmpty();
  }

  /** This draft with the given values in the places its producer left empty. */
  public Draft completed(String newId, String defaultOrg, String defaultUser, long nowMs, String defaultTrace) {
    return new Draft(
        id.isEmpty() ? newId : id,
        idGiven,
        orgId.isEmpty() ? defaultOrg : orgId,
        userId.isEmpty() ? defaultUser : userId,
        type,
        payload,
        timestamp < 0 ? nowMs : timestamp,
        agentId,
        sessionId,
        sequence,
        idempotencyKey,
        priority,
        traceId.isEmpty() ? defaultTrace : traceId);
  }

  /** This draft as one that may have been stored before: it is looked for by its id, whoever made that up. */
  public Draft repeated() {
    return new Draft(
        id,
        true,
        orgId,
        userId,
        type,
        payload,
        timestamp,
        agentId,
        sessionId,
        sequence,
        idempotencyKey,
        priority,
        traceId);
  }
}
