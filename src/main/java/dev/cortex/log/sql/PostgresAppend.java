package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRow;
import dev.cortex.store.PostgresArrays;
import dev.cortex.store.Sql;
import dev.cortex.store.SqlWork;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
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

  private static final String ROWS =
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
      ), events AS (
        INSERT INTO realtime_events (org_id, log_offset, id, user_id, type, payload, timestamp, received_at, agent_id,
          session_id, sequence, idempotency_key, priority, trace_id, origin, outbox_number)
        SELECT e.org_id, e.log_offset, e.id, e.user_id, e.type, e.payload, e.timestamp, e.received_at, e.agent_id,
          e.session_id, e.sequence, e.idempotency_key, e.priority, e.trace_id, e.origin, nullif(e.outbox_number, 0)
        FROM unnest(?::int[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[],
          ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[],
          ?::bigint[])
          AS e (n, org_id, log_offset, id, user_id, type, payload, timestamp, received_at, agent_id, session_id,
            sequence, idempotency_key, priority, trace_id, origin, outbox_number)
        WHERE (SELECT committed FROM verdict)[e.n]
      ), keys AS (
        INSERT INTO event_keys (org_id, kind, key, log_offset, sequence, content_hash, received_at)
        SELECT k.org_id, k.kind, k.key, k.log_offset, k.sequence, k.content_hash, k.received_at
        FROM unnest(?::int[], ?::text[], ?::int[], ?::bytea[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bigint[])
          AS k (n, org_id, kind, key, log_offset, sequence, content_hash, received_at)
        WHERE (SELECT committed FROM verdict)[k.n]
      ), lines AS (
        INSERT INTO sessions (org_id, agent_id, session_id, home, last_offset, last_sequence, held, touched_at)
        SELECT s.org_id, s.agent_id, s.session_id, s.home, s.last_offset, s.last_sequence, coalesce(s.held, 0),
          s.touched_at
        FROM unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
          ?::bigint[]) AS s (n, org_id, agent_id, session_id, home, last_offset, last_sequence, held, touched_at)
        WHERE (SELECT committed FROM verdict)[s.n]
        ON CONFLICT (org_id, agent_id, session_id) DO UPDATE SET home = excluded.home,
          last_offset = excluded.last_offset, last_sequence = excluded.last_sequence, held = excluded.held,
          touched_at = excluded.touched_at
      )""";

  private static final String ANSWER = " SELECT owned, committed FROM fate ORDER BY n";

  static final String STATEMENT = ROWS + ANSWER;

  /** The same with what is noted of sync. */
  static final String NOTING = ROWS + PostgresNotes.PARTS + ANSWER;

  /** A session row's time is rounded up to this, so that a busy session leaves its index alone. */
  private static final long TOUCH_MS = Duration.ofHours(1).toMillis();

  private static final long[] NONE = {};

  private final List<OrgAppend> batch;
  private final long nowMs;
  private final int events;

  /**
   * The commit of a batch; {@link IllegalArgumentException} when no store could take it.
   *
   * @param nowMs Unix ms, the time of those parts that bring no event
   */
  PostgresAppend(List<OrgAppend> batch, long nowMs) {
    Set<String> orgs = new HashSet<>();
    int rows = 0;
    for (OrgAppend org : batch) {
      AppendTransaction.check(org);
      if (!orgs.add(org.orgId())) {
        throw new IllegalArgumentException("one org twice in a batch: " + org.orgId());
      }
      rows += org.events().size();
    }
    this.batch = batch;
    this.nowMs = nowMs;
    this.events = rows;
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
    bindEvents(arrays);
    bindKeys(arrays);
    bindSessions(arrays);
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
        .longs(numbers[3]).longs(numbers[4]).longs(numbers[5]).longs(numbers[6]).longs(orNone(numbers[7]))
        .longs(orNone(numbers[8])).integers(shards);
  }

  private void bindEvents(PostgresArrays arrays) throws SQLException {
    int[] orgs = new int[events];
    String[][] texts = new String[11][events];
    long[][] numbers = new long[5][events];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      for (NewEvent event : batch.get(n).events()) {
        Draft draft = event.draft();
        orgs[i] = n + 1;
        texts[0][i] = batch.get(n).orgId();
        texts[1][i] = draft.id();
        texts[2][i] = draft.userId();
        texts[3][i] = draft.type();
        texts[4][i] = new String(draft.payload(), StandardCharsets.UTF_8);
        texts[5][i] = draft.agentId();
        texts[6][i] = draft.sessionId();
        texts[7][i] = orNull(draft.idempotencyKey());
        texts[8][i] = orNull(draft.priority() == Priority.STANDARD ? "" : draft.priority().text());
        texts[9][i] = orNull(draft.traceId());
        texts[10][i] = orNull(draft.origin());
        numbers[0][i] = event.offset();
        numbers[1][i] = draft.timestamp();
        numbers[2][i] = event.receivedAt();
        numbers[3][i] = event.sequence();
        numbers[4][i] = event.outboxNumber();
        i++;
      }
    }
    for (String[] column : texts) {
      refuseNul(column);
    }
    arrays.integers(orgs).texts(texts[0]).longs(numbers[0]).texts(texts[1]).texts(texts[2]).texts(texts[3])
        .texts(texts[4]).longs(numbers[1]).longs(numbers[2]).texts(texts[5]).texts(texts[6]).longs(numbers[3])
        .texts(texts[7]).texts(texts[8]).texts(texts[9]).texts(texts[10]).longs(orNone(numbers[4]));
  }

  private void bindKeys(PostgresArrays arrays) throws SQLException {
    int rows = 0;
    for (OrgAppend org : batch) {
      for (NewEvent event : org.events()) {
        rows += event.keys().size();
      }
    }
    int[] orgs = new int[rows];
    int[] kinds = new int[rows];
    String[] names = new String[rows];
    byte[][] keys = new byte[rows][];
    byte[][] contents = new byte[rows][];
    long[][] numbers = new long[3][rows];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      for (NewEvent event : batch.get(n).events()) {
        for (KeyRow row : event.keys()) {
          orgs[i] = n + 1;
          names[i] = batch.get(n).orgId();
          kinds[i] = row.key().kind().number();
          keys[i] = AppendTransaction.bits(row.key().hi(), row.key().lo());
          contents[i] = AppendTransaction.bits(row.contentHi(), row.contentLo());
          numbers[0][i] = row.offset();
          numbers[1][i] = row.sequence();
          numbers[2][i] = event.receivedAt();
          i++;
        }
      }
    }
    arrays.integers(orgs).texts(names).integers(kinds).bytes(keys).longs(numbers[0]).longs(numbers[1])
        .bytes(contents).longs(numbers[2]);
  }

  private void bindSessions(PostgresArrays arrays) throws SQLException {
    int rows = 0;
    for (OrgAppend org : batch) {
      rows += org.sessions().size();
    }
    int[] orgs = new int[rows];
    String[][] texts = new String[4][rows];
    long[][] numbers = new long[4][rows];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      long touched = AppendTransaction.touchedAt(batch.get(n), nowMs);
      for (SessionRow row : batch.get(n).sessions()) {
        orgs[i] = n + 1;
        texts[0][i] = batch.get(n).orgId();
        texts[1][i] = row.session().agentId();
        texts[2][i] = row.session().sessionId();
        texts[3][i] = row.home();
        numbers[0][i] = row.lastOffset();
        numbers[1][i] = row.lastSequence();
        numbers[2][i] = row.held();
        numbers[3][i] = Math.floorDiv(touched + TOUCH_MS - 1, TOUCH_MS) * TOUCH_MS;
        i++;
      }
    }
    arrays.integers(orgs).texts(texts[0]).texts(texts[1]).texts(texts[2]).texts(texts[3]).longs(numbers[0])
        .longs(numbers[1]).longs(orNone(numbers[2])).longs(numbers[3]);
  }

  /** A column of zeros is not sent: what an array lacks is read as null. */
  private static long[] orNone(long[] column) {
    for (long value : column) {
      if (value != 0) {
        return column;
      }
    }
    return NONE;
  }

  /** No field of an envelope can hold it, payloads only as an escape; the database would refuse it less clearly. */
  static void refuseNul(String[] column) {
    for (String text : column) {
      if (text != null && text.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("PostgreSQL cannot store a text with the character U+0000");
      }
    }
  }

  private static String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
