package dev.cortex.log.sql;

import dev.cortex.log.AppendResult;
import dev.cortex.log.OrgHead;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Deletes what outlived its use, a bounded number of rows a call. */
final class Upkeep {

  private static final long KEY_MS = Duration.ofDays(7).toMillis();
  private static final long SESSION_MS = Duration.ofDays(90).toMillis();
  private static final long HEAD_MS = Duration.ofDays(30).toMillis();

  private static final String RAISE_FLOOR =
      "UPDATE org_heads SET floor = ?, floor_received_at = ?, touched_at = max(touched_at, ?) WHERE org_id = ?";
  private static final String DELETE_PREFIX = "DELETE FROM realtime_events WHERE org_id = ? AND log_offset <= ?";

  static final String SWEEP_KEYS =
      """
      DELETE FROM event_keys WHERE (org_id, kind, key) IN (
        SELECT org_id, kind, key FROM event_keys WHERE received_at < ? ORDER BY received_at LIMIT ?)""";
  static final String SWEEP_SESSIONS =
      """
      DELETE FROM sessions WHERE (org_id, agent_id, session_id) IN (
        SELECT org_id, agent_id, session_id FROM sessions WHERE touched_at < ? ORDER BY touched_at LIMIT ?)""";
  static final String SWEEP_LOG_IDS =
      """
      DELETE FROM old_log_ids WHERE log_id IN (
        SELECT log_id FROM old_log_ids WHERE retired_at < ? ORDER BY retired_at LIMIT ?)""";

  /** A head goes last: keys and sessions name offsets of its log. */
  private static final String GONE =
      """
      SELECT org_id FROM org_heads h WHERE floor_received_at = 0 AND touched_at < ?
        AND outbox_confirmed = outbox_head
        AND NOT EXISTS (SELECT 1 FROM event_keys k WHERE k.org_id = h.org_id)
        AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.org_id = h.org_id)
      ORDER BY touched_at LIMIT ?""";

  private static final String RETIRE_LOG_IDS =
      "INSERT INTO old_log_ids (log_id, org_id, retired_at) SELECT log_id, org_id, ? FROM org_heads WHERE org_id IN ("
          + GONE
          + ")";
  static final String SWEEP_HEADS = "DELETE FROM org_heads WHERE org_id IN (" + GONE + ")";

  private Upkeep() {}

  /** The floor moves first, so that nobody takes a half-deleted prefix for a whole one. */
  static AppendResult trim(Sql sql, String orgId, int shard, long epoch, long through, long nowMs)
      throws SQLException {
    if (!Fence.holds(Fence.epochs(sql, List.of(shard)), shard, epoch)) {
      return AppendResult.DEPOSED;
    }
    Optional<OrgHead> found = HeadRows.one(sql, orgId);
    if (found.isEmpty() || found.get().floor() >= through) {
      return AppendResult.COMMITTED;
    }
    long floor = Math.min(through, found.get().head());
    PreparedStatement raise = sql.prepare(RAISE_FLOOR);
    raise.setLong(1, floor);
    raise.setLong(2, floor == found.get().head() ? 0 : EventRows.receivedAt(sql, orgId, floor + 1));
    raise.setLong(3, nowMs);
    raise.setString(4, orgId);
    raise.executeUpdate();
    PreparedStatement delete = sql.prepare(DELETE_PREFIX);
    delete.setString(1, orgId);
    delete.setLong(2, floor);
    delete.executeUpdate();
    return AppendResult.COMMITTED;
  }

  static long trimPoint(Sql sql, String orgId, long cutoffMs, int eventsMax) throws SQLException {
    Optional<OrgHead> found = HeadRows.one(sql, orgId);
    if (found.isEmpty()) {
      return 0;
    }
    OrgHead head = found.get();
    long last = Math.min(head.head(), head.floor() + eventsMax);
    return EventRows.firstReceivedSince(sql, orgId, head.floor(), last, cutoffMs) - 1;
  }

  static int sweep(Sql sql, long nowMs, int limit) throws SQLException {
    int deleted = delete(sql, SWEEP_KEYS, nowMs - KEY_MS, limit);
    deleted += delete(sql, SWEEP_SESSIONS, nowMs - SESSION_MS, limit - deleted);
    deleted += delete(sql, SWEEP_LOG_IDS, nowMs - SESSION_MS, limit - deleted);
    PreparedStatement retire = sql.prepare(RETIRE_LOG_IDS);
    retire.setLong(1, nowMs);
    retire.setLong(2, nowMs - HEAD_MS);
    retire.setInt(3, limit - deleted);
    retire.executeUpdate();
    return deleted + delete(sql, SWEEP_HEADS, nowMs - HEAD_MS, limit - deleted);
  }

  private static int delete(Sql sql, String statement, long beforeMs, int limit) throws SQLException {
    if (limit <= 0) {
      return 0;
    }
    PreparedStatement delete = sql.prepare(statement);
    delete.setLong(1, beforeMs);
    delete.setInt(2, limit);
    return delete.executeUpdate();
  }
}
