package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/**
 * Channels a token may use: a channel in which {@code *} stands for any one name. Like a channel, a pattern covers
 * everything beneath it.
 *
 * @param orgId name or {@code *}
 * @param agentId name, {@code *}, or empty for the whole org
 * @param sessionId name, {@code *}, or empty for the whole agent
 */
@Pure
public record ChannelPattern(String orgId, String agentId, String sessionId) {

  private static final String ANY = "*";

  /** Reads a pattern; empty when the text is none. */
  public static Optional<ChannelPattern> parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length > 3) {
      return Optional.empty();
    }
    for (String part : parts) {
      if (!part.equals(ANY) && !Ids.isName(part)) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new ChannelPattern(parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : ""));
  }

  /** Whether everything beneath the channel lies beneath this pattern. */
  public boolean covers(Channel channel) {
    return fits(orgId, channel.orgId()) && fits(agentId, channel.agentId()) && fits(sessionId, channel.sessionId());
  }

  /** The pattern as it is written, so that reading it gives the same one. */
  public String text() {
    String agent = agentId.isEmpty() ? "" : ':' + agentId;
    return orgId + agent + (sessionId.isEmpty() ? "" : ':' + sessionId);
  }

  private static boolean fits(String wanted, String name) {
    return wanted.isEmpty() || (!name.isEmpty() && (wanted.equals(ANY) || wanted.equals(name)));
  }
}
