package dev.cortex.callback;

import dev.cortex.base.Clock;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import dev.cortex.store.Database;
import dev.cortex.store.Sql;
import io.vertx.core.Future;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The callbacks of every desktop, in the store. What one subject registered, no other changes or removes. Failures are
 * {@link dev.cortex.store.StoreException}s.
 */
public final class CallbackRegistry {

  /** Callbacks an org may have: each costs a request an event. */
  static final int ORG_MAX = 10_000;

  /** Rows read at a time. */
  static final int PAGE = 500;

  private static final String SELECT =
      """
      SELECT org_id, install, subject, id, incarnation, shard, url, secret, former_secret, former_until, channels,
        lease_until, changed_at
      FROM callbacks\s""";
  private static final String ONE = SELECT + "WHERE org_id = ? AND install = ? AND subject = ?";
  private static final String OF_DESKTOP = "SELECT DISTINCT org_id FROM callbacks WHERE id = ? AND subject = ?";
  private static final String COUNT = "SELECT count(*) FROM callbacks WHERE org_id = ?";
  private static final String OF_SHARD =
      SELECT
          + "WHERE shard = ? AND (org_id, install, subject) > (?, ?, ?) ORDER BY org_id, install, subject LIMIT "
          + PAGE;
  private static final String CHANGED =
      SELECT
          + "WHERE changed_at >= ? AND (changed_at, org_id, install, subject) > (?, ?, ?, ?) "
          + "ORDER BY changed_at, org_id, install, subject LIMIT "
          + PAGE;
  private static final String PUT =
      """
      INSERT INTO callbacks (org_id, install, subject, id, incarnation, shard, url, secret, former_secret, former_until,
        channels, lease_until, changed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (org_id, install, subject) DO UPDATE SET id = excluded.id, incarnation = excluded.incarnation,
        shard = excluded.shard, url = excluded.url, secret = excluded.secret, former_secret = excluded.former_secret,
        former_until = excluded.former_until, channels = excluded.channels, lease_until = excluded.lease_until,
        changed_at = excluded.changed_at""";
  private static final String REMOVE =
      """
      UPDATE callbacks SET lease_until = 0, secret = '', former_secret = '',
        changed_at = CASE WHEN changed_at < ? THEN ? ELSE changed_at + 1 END
      WHERE org_id = ? AND id = ? AND subject = ? AND lease_until > 0""";
  private static final String EXPIRE = "DELETE FROM callbacks WHERE lease_until < ? AND changed_at < ?";

  private final Database database;
  private final ShardMap shardMap;
  private final Clock clock;

  /**
   * The registry in that database.
   *
   * @param shardMap where orgs belong
   */
  public CallbackRegistry(Database database, ShardMap shardMap, Clock clock) {
    this.database = database;
    this.shardMap = shardMap;
    this.clock = clock;
  }

  /**
   * Registers or renews, for every org at once or none; a subject's desktop keeps its id, and loses the orgs it does
   * not name any more.
   *
   * @return the id; empty when an org has as many callbacks as it may, and nothing was registered
   */
  Future<Optional<String>> put(Registration wanted) {
    return database.write(sql -> {
      Map<String, Callback> before = new LinkedHashMap<>();
      // in one order, so that two registrations of a desktop at a time do not wait for each other
      List<String> orgs = wanted.orgs().stream().sorted().toList();
      for (String orgId : orgs) {
        Optional<Callback> known = one(sql, orgId, wanted);
        if (known.isEmpty() && count(sql, orgId) >= ORG_MAX) {
          return Optional.empty();
        }
        known.ifPresent(callback -> before.put(orgId, callback));
      }
      String id = before.values().stream().map(Callback::id).findFirst().orElseGet(() -> UUID.randomUUID().toString());
      for (String orgId : orgsOf(sql, id, wanted.subject())) {
        boolean theirs = wanted.subjectOrgs().isEmpty() || wanted.subjectOrgs().contains(orgId);
        if (theirs && !wanted.orgs().contains(orgId)) {
          remove(sql, orgId, id, wanted.subject());
        }
      }
      for (String orgId : orgs) {
        put(sql, orgId, id, wanted, Optional.ofNullable(before.get(orgId)));
      }
      return Optional.of(id);
    });
  }

  /**
   * Removes a callback from those orgs that its subject belongs to.
   *
   * @param subjectOrgs the orgs of whoever asks; empty means every org
   * @return the orgs it was removed from; empty when this subject has no such callback
   */
  Future<List<String>> remove(String id, String subject, Set<String> subjectOrgs) {
    return database.write(sql -> {
      List<String> removed = new ArrayList<>();
      for (String orgId : orgsOf(sql, id, subject)) {
        boolean theirs = subjectOrgs.isEmpty() || subjectOrgs.contains(orgId);
        if (theirs && remove(sql, orgId, id, subject)) {
          removed.add(orgId);
        }
      }
      return removed;
    });
  }

