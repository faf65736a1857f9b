package dev.cortex.room;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import java.nio.charset.StandardCharsets;

/** Drafts as a producer may send them. */
final class Drafts {

  private Drafts() {}

  /** An event without a session. */
  static Draft plain(String org, String id) {
    return draft(org, id, "", 0, "", "{}");
  }

  /** An event of session {@code s} of agent {@code a}. */
  static Draft inSession(String id, long sequence) {
    return draft("acme", id, "s", sequence, "", "{}");
  }

  static Draft draft(String org, String id, String session, long sequence, String key, String payload) {
    return new Draft(
        id, true, org, "u", "t", payload.getBytes(StandardCharsets.UTF_8), 1, session.isEmpty() ? "" : "a", session,
        sequence, key, Priority.STANDARD, "");
  }
}
