package dev.cortex.bench;

import dev.cortex.store.PostgresArrays;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Writes into the tables of the event log what a server writes for the same events, and asks nothing: no fence, no look
 * for repeats, no condition on the head. One statement a batch, rows as arrays, so a batch is one round trip and one
 * commit: about the best a client of the database can do.
 */
final class PlainWriter implements AutoCloseable {

  private static final String BATCH =
      """
      WITH moved AS (
        UPDATE org_heads SET head = ?, last_received_at = ?, stored_bytes = stored_bytes + ? WHERE org_id = ?
      ), events AS (
        INSERT INTO realtime_events (org_id, log_offset, id, user_id, type, payload, timestamp, received_at, agent_id,
          session_id, sequence)
        SELECT ?, log_offset, id, 'bench', 'bench.tick', payload, ?, ?, 'bench', ?, log_offset
        FROM unnest(?::bigint[], ?::text[], ?::text[]) AS e (log_offset, id, payload)
      ), keys AS (
        INSERT INTO event_keys (org_id, kind, key, log_offset, sequence, content_hash, received_at)
        SELECT ?, 0, key, log_offset, log_offset, content_hash, ?
        FROM unnest(?::bigint[], ?::bytea[], ?::bytea[]) AS k (log_offset, key, content_hash)
      )
      INSERT INTO sessions (org_id, agent_id, session_id, home, last_offset, last_sequence, touched_at)
      VALUES (?, 'bench', ?, '', ?, ?, ?)
      ON CONFLICT (org_id, agent_id, session_id) DO UPDATE SET last_offset = excluded.last_offset,
        last_sequence = excluded.last_sequence""";

  private static final String NEW_HEAD =
      "INSERT INTO org_heads (org_id, log_id, head, shard, floor_received_at) VALUES (?, ?, 0, 0, ?)";

  private static final long HOUR_MS = 3_600_000;

  private final Connection connection;
  private final PreparedStatement statement;
  private final String org;
  private final int payloadBytes;
  private final long number;
  private long head;

  /**
   * A writer of an org of its own.
   *
   * @param number of this writer, another one for each of a database
   */
  PlainWriter(Connection connection, int number, int payloadBytes) throws SQLException {
    this.connection = connection;
    this.number = number;
    this.org = "plain-" + number;
    this.payloadBytes = payloadBytes;
    try (PreparedStatement create = connection.prepareStatement(NEW_HEAD)) {
      create.setString(1, org);
      create.setString(2, "plainplain" + number);
      create.setLong(3, System.currentTimeMillis());
      create.executeUpdate();
    }
    this.statement = connection.prepareStatement(BATCH);
  }

  /** Writes and commits that many events. */
  void write(int count) throws SQLException {
    var now = System.currentTimeMillis();
    var offsets = new long[count];
    var ids = new String[count];
    var payloads = new String[count];
    var keys = new byte[count][];
    var hashes = new byte[count][];
    for (var i = 0; i < count; i++) {
      offsets[i] = head + 1 + i;
      // like ids in order of time: neighbours in the index
      var high = now << 16 | 0x7000;
      var low = 1L << 63 | number << 48 | offsets[i];
      ids[i] = id(high, low);
      keys[i] = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
      hashes[i] = ByteBuffer.allocate(16).putLong(offsets[i] * 0x9e3779b97f4a7c15L).putLong(low).array();
      payloads[i] = Stamp.payload(offsets[i], now, payloadBytes);
    }
    head += count;
    new PostgresArrays(statement)
        .number(head).number(now).number(Arrays.stream(payloads).mapToLong(String::length).sum()).text(org)
        .text(org).number(now).number(now).text(session()).longs(offsets).texts(ids).texts(payloads)
        .text(org).number(now).longs(offsets).bytes(keys).bytes(hashes)
        .text(org).text(session()).number(head).number(head).number((now / HOUR_MS + 1) * HOUR_MS);
    statement.executeUpdate();
  }

  private String session() {
    return "c" + number;
  }

  private static String id(long high, long low) {
    var hex = HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    return hex.substring(0, 8) + '-' + hex.substring(8, 12) + '-' + hex.substring(12, 16) + '-'
        + hex.substring(16, 20) + '-' + hex.substring(20);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
