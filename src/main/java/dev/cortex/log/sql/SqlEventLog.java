package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.KeyRef;
import dev.cortex.log.Known;
import dev.cortex.log.OrgHead;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SyncMarks;
import dev.cortex.store.Database;
import dev.cortex.store.SqlWork;
import io.vertx.core.Future;
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
import java.util.function.ToIntFunction;

/** The event log in an SQL database: what is the same in every one of them. */
public abstract sealed class SqlEventLog implements EventLog permits SqliteEventLog, PostgresEventLog {

  static final String PROBE = "probe";

  private static final String RETENTION_MARK = "retention_mark";

  private static final String ORG_OF_LOG =
      "SELECT org_id FROM org_heads WHERE log_id = ? UNION ALL SELECT org_id FROM old_log_ids WHERE log_id = ? LIMIT 1";

  private final Database database;
  private final Clock clock;

  SqlEventLog(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Whether this process renewed every log id, because the database was restored or may lack its last commits. */
  public abstract boolean renewed();

  /**
   * Writes the placement down unless there is one, and answers the one in force, which every node must share.
   *
   * @param shardOf the shard of an org by the asking node's placement
   */
  public abstract Future<Placement> agree(Placement mine, ToIntFunction<String> shardOf);

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

  @Override
  public Future<SyncMarks.Found> marks(Collection<OutboxRef> outboxes, Collection<String> orgIds) {
    List<OutboxRef> wanted = List.copyOf(outboxes);
    List<String> orgs = List.copyOf(orgIds);
    return read(sql -> MarkRows.of(sql, wanted, orgs));
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
  public Future<Long> retentionMark() {
    return read(sql -> Meta.read(sql, RETENTION_MARK).map(Long::parseLong).orElse(0L));
  }

  @Override
  public Future<Void> retentionMark(long wallMs) {
    return note(RETENTION_MARK, wallMs);
  }

  @Override
  public Future<byte[]> secret(String name) {
    return write(sql -> Meta.secret(sql, name));
  }

  /** The database, for what no method of the contract can do to it. */
  public final Database database() {
    return database;
  }

  final Future<Void> note(String name, long value) {
    return write(
        sql -> {
          Meta.write(sql, name, Long.toString(value));
          return null;
        });
  }

  final <T> Future<T> write(SqlWork<T> work) {
    return database.write(work).recover(LogFailures::failed);
  }

  final <T> Future<T> read(SqlWork<T> work) {
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
