package dev.cortex.log.sql;

import dev.cortex.event.ErrorCode;
import dev.cortex.log.LocalOutbox.State;
import dev.cortex.log.SessionRef;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What people decide about events that were set aside, each call within one write transaction. */
final class AsideChanges {

  static final String WAITING =
      """
      SELECT id, agent_id, session_id, code FROM set_aside
      WHERE org_id = ? AND outbox_number IS NULL ORDER BY log_offset""";

  static final String FORGET_EVENT =
      """
      UPDATE realtime_events SET outbox_number = NULL
      WHERE org_id = ? AND log_offset = (SELECT log_offset FROM set_aside WHERE org_id = ? AND id = ?)""";

  private static final String SEND = "UPDATE set_aside SET outbox_number = ?, left_out = ? WHERE org_id = ? AND id = ?";
  private static final String DROP = "DELETE FROM set_aside WHERE org_id = ? AND id = ?";
  private static final String RAISE_HEAD = "UPDATE org_heads SET outbox_head = ? WHERE org_id = ?";

  private record Waiting(String id, SessionRef session, String code) {

    private boolean hasSession() {
      return !session.sessionId().isEmpty();
    }

    /** The cloud may hold its session up for it: not one whose home is elsewhere, where it never had a turn. */
    private boolean isMissed() {
      return hasSession() && !code.equals(ErrorCode.SESSION_ELSEWHERE.code());
    }

    /** It may have been refused only because one before it was. */
    private boolean isBehind() {
      return code.equals(ErrorCode.SEQUENCE_CONFLICT.code());
    }
  }

  private AsideChanges() {}

  static State sendAgain(Sql sql, String orgId, List<String> ids) throws SQLException {
    Set<String> wanted = new HashSet<>(ids);
    Numbers numbers = new Numbers(sql, orgId);
    for (Waiting one : waiting(sql, orgId)) {
      if (wanted.isEmpty() || wanted.contains(one.id())) {
        numbers.next(one.id(), false);
      }
    }
    return numbers.noted();
  }

  static State giveUp(Sql sql, String orgId, List<String> ids) throws SQLException {
    Set<String> wanted = new HashSet<>(ids);
    Set<SessionRef> goOn = new HashSet<>();
    Numbers numbers = new Numbers(sql, orgId);
    for (Waiting one : waiting(sql, orgId)) {
      if (wanted.contains(one.id())) {
        forget(sql, orgId, one.id());
        if (one.isMissed()) {
          goOn.add(one.session());
          numbers.next(one.id(), true);
        } else {
          drop(sql, orgId, one.id());
        }
      } else if (one.isBehind() && goOn.contains(one.session())) {
        numbers.next(one.id(), false);
      }
    }
    return numbers.noted();
  }

  /** What waits for a decision, in the order of the log. */
  private static List<Waiting> waiting(Sql sql, String orgId) throws SQLException {
    PreparedStatement query = sql.prepare(WAITING);
    query.setString(1, orgId);
    List<Waiting> waiting = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        SessionRef session = new SessionRef(orgId, row.getString(2), row.getString(3));
        waiting.add(new Waiting(row.getString(1), session, row.getString(4)));
      }
    }
    return waiting;
  }

  /** The event itself is sent no more, whatever the cloud forgets. */
  private static void forget(Sql sql, String orgId, String id) throws SQLException {
    PreparedStatement forget = sql.prepare(FORGET_EVENT);
    forget.setString(1, orgId);
    forget.setString(2, orgId);
    forget.setString(3, id);
    forget.executeUpdate();
  }

  private static void drop(Sql sql, String orgId, String id) throws SQLException {
    PreparedStatement drop = sql.prepare(DROP);
    drop.setString(1, orgId);
    drop.setString(2, id);
    drop.executeUpdate();
  }

  /** Gives the numbers behind the last one of an outbox. */
  private static final class Numbers {

    private final Sql sql;
    private final String orgId;
    private final long before;
    private long head;

    private Numbers(Sql sql, String orgId) throws SQLException {
      this.sql = sql;
      this.orgId = orgId;
      this.before = OutboxRows.state(sql, orgId).head();
      this.head = before;
    }

    private void next(String id, boolean leftOut) throws SQLException {
      PreparedStatement send = sql.prepare(SEND);
      send.setLong(1, ++head);
      send.setInt(2, leftOut ? 1 : 0);
      send.setString(3, orgId);
      send.setString(4, id);
      send.executeUpdate();
    }

    private State noted() throws SQLException {
      if (head > before) {
        PreparedStatement raise = sql.prepare(RAISE_HEAD);
        raise.setLong(1, head);
        raise.setString(2, orgId);
        raise.executeUpdate();
      }
      return OutboxRows.state(sql, orgId);
    }
  }
}
