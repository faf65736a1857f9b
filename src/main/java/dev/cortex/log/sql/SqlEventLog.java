package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.KeyRef;
import dev.cortex.log.Known;
import dev.cortex.log.LogIds;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.OrgHead;
import dev.cortex.log.Roster;
import dev.cortex.log.SessionRef;
import dev.cortex.store.Database;
import dev.cortex.store.SqlWork;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The event log in a SQLite database of the data directory. */
public final class SqlEventLog implements EventLog {

  /** Name of the database file in the data directory. */
  public static final String FILE = "cortex.db";

  /** Name of the file beside it that tells a restored database from the one that was here before. */
  public static final String INCARNATION_FILE = "incarnation";

  private static final String RETENTION_MARK = "retention_mark";
  private static final String PROBE = "probe";
  private static final int CHECKPOINT_TIMEOUT_MS = 100;
  private static final long WAL_BYTES_KEPT = 4 << 20;

  private static final String ORG_OF_LOG =
      "SELECT org_id FROM org_heads WHERE log_id = ? UNION ALL SELECT org_id FROM old_log_ids WHERE log_id = ? LIMIT 1";

  private final Database database;
  private final boolean fullDurability;
  private final int busyTimeoutMs;
  private final Clock clock;
  private final LogIdentity identity;
  private LogIdentity.Start start = LogIdentity.Start.SAME;
  private String incarnation = "";

  private SqlEventLog(
      Database database,
      boolean fullDurability,
      int busyTimeoutMs,
      Clock clock,
      LogIdentity identity) {
    this.database = database;
    this.fullDurability = fullDurability;
    this.busyTimeoutMs = busyTimeoutMs;
    this.clock = clock;
    this.identity = identity;
  }

  /**
   * Opens the log of that data directory, or makes it.
   *
   * @param fullDurability whether a commit survives power loss; else it survives a kill, and log ids are renewed after
   *     an unclean stop
   */
  public static Future<SqlEventLog> open(Vertx vertx, Path dataDir, boolean fullDurability, Clock clock) {
    return open(vertx, dataDir, fullDurability, clock, Database.BUSY_TIMEOUT_MS);
  }

  static Future<SqlEventLog> open(
      Vertx vertx, Path dataDir, boolean fullDurability, Clock clock, int busyTimeoutMs) {
    LogIdentity identity = new LogIdentity(new NonceFile(dataDir.resolve(INCARNATION_FILE)), new LogIds());
    return vertx
        .executeBlocking(() -> Files.createDirectories(dataDir), false)
        .compose(made -> Database.open(vertx, dataDir.resolve(FILE), busyTimeoutMs))
        .map(db -> new SqlEventLog(db, fullDurability, busyTimeoutMs, clock, identity))
        .compose(SqlEventLog::started)
        .recover(LogFailures::failed);
  }

  private Future<SqlEventLog> started() {
    return database
        .write(
            sql -> {
              start = identity.start(sql, fullDurability, clock.wallMs());
              incarnation = LogIdentity.incarnation(sql);
              return start;
            })
        .compose(
            marked ->
                database.maintain(
                    sql -> {
                      identity.settle(sql);
                      return marked;
                    }))
        .compose(settled -> synchronous(fullDurability))
        .map(this)
        .recover(failure -> database.close().transform(closed -> Future.failedFuture(failure)));
  }

  /** The incarnation under which this installation numbers its outbox; it changes with a restored database. */
  public String incarnation() {
    return incarnation;
  }

  /** Whether this start renewed every log id, because the database was restored or may lack its last commits. */
  public boolean renewed() {
    return start == LogIdentity.Start.RESTORED || start == LogIdentity.Start.TAIL_LOST;
  }

  /** Writes the placement down unless there is one, and answers the one in force, which every node must share. */
  public Future<Placement> agree(Placement mine) {
    return write(mine::agree);
  }

  @Override
  public Future<Map<Integer, Long>> claim(String owner, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return write(sql -> Fence.raise(sql, owner, wanted));
  }

  @Override
  public Future<Map<Integer, Long>> reclaim(String owner, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return write(sql -> Fence.raiseOwn(sql, owner, wanted));
  }

  @Override
  public Future<Map<String, OrgHead>> heads(Collection<String> orgIds) {
    List<String> wanted = List.copyOf(orgIds);
    return read(sql -> HeadRows.of(sql, wanted));
  }

  @Override
  public Future<Optional<String>> orgOfLog(String logId) {
    return read(
        sql -> {
          PreparedStatement query = sql.prepare(ORG_OF_LOG);
          query.setString(1, logId);
          query.setString(2, logId);
          return texts(query).stream().findFirst();
        });
  }

  @Override
  public Future<List<String>> orgs() {
    return read(sql -> texts(sql.prepare("SELECT org_id FROM org_heads ORDER BY org_id")));
  }

  @Override
  public Future<Known> known(Collection<KeyRef> keys, Collection<SessionRef> sessions) {
    List<KeyRef> wantedKeys = List.copyOf(keys);
    List<SessionRef> wantedSessions = List.copyOf(sessions);
    return read(sql -> KnownRows.of(sql, wantedKeys, wantedSessions));
  }

  /** SQLite writes on one connection. */
  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public Future<List<AppendResult>> append(List<OrgAppend> batch) {
    return batch.isEmpty() ? Future.succeededFuture(List.of()) : write(new AppendTransaction(batch));
  }

