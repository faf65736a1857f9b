package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.event.LeftOut;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.LocalOutbox.Aside;
import dev.cortex.log.LocalOutbox.Numbered;
import dev.cortex.log.LocalOutbox.State;
import dev.cortex.log.OrgHead;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a desktop's own outbox: the numbered rows of its log, and what was set aside. A number above those confirmed
 * stands in exactly one row of the two tables.
 */
final class OutboxRows {

  static final String STATE =
      """
      SELECT outbox_head, outbox_confirmed, outbox_former, outbox_former_head,
        (SELECT count(*) FROM set_aside s WHERE s.org_id = h.org_id AND s.outbox_number IS NULL)
      FROM org_heads h WHERE org_id = ?""";

  private static final String SET_ASIDE =
      """
      SELECT log_offset, id, user_id, type, payload, timestamp, received_at, agent_id, session_id, sequence,
        idempotency_key, priority, trace_id, NULL, outbox_number, left_out, code""";

  static final String NUMBERED =
      EventRows.COLUMNS.replace("origin", "origin, outbox_number, 0, ''")
          + " WHERE org_id = ? AND outbox_number > ? UNION ALL "
          + SET_ASIDE
          + " FROM set_aside WHERE org_id = ? AND outbox_number > ? ORDER BY outbox_number LIMIT ?";

  static final String ASIDE =
      SET_ASIDE + ", message, refused_at FROM set_aside WHERE org_id = ? ORDER BY log_offset LIMIT ?";

  private static final State NOTHING = new State(0, 0, Optional.empty(), 0, 0);

  private OutboxRows() {}

  static State state(Sql sql, String orgId) throws SQLException {
    PreparedStatement query = sql.prepare(STATE);
    query.setString(1, orgId);
    try (ResultSet row = query.executeQuery()) {
      if (!row.next()) {
        return NOTHING;
      }
      Optional<String> former = Optional.of(row.getString(3)).filter(text -> !text.isEmpty());
      return new State(row.getLong(1), row.getLong(2), former, row.getLong(4), row.getLong(5));
    }
  }

  static List<Numbered> page(Sql sql, String orgId, long after, int eventsMax, int bytesMax) throws SQLException {
    Optional<OrgHead> head = HeadRows.one(sql, orgId);
    if (head.isEmpty()) {
      return List.of();
    }
    PreparedStatement query = sql.prepare(NUMBERED);
    query.setString(1, orgId);
    query.setLong(2, after);
    query.setString(3, orgId);
    query.setLong(4, after);
    query.setInt(5, eventsMax);
    List<Numbered> events = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = query.executeQuery()) {
      long last = 0;
      while (bytes < bytesMax && row.next() && (last == 0 || row.getLong(15) == last + 1)) {
        last = row.getLong(15);
        Numbered one = numbered(row, orgId, head.get().logId());
        events.add(one);
        bytes += one.event().json().length;
      }
    }
    return events;
  }

  /** What goes under a number: the event, or the mark that it was left out. */
  private static Numbered numbered(ResultSet row, String orgId, String logId) throws SQLException {
    Draft draft = EventRows.draft(row, orgId);
    Draft sent = row.getInt(16) > 0 ? LeftOut.of(draft, row.getString(17)) : draft;
    return new Numbered(row.getLong(15), sent.id(), EventRows.event(row, sent, logId));
  }

  static List<Aside> aside(Sql sql, String orgId, int limit) throws SQLException {
    Optional<OrgHead> head = HeadRows.one(sql, orgId);
    if (head.isEmpty()) {
      return List.of();
    }
    PreparedStatement query = sql.prepare(ASIDE);
    query.setString(1, orgId);
    query.setInt(2, limit);
    List<Aside> aside = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        boolean again = row.getLong(15) > 0;
        StoredEvent event = EventRows.event(row, orgId, head.get().logId());
        aside.add(
            new Aside(
                row.getString(2), row.getString(17), row.getString(18), row.getLong(19), again, row.getInt(16) > 0,
                event));
      }
    }
    return aside;
  }
}