  /** The next callbacks of a shard after that key; at most {@link #PAGE}, those that ended included. */
  Future<List<Callback>> ofShard(int shard, Callback.Key after) {
    return database.read(sql -> {
      PreparedStatement query = sql.prepare(OF_SHARD);
      query.setInt(1, shard);
      query.setString(2, after.orgId());
      query.setString(3, after.install());
      query.setString(4, after.subject());
      return rows(query);
    });
  }

  /**
   * The next callbacks that changed at that time or later, and after that place; at most {@link #PAGE}.
   *
   * @param sinceMs Unix milliseconds
   * @param placeMs when the last one of the page before changed
   */
  Future<List<Callback>> changedSince(long sinceMs, long placeMs, Callback.Key after) {
    return database.read(sql -> {
      PreparedStatement query = sql.prepare(CHANGED);
      query.setLong(1, sinceMs);
      query.setLong(2, placeMs);
      query.setString(3, after.orgId());
      query.setString(4, after.install());
      query.setString(5, after.subject());
      return rows(query);
    });
  }

  /** Forgets callbacks that ended, and have not changed since, before that time (Unix ms); answers how many. */
  Future<Integer> removeExpired(long beforeMs) {
    return database.write(sql -> {
      PreparedStatement delete = sql.prepare(EXPIRE);
      delete.setLong(1, beforeMs);
      delete.setLong(2, beforeMs);
      return delete.executeUpdate();
    });
  }

  private static Optional<Callback> one(Sql sql, String orgId, Registration wanted) throws SQLException {
    PreparedStatement query = sql.prepare(sql.lockedToChange(ONE));
    query.setString(1, orgId);
    query.setString(2, wanted.desktop().install());
    query.setString(3, wanted.subject());
    return rows(query).stream().findFirst();
  }

  private static List<String> orgsOf(Sql sql, String id, String subject) throws SQLException {
    PreparedStatement query = sql.prepare(OF_DESKTOP);
    query.setString(1, id);
    query.setString(2, subject);
    List<String> orgs = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        orgs.add(row.getString(1));
      }
    }
    return orgs;
  }

  private static int count(Sql sql, String orgId) throws SQLException {
    PreparedStatement query = sql.prepare(COUNT);
    query.setString(1, orgId);
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  private void put(Sql sql, String orgId, String id, Registration wanted, Optional<Callback> known)
      throws SQLException {
    long nowMs = clock.wallMs();
    boolean rotated = known.isPresent() && known.get().isLive(nowMs) && !known.get().secret().equals(wanted.secret());
    // one that is renewed within the former lease still has the secret of before that to sign with
    boolean lasting = known.isPresent() && !rotated && known.get().formerUntilMs() > nowMs;
    PreparedStatement put = sql.prepare(PUT);
    put.setString(1, orgId);
    put.setString(2, wanted.desktop().install());
    put.setString(3, wanted.subject());
    put.setString(4, id);
    put.setString(5, wanted.desktop().incarnation());
    put.setInt(6, shardMap.shardOf(orgId));
    put.setString(7, wanted.url());
    put.setString(8, wanted.secret());
    put.setString(9, rotated ? known.get().secret() : lasting ? known.get().formerSecret() : "");
    put.setLong(10, rotated ? known.get().leaseUntilMs() : lasting ? known.get().formerUntilMs() : 0);
    put.setString(11, wanted.channels().stream().map(ChannelPattern::text).collect(Collectors.joining("\n")));
    put.setLong(12, wanted.leaseUntilMs());
    // later than before in any case: that is how others see that it changed
    put.setLong(13, known.map(before -> Math.max(nowMs, before.changedAtMs() + 1)).orElse(nowMs));
    put.executeUpdate();
  }

  private boolean remove(Sql sql, String orgId, String id, String subject) throws SQLException {
    PreparedStatement update = sql.prepare(REMOVE);
    long nowMs = clock.wallMs();
    update.setLong(1, nowMs);
    update.setLong(2, nowMs);
    update.setString(3, orgId);
    update.setString(4, id);
    update.setString(5, subject);
    return update.executeUpdate() > 0;
  }

  private static List<Callback> rows(PreparedStatement query) throws SQLException {
    List<Callback> rows = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        rows.add(new Callback(
            row.getString(1), row.getString(4), row.getString(3), new Desktop(row.getString(2), row.getString(5)),
            row.getInt(6), row.getString(7), row.getString(8), row.getString(9), row.getLong(10),
            channels(row.getString(11)), row.getLong(12), row.getLong(13)));
      }
    }
    return rows;
  }

  private static List<ChannelPattern> channels(String lines) {
    return lines.isEmpty()
        ? List.of()
        : Arrays.stream(lines.split("\n")).map(line -> ChannelPattern.parse(line).orElseThrow()).toList();
  }
}
