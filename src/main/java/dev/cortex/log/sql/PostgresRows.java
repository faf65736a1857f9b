package dev.cortex.log.sql;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRow;
import dev.cortex.store.PostgresArrays;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * The events of an append, their keys and the sessions they are in, as parts of the one statement of
 * {@link PostgresAppend}, which come after its verdict and insert what it lets pass.
 */
final class PostgresRows {

  static final String PARTS =
      """
      , events AS (
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

  /** A session row's time is rounded up to this, so that a busy session leaves its index alone. */
  private static final long TOUCH_MS = Duration.ofHours(1).toMillis();

  private static final long[] NONE = {};

  private PostgresRows() {}

  /**
   * Binds the parameters of {@link #PARTS}, which follow those of the orgs.
   *
   * @param nowMs Unix ms, the time of those orgs that bring no event
   */
  static void bind(PostgresArrays arrays, List<OrgAppend> batch, long nowMs) throws SQLException {
    bindEvents(arrays, batch);
    bindKeys(arrays, batch);
    bindSessions(arrays, batch, nowMs);
  }

  private static void bindEvents(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
    int events = 0;
    for (OrgAppend org : batch) {
      events += org.events().size();
    }
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

  private static void bindKeys(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
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

  private static void bindSessions(PostgresArrays arrays, List<OrgAppend> batch, long nowMs)
      throws SQLException {
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
  static long[] orNone(long[] column) {
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
