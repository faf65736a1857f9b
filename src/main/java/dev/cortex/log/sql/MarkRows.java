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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the log remembers of sync: a batch asks for and notes few of them, so each is a statement of its own. */
final class MarkRows {

  static final String OUTBOX =
      "SELECT number, id_hash, subject FROM outboxes WHERE org_id = ? AND install = ? AND incarnation = ?";
  static final String REFUSALS =
      """
      SELECT number, id, code, message FROM outbox_refusals
      WHERE org_id = ? AND install = ? AND incarnation = ? ORDER BY number""";
  static final String CURSOR = "SELECT log_id, log_offset FROM sync_cursors WHERE org_id = ?";

  private static final String NOTE_OUTBOX =
      """
      INSERT INTO outboxes (org_id, install, incarnation, number, id_hash, subject)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (org_id, install, incarnation) DO UPDATE SET number = excluded.number, id_hash = excluded.id_hash""";
  private static final String NOTE_REFUSAL =
      """
      INSERT INTO outbox_refusals (org_id, install, incarnation, number, id, code, message)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""";
  static final String FORGET_REFUSAL =
      "DELETE FROM outbox_refusals WHERE org_id = ? AND install = ? AND incarnation = ? AND number = ?";
  private static final String NOTE_CURSOR =
      """
      INSERT INTO sync_cursors (org_id, log_id, log_offset) VALUES (?, ?, ?)
      ON CONFLICT (org_id) DO UPDATE SET log_id = excluded.log_id, log_offset = excluded.log_offset""";

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
              outbox, row.getString(3), number, new Hash128(bits.getLong(), bits.getLong()), refusals(sql, outbox)));
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

  /** Notes outboxes and cursor of an org, within the append they belong to. */
  static void note(Sql sql, String orgId, SyncMarks.Noted noted) throws SQLException {
    for (OutboxRow outbox : noted.outboxes()) {
      PreparedStatement note = bound(sql.prepare(NOTE_OUTBOX), outbox.outbox());
      note.setLong(4, outbox.number());
      note.setBytes(5, AppendTransaction.bits(outbox.hash().hi(), outbox.hash().lo()));
      note.setString(6, outbox.subject());
      note.executeUpdate();
      replaceRefusals(sql, outbox);
    }
    if (noted.cursor().isPresent()) {
      PreparedStatement note = sql.prepare(NOTE_CURSOR);
      note.setString(1, orgId);
      note.setString(2, noted.cursor().get().logId());
      note.setLong(3, noted.cursor().get().offset());
      note.executeUpdate();
    }
  }

  private static void replaceRefusals(Sql sql, OutboxRow outbox) throws SQLException {
    Set<Long> former = new HashSet<>();
    refusals(sql, outbox.outbox()).forEach(refusal -> former.add(refusal.number()));
    for (OutboxRow.Refusal refusal : outbox.refusals()) {
      if (!former.remove(refusal.number())) {
        PreparedStatement note = bound(sql.prepare(NOTE_REFUSAL), outbox.outbox());
        note.setLong(4, refusal.number());
        note.setString(5, refusal.id());
        note.setString(6, refusal.code());
        note.setString(7, refusal.message());
        note.executeUpdate();
      }
    }
    for (long gone : former) {
      PreparedStatement forget = bound(sql.prepare(FORGET_REFUSAL), outbox.outbox());
      forget.setLong(4, gone);
      forget.executeUpdate();
    }
  }

  private static PreparedStatement bound(PreparedStatement query, OutboxRef outbox) throws SQLException {
    query.setString(1, outbox.orgId());
    query.setString(2, outbox.desktop().install());
    query.setString(3, outbox.desktop().incarnation());
    return query;
  }
}
