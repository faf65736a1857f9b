package dev.cortex.log.sql;

import dev.cortex.store.Lookup;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The epochs of the shards: who may write is decided here and nowhere else. */
final class Fence {

  private static final String RAISE =
      """
      INSERT INTO shards (shard, epoch, owner) VALUES (?, 1, ?)
      ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, owner = excluded.owner""";

  private static final String RAISE_OWN = "UPDATE shards SET epoch = epoch + 1 WHERE shard = ? AND owner = ?";

  private Fence() {}

  /** Raises the epoch of each shard and answers the new ones. */
  static Map<Integer, Long> raise(Sql sql, String owner, Collection<Integer> shards) throws SQLException {
    PreparedStatement raise = sql.prepare(RAISE);
    // in one order everywhere, or two claims at the same time would wait for each other
    for (int shard : new TreeSet<>(shards)) {
      raise.setInt(1, shard);
      raise.setString(2, owner);
      raise.addBatch();
    }
    if (!shards.isEmpty()) {
      raise.executeBatch();
    }
    return epochs(sql, shards);
  }

  /** Raises the epoch of each shard that belongs to that owner and answers the new ones. */
  static Map<Integer, Long> raiseOwn(Sql sql, String owner, Collection<Integer> shards) throws SQLException {
    PreparedStatement raise = sql.prepare(RAISE_OWN);
    List<Integer> own = new ArrayList<>();
    for (int shard : new TreeSet<>(shards)) {
      raise.setInt(1, shard);
      raise.setString(2, owner);
      if (raise.executeUpdate() == 1) {
        own.add(shard);
      }
    }
    return epochs(sql, own);
  }

  /** Whether that epoch is the shard's; a shard that nobody ever claimed has no epoch and no owner. */
  static boolean holds(Map<Integer, Long> epochs, int shard, long epoch) {
    Long current = epochs.get(shard);
    return current != null && current == epoch;
  }

  /** The epochs of these shards, those excepted that nobody ever claimed; they stay so until the transaction ends. */
  static Map<Integer, Long> epochs(Sql sql, Collection<Integer> shards) throws SQLException {
    Map<Integer, Long> epochs = new HashMap<>();
    new Lookup<Integer>(
            places -> sql.lockedShared(
                "SELECT shard, epoch FROM shards WHERE shard IN (" + Sql.list("?", places) + ")"),
            (query, place, shard) -> query.setInt(place + 1, shard))
        .run(sql, shards, row -> epochs.put(row.getInt(1), row.getLong(2)));
    return epochs;
  }
}
