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
 * @param origin where it came from: the text of a {@link Desktop}, {@link #CLOUD}, or empty when it was born in the log
 *     it is in. What a producer says of it counts only between a desktop and its cloud
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
    String traceId,
    String origin) {

  /** The origin, at a desktop, of an event that was born in the cloud; also the home of such a session. */
  public static final String CLOUD = "cloud";

  /** An event that is born in the log it is on its way to. */
  public Draft(
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
    this(
        id, idGiven, orgId, userId, type, payload, timestamp, agentId, sessionId, sequence, idempotencyKey, priority,
        traceId, "");
  }

  /** Whether the event belongs to a session and is therefore numbered in it. */
  public boolean hasSession() {
    return !sessionId.isEmpty();
  }

  /** This draft with the given values in the places its producer left empty. */
  public Draft completed(String newId, String defaultOrg, String defaultUser, long nowMs, String defaultTrace) {
    return with(
        id.isEmpty() ? newId : id,
        idGiven,
        orgId.isEmpty() ? defaultOrg : orgId,
        userId.isEmpty() ? defaultUser : userId,
        timestamp < 0 ? nowMs : timestamp,
        traceId.isEmpty() ? defaultTrace : traceId,
        origin);
  }

  /** This draft as one that may have been stored before: it is looked for by its id, whoever made that up. */
  public Draft repeated() {
    return with(id, true, orgId, userId, timestamp, traceId, origin);
  }

  /** This draft as one that another user caused. */
  public Draft by(String newUserId) {
    return with(id, idGiven, orgId, newUserId, timestamp, traceId, origin);
  }

  /** This draft as one that came from there; empty for one that is born here. */
  public Draft from(String newOrigin) {
    return with(id, idGiven, orgId, userId, timestamp, traceId, newOrigin);
  }

  /** This draft with other values in the fields that are not the producer's alone to fill. */
  private Draft with(
      String newId,
      boolean given,
      String newOrg,
      String newUser,
      long newTimestamp,
      String newTrace,
      String newOrigin) {
    return new Draft(
        newId, given, newOrg, newUser, type, payload, newTimestamp, agentId, sessionId, sequence, idempotencyKey,
        priority, newTrace, newOrigin);
  }
}
