package dev.cortex.log.sql;

import dev.cortex.log.LocalOutbox.Refusal;
import dev.cortex.log.LocalOutbox.State;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Changes a desktop's own outbox, each call within one write transaction. An event that was sent again keeps in its row
 * of the log the number under which it was answered last, so that a number which the cloud names later is still known.
 * One that was given up has none there: it is never sent itself again.
 */
final class OutboxChanges {

  static final String ANSWER_AGAIN =
      """
      UPDATE realtime_events AS e SET outbox_number = CASE s.left_out WHEN 0 THEN s.outbox_number END FROM set_aside s
      WHERE s.org_id = ? AND s.outbox_number > ? AND s.outbox_number <= ?
        AND e.org_id = s.org_id AND e.log_offset = s.log_offset""";

  static final String REFUSE_AGAIN =
      """
      UPDATE set_aside INDEXED BY idx_set_aside_outbox
      SET code = ?, message = ?, refused_at = ?, outbox_number = NULL, left_out = 0
      WHERE org_id = ? AND outbox_number = ?""";

  static final String REFUSE =
      """
      INSERT INTO set_aside (org_id, id, log_offset, user_id, type, payload, timestamp, received_at, agent_id,
        session_id, sequence, idempotency_key, priority, trace_id, code, message, refused_at)
      SELECT org_id, id, log_offset, user_id, type, payload, timestamp, received_at, agent_id, session_id, sequence,
        idempotency_key, priority, trace_id, ?, ?, ?
      FROM realtime_events WHERE org_id = ? AND outbox_number = ?
      ON CONFLICT (org_id, id) DO UPDATE SET code = excluded.code, message = excluded.message,
        refused_at = excluded.refused_at, outbox_number = NULL""";

  static final String TAKE = "DELETE FROM set_aside WHERE org_id = ? AND outbox_number > ? AND outbox_number <= ?";

  private static final String CONFIRM = "UPDATE org_heads SET outbox_confirmed = ? WHERE org_id = ?";

  static final String FORGET_TAKEN =
      "UPDATE realtime_events SET outbox_number = NULL WHERE org_id = ? AND outbox_number > ? AND outbox_number <= ?";

  /** What was set aside is sent under the number it has there, or not at all. */
  static final String FORGET_ASIDE =
      """
      UPDATE realtime_events SET outbox_number = NULL
      WHERE org_id = ? AND log_offset IN (SELECT log_offset FROM set_aside WHERE org_id = ?)""";

  static final String NUMBERS =
      """
      SELECT outbox_number FROM realtime_events WHERE org_id = ? AND outbox_number > ?
      UNION ALL SELECT outbox_number FROM set_aside WHERE org_id = ? AND outbox_number > ? ORDER BY outbox_number""";

  static final String SHIFT_EVENTS =
      "UPDATE realtime_events SET outbox_number = outbox_number - ? WHERE org_id = ? AND outbox_number BETWEEN ? AND ?";
  static final String SHIFT_ASIDE =
      "UPDATE set_aside SET outbox_number = outbox_number - ? WHERE org_id = ? AND outbox_number BETWEEN ? AND ?";

  private static final String RENUMBERED =
      """
      UPDATE org_heads SET outbox_head = ?, outbox_confirmed = 0, outbox_former = '', outbox_former_head = 0
      WHERE org_id = ?""";

  /** Numbers that follow each other without a gap. */
  private record Run(long first, long last) {}

  private OutboxChanges() {}

  /** Nothing numbered by the present incarnation was sent while there is a former one. */
  static State confirm(Sql sql, String orgId, String incarnation, long through, List<Refusal> refused, long nowMs)
      throws SQLException {
    State state = OutboxRows.state(sql, orgId);
    long last = Math.min(through, state.head());
    boolean present = incarnation.equals(LogIdentity.incarnation(sql)) && state.former().isEmpty();
    if (!present || last <= state.confirmed()) {
      return state;
    }
    range(sql.prepare(ANSWER_AGAIN), orgId, state.confirmed(), last).executeUpdate();
    for (Refusal refusal : refused) {
      if (refusal.number() > state.confirmed() && refusal.number() <= last) {
        refuse(sql, orgId, refusal, nowMs);
      }
    }
    range(sql.prepare(TAKE), orgId, 0, last).executeUpdate();
    number(sql.prepare(CONFIRM), last, orgId).executeUpdate();
    return OutboxRows.state(sql, orgId);
  }

