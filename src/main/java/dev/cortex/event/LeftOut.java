package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The mark of an event that another log refused for good and that was given up: an event of its own, at the same place
 * of the same session, so that the session goes on there without a hole that nobody is told of. It is the same whenever
 * it is made.
 */
@Pure
public final class LeftOut {

  /** Its type. */
  public static final String TYPE = "cortex.left_out";

  private static final String ID = "left-out/";
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]*");

  private LeftOut() {}

  /** The id of the mark of an event. */
  public static String id(String orgId, String id) {
    Hash128 hash = KeyHash.hashed(orgId + ' ' + id);
    return ID + String.format("%016x%016x", hash.hi(), hash.lo());
  }

  /** Whether that is the mark of an event. */
  public static boolean isMark(Draft draft) {
    return draft.type().equals(TYPE) && draft.id().startsWith(ID);
  }

  /**
   * The mark of an event.
   *
   * @param event what was refused; its id, type and session are named in the mark, its payload is not
   * @param code why it was refused
   */
  public static Draft of(Draft event, String code) {
    String id = id(event.orgId(), event.id());
    String reason = WORD.matcher(code).matches() ? code : "";
    String payload = "{\"id\":\"" + event.id() + "\",\"type\":\"" + event.type() + "\",\"code\":\"" + reason + "\"}";
    return new Draft(
        id, true, event.orgId(), event.userId(), TYPE, payload.getBytes(StandardCharsets.US_ASCII),
        event.timestamp(), event.agentId(), event.sessionId(), event.sequence(), id, event.priority(),
        event.traceId(), event.origin());
  }
}
