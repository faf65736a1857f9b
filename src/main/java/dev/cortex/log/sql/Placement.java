package dev.cortex.log.sql;

import dev.cortex.store.PostgresArrays;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * What decides in which shard an org lives. The first node writes it down; a node with another one must not serve.
 *
 * @param sharding {@code org} or {@code global}
 * @param shards how many shards there are
 * @param hashVersion number of the function from org to shard
 */
public record Placement(String sharding, int shards, int hashVersion) {

  private static final int ORGS_PER_STATEMENT = 2_000;

  /** Whether both place every org alike. Said by hand: a record's own comparison is made at run time, at each start. */
  public boolean agreesWith(Placement other) {
    return sharding.equals(other.sharding) && shards == other.shards && hashVersion == other.hashVersion;
  }

  /** Whether a cluster without nodes may change to the other one: orgs may share a room, but keep their hash. */
  boolean mayBecome(Placement other) {
    return shards == other.shards && hashVersion == other.hashVersion;
  }

  /**
   * As {@link #agree}; but where no node is there, this placement takes the place of one that may become it: the logs
   * get their new shards, and no former owner can append any more.
   */
  Placement agreeOrReplace(Sql sql, ToIntFunction<String> shardOf) throws SQLException {
    PostgresIdentity.lock(sql);
    Placement stored = agree(sql);
    if (stored.agreesWith(this) || !stored.mayBecome(this) || PostgresFence.present(sql) > 0) {
      return stored;
    }
    PreparedStatement replace = sql.prepare("UPDATE placement SET sharding = ?");
    replace.setString(1, sharding);
    replace.executeUpdate();
    PostgresFence.deposeAll(sql, 1);
    moveLogs(sql, shardOf);
    return this;
  }

  private static void moveLogs(Sql sql, ToIntFunction<String> shardOf) throws SQLException {
    List<String> orgs = new ArrayList<>();
    try (ResultSet row = sql.prepare("SELECT org_id FROM org_heads").executeQuery()) {
      while (row.next()) {
        orgs.add(row.getString(1));
      }
    }
    PreparedStatement move =
        sql.prepare(
            "UPDATE org_heads h SET shard = w.shard FROM unnest(?::text[], ?::int[]) w (org_id, shard)"
                + " WHERE h.org_id = w.org_id");
    for (int from = 0; from < orgs.size(); from += ORGS_PER_STATEMENT) {
      List<String> part = orgs.subList(from, Math.min(from + ORGS_PER_STATEMENT, orgs.size()));
      new PostgresArrays(move).texts(part.toArray(String[]::new)).integers(part.stream().mapToInt(shardOf).toArray());
      move.executeUpdate();
    }
  }

  /** Writes this placement down unless there is one, and answers the one that is in force. */
  Placement agree(Sql sql) throws SQLException {
    PreparedStatement write =
        sql.prepare(
            "INSERT INTO placement (id, sharding, shards, hash_version) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING");
    write.setString(1, sharding);
    write.setInt(2, shards);
    write.setInt(3, hashVersion);
    write.executeUpdate();
    try (ResultSet row = sql.prepare("SELECT sharding, shards, hash_version FROM placement").executeQuery()) {
      row.next();
      return new Placement(row.getString(1), row.getInt(2), row.getInt(3));
    }
  }
}