  private static void refuse(Sql sql, String orgId, Refusal refusal, long nowMs) throws SQLException {
    if (refusal(sql.prepare(REFUSE_AGAIN), orgId, refusal, nowMs).executeUpdate() == 0) {
      refusal(sql.prepare(REFUSE), orgId, refusal, nowMs).executeUpdate();
    }
  }

  static State renumber(Sql sql, String orgId, long through, List<Long> refused) throws SQLException {
    State state = OutboxRows.state(sql, orgId);
    if (state.former().isEmpty()) {
      return state;
    }
    long taken = Math.min(through, state.formerHead());
    long after = 0;
    for (long number : new TreeSet<>(refused).headSet(taken, true)) {
      forget(sql, orgId, after, number - 1);
      after = number;
    }
    forget(sql, orgId, after, taken);
    PreparedStatement forget = sql.prepare(FORGET_ASIDE);
    forget.setString(1, orgId);
    forget.setString(2, orgId);
    forget.executeUpdate();
    long head = 0;
    for (Run run : runs(sql, orgId)) {
      long shift = run.first() - head - 1;
      shift(sql.prepare(SHIFT_EVENTS), orgId, shift, run);
      shift(sql.prepare(SHIFT_ASIDE), orgId, shift, run);
      head = run.last() - shift;
    }
    number(sql.prepare(RENUMBERED), head, orgId).executeUpdate();
    return OutboxRows.state(sql, orgId);
  }

  /** The cloud took the numbers above {@code after}, up to {@code last}. */
  private static void forget(Sql sql, String orgId, long after, long last) throws SQLException {
    range(sql.prepare(FORGET_TAKEN), orgId, after, last).executeUpdate();
    range(sql.prepare(TAKE), orgId, after, last).executeUpdate();
  }

  /** The numbers, in order, with a gap between each run and the next. */
  private static List<Run> runs(Sql sql, String orgId) throws SQLException {
    PreparedStatement query = sql.prepare(NUMBERS);
    query.setString(1, orgId);
    query.setLong(2, 0);
    query.setString(3, orgId);
    query.setLong(4, 0);
    List<Run> runs = new ArrayList<>();
    long first = 0;
    long last = 0;
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        long number = row.getLong(1);
        if (first > 0 && number != last + 1) {
          runs.add(new Run(first, last));
          first = 0;
        }
        first = first == 0 ? number : first;
        last = number;
      }
    }
    if (first > 0) {
      runs.add(new Run(first, last));
    }
    return runs;
  }

  private static void shift(PreparedStatement update, String orgId, long shift, Run run) throws SQLException {
    if (shift > 0) {
      update.setLong(1, shift);
      update.setString(2, orgId);
      update.setLong(3, run.first());
      update.setLong(4, run.last());
      update.executeUpdate();
    }
  }

  private static PreparedStatement refusal(PreparedStatement statement, String orgId, Refusal refusal, long nowMs)
      throws SQLException {
    statement.setString(1, refusal.code());
    statement.setString(2, refusal.message());
    statement.setLong(3, nowMs);
    statement.setString(4, orgId);
    statement.setLong(5, refusal.number());
    return statement;
  }

  private static PreparedStatement range(PreparedStatement statement, String orgId, long after, long last)
      throws SQLException {
    statement.setString(1, orgId);
    statement.setLong(2, after);
    statement.setLong(3, last);
    return statement;
  }

  private static PreparedStatement number(PreparedStatement statement, long number, String orgId)
      throws SQLException {
    statement.setLong(1, number);
    statement.setString(2, orgId);
    return statement;
  }
}
