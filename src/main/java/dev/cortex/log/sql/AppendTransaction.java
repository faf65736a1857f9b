package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRow;
import dev.cortex.store.Sql;
import dev.cortex.store.SqlWork;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One group commit. Six statements however many orgs and events there are: the fence, the heads by compare-and-set, the
 * heads of new orgs, then events, keys and sessions of those orgs only whose head moved; and what is noted of sync,
 * where something is. A row that cannot be inserted fails the whole transaction: skipping it would leave a hole in
 * offsets that are already given out.
 */
final class AppendTransaction implements SqlWork<List<AppendResult>> {

  private static final String MOVE_HEAD =
      """
      UPDATE org_heads SET head = ?, shard = ?, last_received_at = max(last_received_at, ?), touched_at = ?,
        stored_bytes = stored_bytes + ?, outbox_head = max(outbox_head, ?),
        floor_received_at = CASE WHEN head = floor THEN ? ELSE floor_received_at END
      WHERE org_id = ? AND head = ? AND log_id = ? AND outbox_head = ifnull(?, outbox_head)""";

  private static final String NEW_HEAD =
      """
      INSERT INTO org_heads (org_id, log_id, head, shard, last_received_at, touched_at, floor_received_at, stored_bytes,
        outbox_head)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (org_id) DO NOTHING""";

  private static final String EVENT =
      """
      INSERT INTO realtime_events (org_id, log_offset, id, user_id, type, payload, timestamp, received_at, agent_id,
        session_id, sequence, idempotency_key, priority, trace_id, origin, outbox_number)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))""";

  private static final String KEY =
      """
      INSERT INTO event_keys (org_id, kind, key, log_offset, sequence, content_hash, received_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)""";

  private static final String SESSION =
      """
      INSERT INTO sessions (org_id, agent_id, session_id, home, last_offset, last_sequence, held, touched_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (org_id, agent_id, session_id) DO UPDATE SET home = excluded.home,
        last_offset = excluded.last_offset, last_sequence = excluded.last_sequence, held = excluded.held,
        touched_at = excluded.touched_at""";

  private final List<OrgAppend> batch;
  private final long nowMs;
  private final AppendResult[] results;

  /** An append; {@code nowMs} (Unix ms) is the time of those parts that bring no event. */
  AppendTransaction(List<OrgAppend> batch, long nowMs) {
    batch.forEach(AppendTransaction::check);
    this.batch = batch;
    this.nowMs = nowMs;
    this.results = new AppendResult[batch.size()];
  }

  @Override
  public List<AppendResult> run(Sql sql) throws SQLException {
    checkFence(sql);
    moveHeads(sql);
    createHeads(sql);
    insertEvents(sql);
    insertKeys(sql);
    upsertSessions(sql);
    for (OrgAppend org : moved()) {
      MarkRows.note(sql, org.orgId(), org.noted());
    }
    return List.of(results);
  }

  private void checkFence(Sql sql) throws SQLException {
    Set<Integer> shards = new LinkedHashSet<>();
    for (OrgAppend org : batch) {
      shards.add(org.shard());
    }
    Map<Integer, Long> epochs = Fence.epochs(sql, shards);
    for (int i = 0; i < results.length; i++) {
      OrgAppend org = batch.get(i);
      boolean owner = Fence.holds(epochs, org.shard(), org.epoch());
      results[i] = owner ? AppendResult.COMMITTED : AppendResult.DEPOSED;
    }
  }

