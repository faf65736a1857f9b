package dev.cortex.log.sql;

import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.EventLog.LogPage;
import dev.cortex.log.OrgHead;
import dev.cortex.log.SessionRef;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads events and offsets, each call on one snapshot. */
final class EventRows {

  static final String COLUMNS =
      """
      SELECT log_offset, id, user_id, type, payload, timestamp, received_at, agent_id, session_id, sequence,
        idempotency_key, priority, trace_id, origin
      FROM realtime_events""";

  static final String READ_ORG =
      COLUMNS + " WHERE org_id = ? AND log_offset > ? AND log_offset <= ? ORDER BY log_offset LIMIT ?";

  static final String READ_SESSION =
      COLUMNS
          + " WHERE org_id = ? AND agent_id = ? AND session_id = ? AND session_id <> ''"
          + " AND log_offset > ? AND log_offset <= ? ORDER BY log_offset LIMIT ?";

  static final String READ_AGENT =
      COLUMNS
          + " WHERE org_id = ? AND agent_id = ? AND agent_id <> '' AND log_offset > ? AND log_offset <= ?"
          + " ORDER BY log_offset LIMIT ?";

  static final String COUNT_AGENT =
      """
      SELECT count(*) FROM realtime_events
      WHERE org_id = ? AND agent_id = ? AND agent_id <> '' AND log_offset > ? AND log_offset <= ?""";

  static final String COUNT_SESSION =
      """
      SELECT count(*) FROM realtime_events
      WHERE org_id = ? AND agent_id = ? AND session_id = ? AND session_id <> ''
        AND log_offset > ? AND log_offset <= ?""";

  static final String AFTER_SEQUENCE =
      """
      SELECT log_offset FROM realtime_events
      WHERE org_id = ? AND agent_id = ? AND session_id = ? AND session_id <> '' AND sequence > ?
      ORDER BY log_offset LIMIT 1""";

  static final String RECEIVED_AT = "SELECT received_at FROM realtime_events WHERE org_id = ? AND log_offset = ?";

  private static final String LAST_OF_SESSION =
      "SELECT last_offset FROM sessions WHERE org_id = ? AND agent_id = ? AND session_id = ?";
  private static final String LAST_OF_AGENT =
      "SELECT coalesce(max(last_offset), 0) FROM sessions WHERE org_id = ? AND agent_id = ?";

  private EventRows() {}

  static LogPage page(Sql sql, Channel channel, long after, long through, int eventsMax, int bytesMax)
      throws SQLException {
    Optional<OrgHead> found = HeadRows.one(sql, channel.orgId());
    if (found.isEmpty()) {
      return new LogPage(List.of(), after);
    }
    OrgHead head = found.get();
    long last = Math.max(after, Math.min(through, head.head()));
    PreparedStatement query = pageQuery(sql, channel, after, last, eventsMax);
    List<StoredEvent> events = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        StoredEvent event = event(row, channel.orgId(), head.logId());
        events.add(event);
        bytes += event.json().length;
        if (bytes >= bytesMax || events.size() == eventsMax) {
          return new LogPage(events, event.offset(), head.floor());
        }
      }
    }
    return new LogPage(events, last, head.floor());
  }

  private static PreparedStatement pageQuery(Sql sql, Channel channel, long after, long through, int eventsMax)
      throws SQLException {
    boolean root = channel.isRoot();
    boolean session = !channel.sessionId().isEmpty();
    PreparedStatement query = sql.prepare(root ? READ_ORG : session ? READ_SESSION : READ_AGENT);
    int place = bind(query, channel);
    query.setLong(++place, after);
    query.setLong(++place, through);
    query.setInt(++place, eventsMax);
    return query;
  }

  /** The event of a row that begins with {@link #COLUMNS}. */
  static StoredEvent event(ResultSet row, String orgId, String logId) throws SQLException {
    return event(row, draft(row, orgId), logId);
  }

  /** What such a row says of the event itself. */
  static Draft draft(ResultSet row, String orgId) throws SQLException {
    return new Draft(
        row.getString(2),
        true,
        orgId,
        row.getString(3),
        row.getString(4),
        row.getBytes(5),
        row.getLong(6),
        row.getString(8),
        row.getString(9),
        row.getLong(10),
        text(row, 11),
        Priority.of(text(row, 12)).orElse(Priority.STANDARD),
        text(row, 13),
        text(row, 14));
  }

  /** An event at the place of such a row. */
  static StoredEvent event(ResultSet row, Draft draft, String logId) throws SQLException {
    long offset = row.getLong(1);
    long receivedAt = row.getLong(7);
    byte[] json = EnvelopeWriter.write(draft, logId, offset, draft.sequence(), receivedAt);
    return new StoredEvent(
        offset, draft.agentId(), draft.sessionId(), draft.sequence(), draft.priority(), receivedAt, draft.origin(),
        json);
  }

  /** Offsets of an org have no gap, so its root needs no counting. */
  static long count(Sql sql, Channel channel, long after, long through) throws SQLException {
    if (channel.isRoot()) {
      Optional<OrgHead> head = HeadRows.one(sql, channel.orgId());
      return head.map(h -> Math.max(0, Math.min(through, h.head()) - Math.max(after, h.floor()))).orElse(0L);
    }
    boolean session = !channel.sessionId().isEmpty();
    PreparedStatement query = sql.prepare(session ? COUNT_SESSION : COUNT_AGENT);
    int place = bind(query, channel);
    query.setLong(++place, after);
    query.setLong(++place, through);
    return number(query).orElse(0);
  }

  static long lastOffset(Sql sql, Channel channel) throws SQLException {
    if (channel.isRoot()) {
      return HeadRows.one(sql, channel.orgId()).map(OrgHead::head).orElse(0L);
    }
    boolean session = !channel.sessionId().isEmpty();
    PreparedStatement query = sql.prepare(session ? LAST_OF_SESSION : LAST_OF_AGENT);
    bind(query, channel);
    return number(query).orElse(0);
  }

  /** Binds the words of the channel and answers how many there are. */
  private static int bind(PreparedStatement query, Channel channel) throws SQLException {
    int place = 0;
    query.setString(++place, channel.orgId());
    if (!channel.agentId().isEmpty()) {
      query.setString(++place, channel.agentId());
    }
    if (!channel.sessionId().isEmpty()) {
      query.setString(++place, channel.sessionId());
    }
    return place;
  }

  static OptionalLong afterSequence(Sql sql, SessionRef session, long sequence) throws SQLException {
    PreparedStatement query = sql.prepare(AFTER_SEQUENCE);
    query.setString(1, session.orgId());
    query.setString(2, session.agentId());
    query.setString(3, session.sessionId());
    query.setLong(4, sequence);
    return number(query);
  }

  /** The lowest offset in (floor, head] received at or after that time, or head + 1; receive times never decrease. */
  static long firstReceivedSince(Sql sql, String orgId, long floor, long head, long receivedAtMs)
      throws SQLException {
    long low = floor + 1;
    long high = head + 1;
    while (low < high) {
      long middle = low + (high - low) / 2;
      if (receivedAt(sql, orgId, middle) < receivedAtMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The receive time of the event at that offset, 0 when it is not retained. */
  static long receivedAt(Sql sql, String orgId, long offset) throws SQLException {
    PreparedStatement query = sql.prepare(RECEIVED_AT);
    query.setString(1, orgId);
    query.setLong(2, offset);
    return number(query).orElse(0);
  }

  private static OptionalLong number(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
    }
  }

  private static String text(ResultSet row, int column) throws SQLException {
    String text = row.getString(column);
    return text == null ? "" : text;
  }
}
