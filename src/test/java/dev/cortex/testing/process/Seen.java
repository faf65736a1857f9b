package dev.cortex.testing.process;

import io.vertx.core.json.JsonObject;

/**
 * An event as somebody got it who reads a log.
 *
 * @param session agent and session as {@code agent:session}, empty without one
 * @param payload hash of the payload's text
 */
public record Seen(long offset, String id, String session, long sequence, int payload) {

  /** The event of a frame, or of a page of a log. */
  public static Seen of(JsonObject event) {
    return new Seen(
        event.getLong("offset"),
        event.getString("id"),
        event.containsKey("sessionId") ? event.getString("agentId") + ':' + event.getString("sessionId") : "",
        event.getLong("sequence", 0L),
        event.getJsonObject("payload").encode().hashCode());
  }
}