  private void moveHeads(Sql sql) throws SQLException {
    PreparedStatement move = sql.prepare(MOVE_HEAD);
    List<Integer> asked = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      if (results[i] == AppendResult.COMMITTED) {
        OrgAppend org = batch.get(i);
        move.setLong(1, org.head());
        move.setInt(2, org.shard());
        move.setLong(3, org.lastReceivedAt());
        move.setLong(4, touchedAt(org, nowMs));
        move.setLong(5, org.payloadBytes());
        move.setLong(6, org.noted().outboxHead());
        move.setLong(7, org.firstReceivedAt());
        move.setString(8, org.orgId());
        move.setLong(9, org.expectedHead());
        move.setString(10, org.logId());
        setOutboxBefore(move, 11, org);
        move.addBatch();
        asked.add(i);
      }
    }
    settle(asked, move);
  }

  /** An org with no row yet fails the compare-and-set too; only then, and only from offset 0, is its row made. */
  private void createHeads(Sql sql) throws SQLException {
    PreparedStatement create = sql.prepare(NEW_HEAD);
    List<Integer> asked = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      OrgAppend org = batch.get(i);
      if (results[i] == AppendResult.HEAD_MOVED && isNew(org)) {
        create.setString(1, org.orgId());
        create.setString(2, org.logId());
        create.setLong(3, org.head());
        create.setInt(4, org.shard());
        create.setLong(5, org.lastReceivedAt());
        create.setLong(6, touchedAt(org, nowMs));
        create.setLong(7, org.firstReceivedAt());
        create.setLong(8, org.payloadBytes());
        create.setLong(9, org.noted().outboxHead());
        create.addBatch();
        asked.add(i);
      }
    }
    settle(asked, create);
  }

  private void settle(List<Integer> asked, PreparedStatement statement) throws SQLException {
    if (asked.isEmpty()) {
      return;
    }
    int[] counts = statement.executeBatch();
    for (int i = 0; i < counts.length; i++) {
      results[asked.get(i)] = counts[i] == 1 ? AppendResult.COMMITTED : AppendResult.HEAD_MOVED;
    }
  }

  private void insertEvents(Sql sql) throws SQLException {
    PreparedStatement insert = sql.prepare(EVENT);
    int rows = 0;
    for (OrgAppend org : moved()) {
      for (NewEvent event : org.events()) {
        Draft draft = event.draft();
        insert.setString(1, org.orgId());
        insert.setLong(2, event.offset());
        insert.setString(3, draft.id());
        insert.setString(4, draft.userId());
        insert.setString(5, draft.type());
        insert.setString(6, new String(draft.payload(), StandardCharsets.UTF_8));
        insert.setLong(7, draft.timestamp());
        insert.setLong(8, event.receivedAt());
        insert.setString(9, draft.agentId());
        insert.setString(10, draft.sessionId());
        insert.setLong(11, event.sequence());
        setText(insert, 12, draft.idempotencyKey());
        setText(insert, 13, draft.priority() == Priority.STANDARD ? "" : draft.priority().text());
        setText(insert, 14, draft.traceId());
        setText(insert, 15, draft.origin());
        insert.setLong(16, event.outboxNumber());
        insert.addBatch();
        rows++;
      }
    }
    executeBatch(insert, rows);
  }

  private void insertKeys(Sql sql) throws SQLException {
    PreparedStatement insert = sql.prepare(KEY);
    int rows = 0;
    for (OrgAppend org : moved()) {
      for (NewEvent event : org.events()) {
        for (KeyRow row : event.keys()) {
          insert.setString(1, org.orgId());
          insert.setInt(2, row.key().kind().number());
          insert.setBytes(3, bits(row.key().hi(), row.key().lo()));
          insert.setLong(4, row.offset());
          insert.setLong(5, row.sequence());
          insert.setBytes(6, bits(row.contentHi(), row.contentLo()));
          insert.setLong(7, event.receivedAt());
          insert.addBatch();
          rows++;
        }
      }
    }
    executeBatch(insert, rows);
  }

  private void upsertSessions(Sql sql) throws SQLException {
    PreparedStatement upsert = sql.prepare(SESSION);
    int rows = 0;
    for (OrgAppend org : moved()) {
      for (SessionRow row : org.sessions()) {
        upsert.setString(1, org.orgId());
        upsert.setString(2, row.session().agentId());
        upsert.setString(3, row.session().sessionId());
        upsert.setString(4, row.home());
        upsert.setLong(5, row.lastOffset());
        upsert.setLong(6, row.lastSequence());
        upsert.setLong(7, row.held());
        upsert.setLong(8, touchedAt(org, nowMs));
        upsert.addBatch();
        rows++;
      }
    }
    executeBatch(upsert, rows);
  }

  private List<OrgAppend> moved() {
    List<OrgAppend> moved = new ArrayList<>(batch.size());
    for (int i = 0; i < results.length; i++) {
      if (results[i] == AppendResult.COMMITTED) {
        moved.add(batch.get(i));
      }
    }
    return moved;
  }

  static void check(OrgAppend org) {
    long offset = org.expectedHead();
    long number = org.outboxBefore();
    for (NewEvent event : org.events()) {
      if (event.offset() != ++offset) {
        throw new IllegalArgumentException("offset " + event.offset() + " where " + offset + " is next");
      }
      if (event.outboxNumber() != 0 && event.outboxNumber() != ++number) {
        throw new IllegalArgumentException("number " + event.outboxNumber() + " where " + number + " is next");
      }
    }
    if (org.events().isEmpty() && org.noted().isEmpty()) {
      throw new IllegalArgumentException("an append of nothing");
    }
  }

  /** Whether the append may make its org's head row, should there be none. */
  static boolean isNew(OrgAppend org) {
    return org.expectedHead() == 0 && org.outboxBefore() == 0;
  }

  /** Numbers of the outbox are given beside the appends too: one that was given meanwhile must not be given twice. */
  private static void setOutboxBefore(PreparedStatement move, int place, OrgAppend org) throws SQLException {
    if (org.noted().outboxHead() == 0) {
      move.setNull(place, Types.BIGINT);
    } else {
      move.setLong(place, org.outboxBefore());
    }
  }

  private static void executeBatch(PreparedStatement statement, int rows) throws SQLException {
    if (rows > 0) {
      statement.executeBatch();
    }
  }

  /** Unix ms: the receive time of the last event, or of the append itself when it brings none. */
  static long touchedAt(OrgAppend org, long nowMs) {
    return org.events().isEmpty() ? nowMs : org.lastReceivedAt();
  }

  private static void setText(PreparedStatement statement, int place, String text) throws SQLException {
    if (text.isEmpty()) {
      statement.setNull(place, Types.VARCHAR);
    } else {
      statement.setString(place, text);
    }
  }

  /** 128 bits as the 16 bytes that the store compares. */
  static byte[] bits(long hi, long lo) {
    return ByteBuffer.allocate(16).putLong(hi).putLong(lo).array();
  }
}
