package dev.cortex.log.sql;

import dev.cortex.log.AppendResult;
import dev.cortex.log.OrgAppend;
import dev.cortex.store.PostgresArrays;
import dev.cortex.store.Sql;
import dev.cortex.store.SqlWork;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One group commit as one statement, which leaves no transaction open however its sender fares.
 *
 * <p>It holds against claims that run at the same time, although each part of it sees what was committed when it began:
 * the fence locks the shard rows, and a row that changed meanwhile is read as it is now, so an old epoch is found old
 * even if the claim committed after this statement began; a claim that comes later waits for this statement's end.
 * Rows are locked in the order of shards, as claims do. Heads are only moved, and rows only inserted, of orgs that
 * passed the fence. Memberships are looked up in hash tables (an {@code IN} that is not a condition of its own),
 * verdicts in an array, so that the work grows with the rows alone. A row that cannot be inserted fails the whole
 * statement: skipping it would leave a hole in offsets that are already given out. Where nothing is noted of sync, the
 * parts of the statement that would note it are left out.
 */
final class PostgresAppend implements SqlWork<List<AppendResult>> {

  private static final String HEADS =
      """
      WITH org AS MATERIALIZED (
        SELECT * FROM unnest(?::text[], ?::int[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
          ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) WITH ORDINALITY
          AS o (org_id, shard, epoch, log_id, expected, head, first_received, last_received, touched, bytes,
            outbox_before, outbox_head, n)
      ), fence AS MATERIALIZED (
        SELECT s.shard, s.epoch FROM shards s WHERE s.shard = ANY (?::int[]) ORDER BY s.shard FOR SHARE
      ), asked AS MATERIALIZED (
        SELECT o.*, (o.shard, o.epoch) IN (SELECT shard, epoch FROM fence) AS owned FROM org o
      ), moved AS (
        UPDATE org_heads h SET head = a.head, shard = a.shard,
          last_received_at = greatest(h.last_received_at, a.last_received), stored_bytes = h.stored_bytes + a.bytes,
          outbox_head = greatest(h.outbox_head, a.outbox_head),
          floor_received_at = CASE WHEN h.head = h.floor THEN a.first_received ELSE h.floor_received_at END
        FROM asked a WHERE a.owned AND h.org_id = a.org_id AND h.head = a.expected AND h.log_id = a.log_id
          AND (coalesce(a.outbox_head, 0) = 0 OR h.outbox_head = coalesce(a.outbox_before, 0))
        RETURNING a.n
      ), created AS (
        INSERT INTO org_heads (org_id, log_id, head, shard, last_received_at, touched_at, floor_received_at,
          stored_bytes, outbox_head)
        SELECT a.org_id, a.log_id, a.head, a.shard, a.last_received, a.touched, a.first_received, a.bytes,
          coalesce(a.outbox_head, 0)
        FROM asked a WHERE a.owned AND a.expected = 0 AND coalesce(a.outbox_before, 0) = 0
          AND a.n NOT IN (SELECT n FROM moved)
        ON CONFLICT DO NOTHING RETURNING org_id
      ), fate AS MATERIALIZED (
        SELECT a.n, a.owned,
          a.n IN (SELECT n FROM moved) OR a.org_id IN (SELECT org_id FROM created) AS committed
        FROM asked a
      ), verdict AS MATERIALIZED (
        SELECT array_agg(committed ORDER BY n) AS committed FROM fate
      )""";

  private static final String ANSWER = " SELECT owned, committed FROM fate ORDER BY n";

  static final String STATEMENT = HEADS + PostgresRows.PARTS + ANSWER;

  /** The same with what is noted of sync. */
  static final String NOTING = HEADS + PostgresRows.PARTS + PostgresNotes.PARTS + ANSWER;

  private final List<OrgAppend> batch;
  private final long nowMs;

  /**
   * The commit of a batch; {@link IllegalArgumentException} when no store could take it.
   *
   * @param nowMs Unix ms, the time of those parts that bring no event
   */
  PostgresAppend(List<OrgAppend> batch, long nowMs) {
    Set<String> orgs = new HashSet<>();
    for (OrgAppend org : batch) {
      AppendTransaction.check(org);
      if (!orgs.add(org.orgId())) {
        throw new IllegalArgumentException("one org twice in a batch: " + org.orgId());
      }
    }
    this.batch = batch;
    this.nowMs = nowMs;
  }

  @Override
  public List<AppendResult> run(Sql sql) throws SQLException {
    PreparedStatement statement = sql.prepare(text());
    bind(statement);
    List<AppendResult> results = new ArrayList<>(batch.size());
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        results.add(
            row.getBoolean(2)
                ? AppendResult.COMMITTED
                : row.getBoolean(1) ? AppendResult.HEAD_MOVED : AppendResult.DEPOSED);
      }
    }
    return results;
  }

  /** The statement that {@link #bind} binds. */
  String text() {
    return PostgresNotes.isNeeded(batch) ? NOTING : STATEMENT;
  }

  void bind(PreparedStatement statement) throws SQLException {
    PostgresArrays arrays = new PostgresArrays(statement);
    bindOrgs(arrays);
    PostgresRows.bind(arrays, batch, nowMs);
    if (PostgresNotes.isNeeded(batch)) {
      PostgresNotes.bind(arrays, batch);
    }
  }

  private void bindOrgs(PostgresArrays arrays) throws SQLException {
    int orgs = batch.size();
    String[] names = new String[orgs];
    String[] logs = new String[orgs];
    int[] shards = new int[orgs];
    long[][] numbers = new long[9][orgs];
    for (int i = 0; i < orgs; i++) {
      OrgAppend org = batch.get(i);
      names[i] = org.orgId();
      logs[i] = org.logId();
      shards[i] = org.shard();
      numbers[0][i] = org.epoch();
      numbers[1][i] = org.expectedHead();
      numbers[2][i] = org.head();
      numbers[3][i] = org.firstReceivedAt();
      numbers[4][i] = org.lastReceivedAt();
      numbers[5][i] = AppendTransaction.touchedAt(org, nowMs);
      numbers[6][i] = org.payloadBytes();
      numbers[7][i] = org.outboxBefore();
      numbers[8][i] = org.noted().outboxHead();
    }
    arrays.texts(names).integers(shards).longs(numbers[0]).texts(logs).longs(numbers[1]).longs(numbers[2])
        .longs(numbers[3]).longs(numbers[4]).longs(numbers[5]).longs(numbers[6]).longs(PostgresRows.orNone(numbers[7]))
        .longs(PostgresRows.orNone(numbers[8])).integers(shards);
  }
}