  @Override
  public Future<LogPage> read(Channel channel, long after, long through, int eventsMax, int bytesMax) {
    return read(sql -> EventRows.page(sql, channel, after, through, eventsMax, bytesMax));
  }

  @Override
  public Future<Long> count(Channel channel, long after, long through) {
    return read(sql -> EventRows.count(sql, channel, after, through));
  }

  @Override
  public Future<Long> lastOffset(Channel channel) {
    return read(sql -> EventRows.lastOffset(sql, channel));
  }

  @Override
  public Future<OptionalLong> offsetAfterSequence(SessionRef session, long sequence) {
    return read(sql -> EventRows.afterSequence(sql, session, sequence));
  }

  @Override
  public Future<OptionalLong> offsetAtTime(String orgId, long receivedAtMs) {
    return read(
        sql -> {
          Optional<OrgHead> head = HeadRows.one(sql, orgId);
          if (head.isEmpty()) {
            return OptionalLong.empty();
          }
          OrgHead org = head.get();
          long first = EventRows.firstReceivedSince(sql, orgId, org.floor(), org.head(), receivedAtMs);
          return first > org.head() ? OptionalLong.empty() : OptionalLong.of(first);
        });
  }

  @Override
  public Future<List<OrgHead>> expired(long cutoffMs, Collection<Integer> shards, int limit) {
    Set<Integer> wanted = Set.copyOf(shards);
    return read(sql -> HeadRows.expired(sql, cutoffMs, wanted, limit));
  }

  @Override
  public Future<Long> trimPoint(String orgId, long cutoffMs, int eventsMax) {
    return read(sql -> Upkeep.trimPoint(sql, orgId, cutoffMs, eventsMax));
  }

  @Override
  public Future<AppendResult> trim(String orgId, int shard, long epoch, long through) {
    return write(sql -> Upkeep.trim(sql, orgId, shard, epoch, through, clock.wallMs()));
  }

  @Override
  public Future<Integer> sweep(long nowMs, int limit) {
    return write(sql -> Upkeep.sweep(sql, nowMs, limit));
  }

  /** Cuts the WAL back only when it is long, and never waits long for a reader: ingest waits behind this. */
  @Override
  public Future<Void> compact(int pagesMax) {
    return database
        .<Void>maintain(
            sql -> {
              if (sql.number("PRAGMA freelist_count") > 0) {
                sql.execute("PRAGMA incremental_vacuum(" + pagesMax + ')');
              }
              if (database.walBytes() > WAL_BYTES_KEPT) {
                sql.execute("PRAGMA busy_timeout=" + Math.min(CHECKPOINT_TIMEOUT_MS, busyTimeoutMs));
                try {
                  sql.execute("PRAGMA wal_checkpoint(TRUNCATE)");
                } finally {
                  sql.execute("PRAGMA busy_timeout=" + busyTimeoutMs);
                }
              }
              return null;
            })
        .recover(LogFailures::failed);
  }

  @Override
  public Future<Long> retentionMark() {
    return read(sql -> Meta.read(sql, RETENTION_MARK).map(Long::parseLong).orElse(0L));
  }

  @Override
  public Future<Void> retentionMark(long wallMs) {
    return note(RETENTION_MARK, wallMs);
  }

  /** The file belongs to one process: there is no other node. */
  @Override
  public Future<Roster> checkIn(NodeEntry me, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return read(sql -> new Roster(List.of(me), Fence.epochs(sql, wanted)));
  }

  @Override
  public Future<Void> checkOut(String node) {
    return Future.succeededFuture();
  }

  @Override
  public Future<byte[]> secret(String name) {
    return write(sql -> Meta.secret(sql, name));
  }

  @Override
  public Future<Void> probe() {
    return note(PROBE, clock.wallMs());
  }

  /** The mark of a clean stop is forced to disk, and with it everything before it. */
  @Override
  public Future<Void> close() {
    return synchronous(true)
        .compose(
            forced ->
                database.<Void>write(
                    sql -> {
                      identity.stop(sql);
                      return null;
                    }))
        .compose(
            marked ->
                database.<Void>maintain(
                    sql -> {
                      identity.settle(sql);
                      return null;
                    }))
        .recover(failure -> database.close().transform(closed -> LogFailures.failed(failure)))
        .compose(settled -> database.close());
  }

  /** The database, for what no method of the contract can do to it. */
  Database database() {
    return database;
  }

  private Future<Void> note(String name, long value) {
    return write(
        sql -> {
          Meta.write(sql, name, Long.toString(value));
          return null;
        });
  }

  /** For this connection only: one that is opened after a failure forces every commit to disk again. */
  private Future<Void> synchronous(boolean full) {
    return database.maintain(
        sql -> {
          sql.execute("PRAGMA synchronous=" + (full ? "FULL" : "NORMAL"));
          return null;
        });
  }

  <T> Future<T> write(SqlWork<T> work) {
    return database.write(work).recover(LogFailures::failed);
  }

  private <T> Future<T> read(SqlWork<T> work) {
    return database.read(work).recover(LogFailures::failed);
  }

  private static List<String> texts(PreparedStatement query) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        texts.add(row.getString(1));
      }
    }
    return texts;
  }
}
