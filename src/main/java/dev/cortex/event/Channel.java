package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/**
 * What a client subscribes to: an org, one agent of it, or one session of that agent. A channel covers everything
 * beneath it.
 *
 * @param orgId tenant
 * @param agentId agent, empty for the whole org
 * @param sessionId session, empty for the whole org or agent
 */
@Pure
public record Channel(String orgId, String agentId, String sessionId) {

  /** The root channel of an org. */
  public static Channel root(String orgId) {
    return new Channel(orgId, "", "");
  }

  /** Reads {@code org}, {@code org:agent} or {@code org:agent:session}; empty when the text is no channel. */
  public static Optional<Channel> parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length > 3) {
      return Optional.empty();
    }
    for (String part : parts) {
      if (!Ids.isName(part)) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new Channel(parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : ""));
  }

  /** Whether this channel is an org's root. */
  public boolean isRoot() {
    return agentId.isEmpty();
  }

  /** Whether an event of this org with that agent and session (empty without) lies beneath this channel. */
  public boolean covers(String eventAgentId, String eventSessionId) {
    return agentId.isEmpty()
        || (agentId.equals(eventAgentId) && (sessionId.isEmpty() || sessionId.equals(eventSessionId)));
  }

  /** The channel as clients write it. */
  public String text() {
    if (agentId.isEmpty()) {
      return orgId;
    }
    return sessionId.isEmpty() ? orgId + ':' + agentId : orgId + ':' + agentId + ':' + sessionId;
  }
}
