package dev.cortex.log.sql;

import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What decides in which shard an org lives. The first node writes it down; a node with another one must not serve.
 *
 * @param sharding {@code org} or {@code global}
 * @param shards how many shards there are
 * @param hashVersion number of the function from org to shard
 */
public record Placement(String sharding, int shards, int hashVersion) {

  /** Whether both place every org alike. Said by hand: a record's own comparison is made at run time, at each start. */
  public boolean agreesWith(Placement other) {
    return sharding.equals(other.sharding) && shards == other.shards && hashVersion == other.hashVersion;
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
