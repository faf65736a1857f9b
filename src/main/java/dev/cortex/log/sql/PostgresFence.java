package dev.cortex.log.sql;

import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import dev.cortex.store.PostgresArrays;
import dev.cortex.store.Sql;
import dev.cortex.store.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who owns which shard and which nodes are there, each question and each change as one statement. */
final class PostgresFence {

  /** How long a node counts as there after it said so, in milliseconds of the database's clock. */
  private static final long PRESENT_MS = 4_000;

  private static final String NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

  /** A claim holds the placement still: one that is being changed is waited for, and then refuses the claim. */
  static final String CLAIM =
      """
      WITH agreed AS MATERIALIZED (SELECT FROM placement WHERE sharding = ? FOR SHARE)
      INSERT INTO shards (shard, epoch, owner)
      SELECT s, 1, ? FROM unnest(?::int[]) s WHERE ? OR EXISTS (SELECT FROM agreed) ORDER BY s
      ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, owner = excluded.owner
      RETURNING shard, epoch""";

  static final String RECLAIM =
      """
      WITH own AS MATERIALIZED (
        SELECT shard FROM shards WHERE shard = ANY (?::int[]) AND owner = ? ORDER BY shard FOR UPDATE)
      UPDATE shards s SET epoch = s.epoch + 1 FROM own WHERE s.shard = own.shard RETURNING s.shard, s.epoch""";

  /** What is older than a minute, or lies that far ahead since the database's clock was set back, is removed. */
  static final String CHECK_IN =
      """
      WITH clock AS MATERIALIZED (SELECT %1$s AS now_ms), me AS (
        INSERT INTO nodes (node, serving, sees, seen_at) SELECT ?, ?, ?::text[], now_ms FROM clock
        ON CONFLICT (node) DO UPDATE SET serving = excluded.serving, sees = excluded.sees, seen_at = excluded.seen_at
      ), gone AS (
        DELETE FROM nodes WHERE node IN (
          SELECT n.node FROM nodes n, clock c
          WHERE n.node <> ? AND (n.seen_at < c.now_ms - 60000 OR n.seen_at > c.now_ms + 60000)
          FOR UPDATE OF n SKIP LOCKED)
      )
      SELECT n.node, n.serving, n.sees, 0, 0 FROM nodes n, clock c
      WHERE n.node <> ? AND n.seen_at BETWEEN c.now_ms - %2$d AND c.now_ms + 1000
      UNION ALL SELECT NULL, NULL, NULL, shard, epoch FROM shards WHERE shard = ANY (?::int[])"""
          .formatted(NOW, PRESENT_MS);

  private static final String PRESENT =
      "SELECT count(*) FROM nodes WHERE seen_at BETWEEN " + NOW + " - " + PRESENT_MS + " AND " + NOW + " + 1000";

  private PostgresFence() {}

  /**
   * Raises the epoch of each shard.
   *
   * @param sharding the placement by which the shards are claimed; empty when none was agreed on
   */
  static Map<Integer, Long> claim(Sql sql, String owner, Collection<Integer> shards, String sharding)
      throws SQLException {
    if (shards.isEmpty()) {
      return Map.of();
    }
    PreparedStatement raise = sql.prepare(CLAIM);
    new PostgresArrays(raise).text(sharding).text(owner).integers(integers(shards)).flag(sharding.isEmpty());
    Map<Integer, Long> epochs = epochs(raise);
    if (epochs.isEmpty()) {
      throw new StoreException(
          StoreException.Kind.INCOMPATIBLE,
          "room.sharding of the cluster is no longer '" + sharding + "': restart this node with what the others have");
    }
    return epochs;
  }

  /** Raises the epoch of each shard that belongs to the owner. */
  static Map<Integer, Long> reclaim(Sql sql, String owner, Collection<Integer> shards) throws SQLException {
    PreparedStatement raise = sql.prepare(RECLAIM);
    new PostgresArrays(raise).integers(integers(shards)).text(owner);
    return epochs(raise);
  }

  private static Map<Integer, Long> epochs(PreparedStatement statement) throws SQLException {
    Map<Integer, Long> epochs = new HashMap<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        epochs.put(row.getInt(1), row.getLong(2));
      }
    }
    return epochs;
  }

  static Roster checkIn(Sql sql, NodeEntry me, Collection<Integer> shards) throws SQLException {
    PreparedStatement statement = sql.prepare(CHECK_IN);
    new PostgresArrays(statement)
        .text(me.node())
        .flag(me.serving())
        .texts(me.sees().stream().sorted().toArray(String[]::new))
        .text(me.node())
        .text(me.node())
        .integers(integers(shards));
    List<NodeEntry> nodes = new ArrayList<>(List.of(me));
    Map<Integer, Long> epochs = new HashMap<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        String node = row.getString(1);
        if (node == null) {
          epochs.put(row.getInt(4), row.getLong(5));
        } else {
          String[] sees = (String[]) row.getArray(3).getArray();
          nodes.add(new NodeEntry(node, row.getBoolean(2), Set.copyOf(Arrays.asList(sees))));
        }
      }
    }
    return new Roster(nodes, epochs);
  }

  static int checkOut(Sql sql, String node) throws SQLException {
    PreparedStatement delete = sql.prepare("DELETE FROM nodes WHERE node = ?");
    delete.setString(1, node);
    return delete.executeUpdate();
  }

  /** How many nodes are there. */
  static long present(Sql sql) throws SQLException {
    return sql.number(PRESENT);
  }

  /** Shuts every owner of a shard out: none of them can append, and none gets its shard back without a new claim. */
  static void deposeAll(Sql sql, long epochs) throws SQLException {
    sql.number("SELECT count(*) FROM (SELECT FROM shards ORDER BY shard FOR UPDATE) locked");
    sql.execute("UPDATE shards SET owner = '', epoch = epoch + " + epochs);
  }

  private static int[] integers(Collection<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }
}
