package dev.cortex.log.sql;

import dev.cortex.log.AppendResult;
import dev.cortex.log.OrgHead;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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
      """
      UPDATE org_heads SET floor = ?, floor_received_at = ?, stored_bytes = stored_bytes - ?,
        touched_at = CASE WHEN touched_at < ? THEN ? ELSE touched_at END
      WHERE org_id = ?""";
  private static final String PREFIX_BYTES =
      "SELECT coalesce(sum(octet_length(payload)), 0) FROM realtime_events WHERE org_id = ? AND log_offset <= ?";
  private static final String DELETE_PREFIX = "DELETE FROM realtime_events WHERE org_id = ? AND log_offset <= ?";

  /** What waits for the cloud's answer, in the few rows of a trim: numbers need not come in the order of offsets. */
  static final String FIRST_UNCONFIRMED =
      """
      SELECT log_offset FROM realtime_events
      WHERE org_id = ? AND log_offset > ? AND log_offset <= ? AND coalesce(outbox_number, 0) > ?
      ORDER BY log_offset LIMIT 1""";

  static final String OLDEST_RETAINED =
      "SELECT floor_received_at FROM org_heads WHERE floor_received_at > 0 ORDER BY floor_received_at LIMIT 1";

  static final String SWEEP_KEYS =
      """
      DELETE FROM event_keys WHERE (org_id, kind, key) IN (
        SELECT org_id, kind, key FROM event_keys WHERE received_at < ? ORDER BY received_at LIMIT ?)""";

  /**
   * Its time is asked again of a session that somebody used meanwhile, or its next event would be its first; the sign
   * keeps that question from choosing the rows.
   */
  static final String SWEEP_SESSIONS =
      """
      DELETE FROM sessions WHERE (org_id, agent_id, session_id) IN (
        SELECT org_id, agent_id, session_id FROM sessions WHERE touched_at < ? ORDER BY touched_at LIMIT ?)
      AND +touched_at < ?""";

  static final String SWEEP_LOG_IDS =
      """
      DELETE FROM old_log_ids WHERE log_id IN (
        SELECT log_id FROM old_log_ids WHERE retired_at < ? ORDER BY retired_at LIMIT ?)""";

  /** A head goes last: keys and sessions name offsets of its log. One that gave numbers to an outbox never goes. */
  private static final String GONE =
      """
      SELECT org_id FROM org_heads h WHERE floor_received_at = 0 AND touched_at < ?
        AND outbox_head = 0
        AND NOT EXISTS (SELECT 1 FROM event_keys k WHERE k.org_id = h.org_id)
        AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.org_id = h.org_id)
      ORDER BY touched_at LIMIT ?""";

  private static final String RETIRE_LOG_IDS =
      "INSERT INTO old_log_ids (log_id, org_id, retired_at) SELECT log_id, org_id, ? FROM org_heads WHERE org_id IN ("
          + GONE
          + ")";
  static final String SWEEP_HEADS = "DELETE FROM org_heads WHERE org_id IN (" + GONE + ")";

  /** What is asked of the head itself is asked again when somebody moved it meanwhile; a list of names is not. */
  static final String RETIRE_HEADS =
      "WITH gone AS (DELETE FROM org_heads o WHERE o.floor_received_at = 0 AND o.touched_at < ? AND o.org_id IN ("
          + GONE
          + """
          ) RETURNING o.log_id, o.org_id)
          INSERT INTO old_log_ids (log_id, org_id, retired_at) SELECT log_id, org_id, ? FROM gone""";

  /** The last step of a sweep: heads of logs that nothing is left of. */
  @FunctionalInterface
  interface HeadSweep {
    /** Deletes at most that many heads untouched since then, notes their log ids as retired now, and counts them. */
    int run(Sql sql, long beforeMs, long nowMs, int limit) throws SQLException;
  }

  /** Two statements, between which nobody else writes. */
  static final HeadSweep SQLITE_HEADS =
      (sql, beforeMs, nowMs, limit) -> {
        PreparedStatement retire = sql.prepare(RETIRE_LOG_IDS);
        retire.setLong(1, nowMs);
        retire.setLong(2, beforeMs);
        retire.setInt(3, limit);
        retire.executeUpdate();
        return delete(sql, SWEEP_HEADS, beforeMs, limit);
      };

  /** One statement. */
  static final HeadSweep POSTGRES_HEADS =
      (sql, beforeMs, nowMs, limit) -> {
        PreparedStatement retire = sql.prepare(RETIRE_HEADS);
        retire.setLong(1, beforeMs);
        retire.setLong(2, beforeMs);
        retire.setInt(3, limit);
        retire.setLong(4, nowMs);
        return retire.executeUpdate();
      };

  private Upkeep() {}

  /** The floor moves first, so that nobody takes a half-deleted prefix for a whole one. */
  static AppendResult trim(Sql sql, String orgId, int shard, long epoch, long through, long nowMs)
      throws SQLException {
    if (!Fence.holds(Fence.epochs(sql, List.of(shard)), shard, epoch)) {
      return AppendResult.DEPOSED;
    }
    Optional<OrgHead> found = HeadRows.locked(sql, orgId);
    if (found.isEmpty() || found.get().floor() >= through) {
      return AppendResult.COMMITTED;
    }
    long floor = unheld(sql, found.get(), Math.min(through, found.get().head()));
    if (floor <= found.get().floor()) {
      return AppendResult.COMMITTED;
    }
    PreparedStatement raise = sql.prepare(RAISE_FLOOR);
    raise.setLong(1, floor);
    raise.setLong(2, floor == found.get().head() ? 0 : EventRows.receivedAt(sql, orgId, floor + 1));
    raise.setLong(3, prefixBytes(sql, orgId, floor));
    raise.setLong(4, nowMs);
    raise.setLong(5, nowMs);
    raise.setString(6, orgId);
    raise.executeUpdate();
    PreparedStatement delete = sql.prepare(DELETE_PREFIX);
    delete.setString(1, orgId);
    delete.setLong(2, floor);
    delete.executeUpdate();
    return AppendResult.COMMITTED;
  }

  private static long prefixBytes(Sql sql, String orgId, long through) throws SQLException {
    PreparedStatement query = sql.prepare(PREFIX_BYTES);
    query.setString(1, orgId);
    query.setLong(2, through);
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  static long trimPoint(Sql sql, String orgId, long cutoffMs, int eventsMax) throws SQLException {
    Optional<OrgHead> found = HeadRows.one(sql, orgId);
    if (found.isEmpty()) {
      return 0;
    }
    OrgHead head = found.get();
    long last = Math.min(head.head(), head.floor() + eventsMax);
    return unheld(sql, head, EventRows.firstReceivedSince(sql, orgId, head.floor(), last, cutoffMs) - 1);
  }

  /** That offset, or the last one before the first event above the floor that the cloud has not answered yet. */
  private static long unheld(Sql sql, OrgHead head, long through) throws SQLException {
    if (head.outboxConfirmed() == head.outboxHead()) {
      return through;
    }
    PreparedStatement query = sql.prepare(FIRST_UNCONFIRMED);
    query.setString(1, head.orgId());
    query.setLong(2, head.floor());
    query.setLong(3, through);
    query.setLong(4, head.outboxConfirmed());
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? row.getLong(1) - 1 : through;
    }
  }

  static int sweep(Sql sql, long nowMs, int limit, HeadSweep heads) throws SQLException {
    long oldest = sql.number(OLDEST_RETAINED);
    long keysBefore = oldest == 0 ? nowMs - KEY_MS : Math.min(nowMs - KEY_MS, oldest);
    int deleted = delete(sql, SWEEP_KEYS, keysBefore, limit);
    deleted += deleteSessions(sql, nowMs - SESSION_MS, limit - deleted);
    deleted += delete(sql, SWEEP_LOG_IDS, nowMs - SESSION_MS, limit - deleted);
    return limit > deleted ? deleted + heads.run(sql, nowMs - HEAD_MS, nowMs, limit - deleted) : deleted;
  }

  private static int deleteSessions(Sql sql, long beforeMs, int limit) throws SQLException {
    if (limit <= 0) {
      return 0;
    }
    PreparedStatement delete = sql.prepare(SWEEP_SESSIONS);
    delete.setLong(1, beforeMs);
    delete.setInt(2, limit);
    delete.setLong(3, beforeMs);
    return delete.executeUpdate();
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
