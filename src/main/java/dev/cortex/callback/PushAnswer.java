package dev.cortex.callback;

import dev.cortex.auth.StrictJson;
import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a desktop says to a push.
 *
 * @param kind what it means for the pushes that would follow
 * @param cursor where the desktop stands; empty when it says so of nowhere
 */
@Pure
record PushAnswer(Kind kind, Optional<Position> cursor) {

  /** What an answer means. */
  enum Kind {
    /** It has the events now. */
    APPLIED,
    /** It had them. */
    DUPLICATE,
    /** It stands elsewhere. */
    BEHIND,
    /** It does not want this org. */
    FORBIDDEN,
    /** There is no such callback there. */
    GONE
  }

  private static final Set<Integer> GONE = Set.of(401, 404, 410);

  /**
   * Reads an answer.
   *
   * @throws IOException when it is none that a desktop gives
   */
  static PushAnswer of(Connector.Reply reply) throws IOException {
    if (GONE.contains(reply.status())) {
      return new PushAnswer(Kind.GONE, Optional.empty());
    }
    if (reply.status() == 403) {
      return new PushAnswer(Kind.FORBIDDEN, Optional.empty());
    }
    if (reply.status() != 200) {
      throw new IOException("HTTP status " + reply.status());
    }
    Map<String, Object> members = StrictJson.object(reply.body());
    Optional<Position> cursor =
        members.get("cursor") instanceof String text ? Position.parse(text) : Optional.empty();
    return new PushAnswer(kind(members.get("status")), cursor);
  }

  private static Kind kind(Object status) throws IOException {
    if ("applied".equals(status)) {
      return Kind.APPLIED;
    } else if ("duplicate".equals(status)) {
      return Kind.DUPLICATE;
    } else if ("behind".equals(status)) {
      return Kind.BEHIND;
    }
    throw new IOException("no answer of a desktop");
  }
}
