package dev.cortex.bench;

import dev.cortex.event.Draft;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The rows of an append, inserted in batches by plain JDBC: what the log is compared with. */
final class PlainInserts implements AutoCloseable {

  private final Connection connection;
  private final PreparedStatement event;
  private final PreparedStatement key;
  private final PreparedStatement session;
  private final PreparedStatement head;

  PlainInserts(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    event =
        connection.prepareStatement(
            "INSERT INTO realtime_events (org_id, log_offset, id, user_id, type, payload, timestamp, received_at,"
                + " agent_id, session_id, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    key =
        connection.prepareStatement(
            "INSERT INTO event_keys (org_id, kind, key, log_offset, sequence, content_hash, received_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)");
    session =
        connection.prepareStatement(
            "UPDATE sessions SET last_offset = ?, last_sequence = ?"
                + " WHERE org_id = ? AND agent_id = ? AND session_id = ?");
    head = connection.prepareStatement("UPDATE org_heads SET head = ?, last_received_at = ? WHERE org_id = ?");
  }

  /** Inserts the rows in one transaction. */
  void commit(OrgAppend append) throws SQLException {
    long last = 0;
    for (NewEvent each : append.events()) {
      Draft draft = each.draft();
      event.setString(1, append.orgId());
      event.setLong(2, each.offset());
      event.setString(3, draft.id());
      event.setString(4, draft.userId());
      event.setString(5, draft.type());
      event.setString(6, new String(draft.payload(), StandardCharsets.UTF_8));
      event.setLong(7, draft.timestamp());
      event.setLong(8, each.receivedAt());
      event.setString(9, draft.agentId());
      event.setString(10, draft.sessionId());
      event.setLong(11, each.sequence());
      event.addBatch();
      for (KeyRow row : each.keys()) {
        key.setString(1, append.orgId());
        key.setInt(2, row.key().kind().number());
        key.setBytes(3, bits(row.key().hi(), row.key().lo()));
        key.setLong(4, row.offset());
        key.setLong(5, row.sequence());
        key.setBytes(6, bits(row.contentHi(), row.contentLo()));
        key.setLong(7, each.receivedAt());
        key.addBatch();
      }
      last = each.offset();
    }
    event.executeBatch();
    key.executeBatch();
    for (SessionRow row : append.sessions()) {
      session.setLong(1, row.lastOffset());
      session.setLong(2, row.lastSequence());
      session.setString(3, append.orgId());
      session.setString(4, row.session().agentId());
      session.setString(5, row.session().sessionId());
      session.executeUpdate();
    }
    head.setLong(1, last);
    head.setLong(2, append.events().get(0).receivedAt());
    head.setString(3, append.orgId());
    head.executeUpdate();
    connection.commit();
  }

  private static byte[] bits(long hi, long lo) {
    return ByteBuffer.allocate(16).putLong(hi).putLong(lo).array();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
