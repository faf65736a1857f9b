package dev.cortex.log.sql;

import dev.cortex.event.Hash128;
import dev.cortex.event.Position;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.SyncMarks;
import dev.cortex.store.Sql;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what the log remembers of sync: a batch asks for few of them, so each is a query of its own. */
final class MarkRows {

  static final String OUTBOX = "SELECT number, id_hash FROM outboxes WHERE org_id = ? AND install = ? AND incarnation = ?";
  static final String REFUSALS =
      """
      SELECT number, id, code, message FROM outbox_refusals
      WHERE org_id = ? AND install = ? AND incarnation = ? ORDER BY number""";
  static final String CURSOR = "SELECT log_id, log_offset FROM sync_cursors WHERE org_id = ?";

  private MarkRows() {}

  static SyncMarks.Found of(Sql sql, Collection<OutboxRef> outboxes, Collection<String> orgIds) throws SQLException {
    Map<OutboxRef, OutboxRow> found = new HashMap<>();
    for (OutboxRef outbox : outboxes) {
      PreparedStatement query = bound(sql.prepare(OUTBOX), outbox);
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          long number = row.getLong(1);
          ByteBuffer bits = ByteBuffer.wrap(row.getBytes(2));
          found.put(outbox, new OutboxRow(
              outbox, number, new Hash128(bits.getLong(), bits.getLong()), refusals(sql, outbox)));
        }
      }
    }
    Map<String, Position> cursors = new HashMap<>();
    for (String orgId : orgIds) {
      PreparedStatement query = sql.prepare(CURSOR);
      query.setString(1, orgId);
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          cursors.put(orgId, new Position(row.getString(1), row.getLong(2)));
        }
      }
    }
    return new SyncMarks.Found(found, cursors);
  }

  private static List<OutboxRow.Refusal> refusals(Sql sql, OutboxRef outbox) throws SQLException {
    List<OutboxRow.Refusal> refusals = new ArrayList<>();
    try (ResultSet row = bound(sql.prepare(REFUSALS), outbox).executeQuery()) {
      while (row.next()) {
        refusals.add(new OutboxRow.Refusal(row.getLong(1), row.getString(2), row.getString(3), row.getString(4)));
      }
    }
    return refusals;
  }

  private static PreparedStatement bound(PreparedStatement query, OutboxRef outbox) throws SQLException {
    query.setString(1, outbox.orgId());
    query.setString(2, outbox.desktop().install());
    query.setString(3, outbox.desktop().incarnation());
    return query;
  }
}
