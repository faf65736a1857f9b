package dev.cortex.log.sql;

import dev.cortex.log.OrgHead;
import dev.cortex.store.Lookup;
import dev.cortex.store.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The head row of each org, as read by everyone who needs one. */
final class HeadRows {

  private static final int ORGS_FETCHED = 256;
  private static final String COLUMNS =
      "SELECT org_id, log_id, head, floor, shard, last_received_at, stored_bytes, outbox_head, outbox_confirmed"
          + " FROM org_heads h ";
  private static final String ONE = COLUMNS + "WHERE org_id = ?";
  private static final Lookup<String> MANY =
      new Lookup<>(
          places -> COLUMNS + "WHERE org_id IN (" + Sql.list("?", places) + ")",
          (query, place, orgId) -> query.setString(place + 1, orgId));

  /** An org whose oldest event waits for the cloud's answer has nothing to trim, however old that is. */
  static final String EXPIRED =
      COLUMNS
          + """
          WHERE floor_received_at > 0 AND floor_received_at < ?
            AND (outbox_confirmed = outbox_head OR NOT EXISTS (
              SELECT 1 FROM realtime_events e
              WHERE e.org_id = h.org_id AND e.log_offset = h.floor + 1
                AND coalesce(e.outbox_number, 0) > h.outbox_confirmed))
          ORDER BY floor_received_at""";

  private HeadRows() {}

  static Optional<OrgHead> one(Sql sql, String orgId) throws SQLException {
    return one(sql.prepare(ONE), orgId);
  }

  /** The head of an org, which nobody else moves until the transaction ends. */
  static Optional<OrgHead> locked(Sql sql, String orgId) throws SQLException {
    return one(sql.prepare(sql.lockedToChange(ONE)), orgId);
  }

  private static Optional<OrgHead> one(PreparedStatement query, String orgId) throws SQLException {
    query.setString(1, orgId);
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? Optional.of(head(row)) : Optional.empty();
    }
  }

  static Map<String, OrgHead> of(Sql sql, List<String> orgIds) throws SQLException {
    Map<String, OrgHead> heads = new HashMap<>();
    MANY.run(sql, orgIds, row -> heads.put(row.getString(1), head(row)));
    return heads;
  }

  /** The oldest first, whatever their shard, until enough of the wanted ones were seen. */
  static List<OrgHead> expired(Sql sql, long cutoffMs, Set<Integer> shards, int limit) throws SQLException {
    PreparedStatement query = sql.prepare(EXPIRED);
    query.setFetchSize(ORGS_FETCHED);
    query.setLong(1, cutoffMs);
    List<OrgHead> heads = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (heads.size() < limit && row.next()) {
        OrgHead head = head(row);
        if (shards.contains(head.shard())) {
          heads.add(head);
        }
      }
    }
    return heads;
  }

  private static OrgHead head(ResultSet row) throws SQLException {
    return new OrgHead(
        row.getString(1),
        row.getString(2),
        row.getLong(3),
        row.getLong(4),
        row.getInt(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9));
  }
}
