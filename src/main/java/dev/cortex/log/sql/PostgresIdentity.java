package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.log.LogIds;
import dev.cortex.store.PostgresArrays;
import dev.cortex.store.Sql;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Notices that the database lacks what it had acknowledged, and then renews every log id, so that no old cursor
 * silently matches other events.
 *
 * <ul>
 *   <li><b>While a node runs</b> it is the witness: it remembers the last append that was acknowledged on each of its
 *       lanes, and its claims. A failover or a restore breaks every connection, and a database that fell back has lost
 *       an end of its history, never a piece out of its middle. So a new connection first looks whether the witnessed
 *       changes are still there; if one is not, something acknowledged was lost. A failover that lost nothing changes
 *       nothing.
 *   <li><b>When a node starts</b> it compares the server's system identifier with the one noted: a dump that was read
 *       into another server is a restore. A timeline alone says nothing, since every failover begins one; it is noted
 *       for whoever investigates.
 *   <li><b>What nobody can notice</b> is a backup put back in place of the same server while no node ran. Whoever does
 *       that empties the note before the first node starts: {@code UPDATE meta SET value = '' WHERE name =
 *       'system_identifier'}.
 * </ul>
 */
final class PostgresIdentity {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresIdentity.class);

  private static final String INCARNATION = "incarnation";
  private static final String SYSTEM = "system_identifier";
  private static final String TIMELINE = "timeline";

  /** Any number that means a decision about this database as a whole. */
  private static final long LOCK = 0x636f_7274_6578_6964L;

  /** More epochs than a lost end of the history can have had: no epoch is ever given out twice. */
  private static final long EPOCHS_LOST_MAX = 1_000;

  private static final int ORGS_PER_STATEMENT = 2_000;

  private static final String MAY_ASK =
      """
      SELECT count(*) FROM (VALUES ('pg_control_system()'), ('pg_control_checkpoint()')) f (name)
      WHERE has_function_privilege(name, 'execute')""";

  static final String LOST =
      """
      SELECT (SELECT count(*) FROM unnest(?::text[], ?::bigint[]) w (log_id, head)
          WHERE NOT EXISTS (SELECT FROM org_heads h WHERE h.log_id = w.log_id AND h.head >= w.head)
            AND NOT EXISTS (SELECT FROM old_log_ids o WHERE o.log_id = w.log_id))
        + (SELECT count(*) FROM unnest(?::int[], ?::bigint[], ?::text[]) c (shard, epoch, owner)
          WHERE NOT EXISTS (SELECT FROM shards s WHERE s.shard = c.shard
            AND (s.epoch > c.epoch OR (s.epoch = c.epoch AND s.owner = c.owner))))""";

  /** An append that was acknowledged. */
  private record Witness(String orgId, String logId, long head) {}

  /** A claim that was acknowledged. */
  private record Claimed(String owner, long epoch) {}

  private final LogIds ids;
  private final Clock clock;
  private final Witness[] appends;
  private final Map<Integer, Claimed> claims = new HashMap<>();
  private boolean renewed;

  PostgresIdentity(LogIds ids, Clock clock, int lanes) {
    this.ids = ids;
    this.clock = clock;
    this.appends = new Witness[lanes];
  }

  /** Remembers the newest acknowledged append of a lane. */
  synchronized void appended(int lane, String orgId, String logId, long head) {
    appends[lane] = new Witness(orgId, logId, head);
  }

  /** Remembers what was claimed. */
  synchronized void claimed(String owner, Map<Integer, Long> epochs) {
    epochs.forEach((shard, epoch) -> claims.put(shard, new Claimed(owner, epoch)));
  }

  /** Whether this process renewed the log ids. */
  synchronized boolean renewed() {
    return renewed;
  }

  /** Has everyone else who decides about the database as a whole wait until the transaction ends. */
  static void lock(Sql sql) throws SQLException {
    sql.number("SELECT length(pg_advisory_xact_lock(" + LOCK + ")::text)");
  }

  /** Recognises the database as this process starts. */
  synchronized void start(Sql sql) throws SQLException {
    lock(sql);
    Optional<String> noted = Meta.read(sql, SYSTEM);
    boolean mayAsk = sql.number(MAY_ASK) == 2;
    if (Meta.read(sql, INCARNATION).isEmpty()) {
      Meta.write(sql, INCARNATION, ids.next());
    } else if (noted.isPresent() && (mayAsk ? !noted.get().equals(system(sql)) : noted.get().isEmpty())) {
      LOG.error("the database was restored or moved to another server: every log id is renewed");
      renew(sql);
    }
    Meta.write(sql, SYSTEM, mayAsk ? system(sql) : noted.filter(text -> !text.isEmpty()).orElse("unknown"));
    if (mayAsk) {
      Meta.write(sql, TIMELINE, Long.toString(sql.number("SELECT timeline_id FROM pg_control_checkpoint()")));
    }
  }

  private static String system(Sql sql) throws SQLException {
    return Long.toString(sql.number("SELECT system_identifier FROM pg_control_system()"));
  }

  /** Looks, on a connection that was just opened, whether all that was witnessed is still there. */
  synchronized Void verify(Sql sql) throws SQLException {
    if (lost(sql)) {
      lock(sql);
      if (lost(sql)) { // else another node saw it first
        LOG.error("the database lacks what it had acknowledged, by a restore or a failover that lost something: every"
            + " log id is renewed");
        renew(sql);
        retireWitnessed(sql);
      }
      Arrays.fill(appends, null);
      claims.clear();
    }
    return null;
  }

  private boolean lost(Sql sql) throws SQLException {
    List<Witness> seen = Arrays.stream(appends).filter(each -> each != null).toList();
    if (seen.isEmpty() && claims.isEmpty()) {
      return false;
    }
    PreparedStatement query = sql.prepare(LOST);
    new PostgresArrays(query)
        .texts(seen.stream().map(Witness::logId).toArray(String[]::new))
        .longs(seen.stream().mapToLong(Witness::head).toArray())
        .integers(claims.keySet().stream().mapToInt(Integer::intValue).toArray())
        .longs(claims.values().stream().mapToLong(Claimed::epoch).toArray())
        .texts(claims.values().stream().map(Claimed::owner).toArray(String[]::new));
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getLong(1) > 0;
    }
  }

  /** Rooms everywhere find themselves deposed, claim anew and read the new log ids. */
  private void renew(Sql sql) throws SQLException {
    PostgresFence.deposeAll(sql, EPOCHS_LOST_MAX);
    PreparedStatement retire =
        sql.prepare(
            "INSERT INTO old_log_ids (log_id, org_id, retired_at) SELECT log_id, org_id, ? FROM org_heads"
                + " ON CONFLICT DO NOTHING");
    retire.setLong(1, clock.wallMs());
    retire.executeUpdate();
    List<String> orgs = new ArrayList<>();
    try (ResultSet row = sql.prepare("SELECT org_id FROM org_heads").executeQuery()) {
      while (row.next()) {
        orgs.add(row.getString(1));
      }
    }
    PreparedStatement renew =
        sql.prepare(
            "UPDATE org_heads h SET log_id = w.log_id FROM unnest(?::text[], ?::text[]) w (org_id, log_id)"
                + " WHERE h.org_id = w.org_id");
    for (int from = 0; from < orgs.size(); from += ORGS_PER_STATEMENT) {
      List<String> part = orgs.subList(from, Math.min(from + ORGS_PER_STATEMENT, orgs.size()));
      String[] fresh = part.stream().map(org -> ids.next()).toArray(String[]::new);
      new PostgresArrays(renew).texts(part.toArray(String[]::new)).texts(fresh);
      renew.executeUpdate();
    }
    Meta.write(sql, INCARNATION, ids.next());
    renewed = true;
  }

  /** A log of which even the first event was lost has no row that could be retired. */
  private void retireWitnessed(Sql sql) throws SQLException {
    PreparedStatement retire =
        sql.prepare("INSERT INTO old_log_ids (log_id, org_id, retired_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    for (Witness witness : appends) {
      if (witness != null) {
        retire.setString(1, witness.logId());
        retire.setString(2, witness.orgId());
        retire.setLong(3, clock.wallMs());
        retire.executeUpdate();
      }
    }
  }
}
