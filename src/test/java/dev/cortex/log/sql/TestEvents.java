package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Appends as a room would make them; event n of an org is received at millisecond n unless said otherwise. */
final class TestEvents {

  static final String LOG_ID = "aaaaaaaaaaaaa";

  private TestEvents() {}

  /** An append of events without a session. */
  static OrgAppend append(String org, long epoch, long head, int count) {
    List<NewEvent> events = new ArrayList<>();
    for (long offset = head + 1; offset <= head + count; offset++) {
      events.add(event(draft(org, offset, "", ""), offset, 0, offset));
    }
    return new OrgAppend(org, 0, epoch, logId(org), head, events, List.of());
  }

  /** An append whose events belong to the given sessions of agent {@code a}, in turn; sequence is the offset. */
  static OrgAppend append(String org, long epoch, long head, int count, String agent, String... sessions) {
    List<NewEvent> events = new ArrayList<>();
    Map<SessionRef, SessionRow> rows = new LinkedHashMap<>();
    for (long offset = head + 1; offset <= head + count; offset++) {
      String session = sessions[(int) ((offset - head - 1) % sessions.length)];
      SessionRef ref = new SessionRef(org, agent, session);
      events.add(event(draft(org, offset, agent, session), offset, offset, offset));
      rows.put(ref, new SessionRow(ref, "", offset, offset));
    }
    return new OrgAppend(org, 0, epoch, logId(org), head, events, List.copyOf(rows.values()));
  }

  static NewEvent event(Draft draft, long offset, long sequence, long receivedAt) {
    KeyRef key = new KeyRef(draft.orgId(), KeyRef.Kind.UUID, 7, offset);
    return new NewEvent(
        draft, offset, sequence, receivedAt, List.of(new KeyRow(key, offset, sequence, -1, offset)));
  }

  static Draft draft(String org, long n, String agent, String session) {
    byte[] payload = ("{\"n\":" + n + ",\"text\":\"ä€😀\"}").getBytes(StandardCharsets.UTF_8);
    Priority priority = Priority.STANDARD;
    return new Draft(
        "id-" + n, true, org, "user-1", "task.created", payload, 1000 + n, agent, session, 0, "", priority, "");
  }

  static String logId(String org) {
    return (org.replaceAll("[^a-z]", "") + LOG_ID).substring(0, LOG_ID.length());
  }
}
