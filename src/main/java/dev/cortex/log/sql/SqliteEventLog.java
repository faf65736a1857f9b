package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.event.Desktop;
import dev.cortex.log.AppendResult;
import dev.cortex.log.LocalOutbox;
import dev.cortex.log.LogIds;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.Roster;
import dev.cortex.store.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;

/** The event log, and a desktop's outbox, in a SQLite database of the data directory, which belongs to one process. */
public final class SqliteEventLog extends SqlEventLog implements LocalOutbox {

  /** What kind of server a database is of; the other kind does not open it. */
  public enum Owner {
    /** A desktop, whose user reads everything. */
    DESKTOP,
    /** A cloud node, whose users have tokens. */
    CLOUD;

    /** How the database notes it. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Name of the database file in the data directory. */
  public static final String FILE = "cortex.db";

  /** Name of the file beside it that tells a restored database from the one that was here before. */
  public static final String INCARNATION_FILE = "incarnation";

  private static final int CHECKPOINT_TIMEOUT_MS = 100;
  private static final long WAL_BYTES_KEPT = 4 << 20;

  private final Database database;
  private final Path file;
  private final boolean fullDurability;
  private final int busyTimeoutMs;
  private final Clock clock;
  private final LogIdentity identity;
  private final Owner owner;
  private LogIdentity.Start start = LogIdentity.Start.SAME;
  private volatile Desktop desktop = new Desktop("", "");

  private SqliteEventLog(
      Database database, Path file, boolean fullDurability, int busyTimeoutMs, Clock clock, LogIdentity identity,
      Owner owner) {
    super(database, clock);
    this.database = database;
    this.file = file;
    this.fullDurability = fullDurability;
    this.busyTimeoutMs = busyTimeoutMs;
    this.clock = clock;
    this.identity = identity;
    this.owner = owner;
  }

  /** Opens the log of a desktop; see {@link #open(Vertx, Path, boolean, Clock, Owner)}. */
  public static Future<SqliteEventLog> open(Vertx vertx, Path dataDir, boolean fullDurability, Clock clock) {
    return open(vertx, dataDir, fullDurability, clock, Owner.DESKTOP);
  }

  /**
   * Opens the log of that data directory, or makes it.
   *
   * @param fullDurability whether a commit survives power loss; else it survives a kill, and log ids are renewed after
   *     an unclean stop
   * @param owner whose log it is; one that was never opened by a known kind becomes that one's
   */
  public static Future<SqliteEventLog> open(
      Vertx vertx, Path dataDir, boolean fullDurability, Clock clock, Owner owner) {
    return open(vertx, dataDir, fullDurability, clock, Database.BUSY_TIMEOUT_MS, owner);
  }

  static Future<SqliteEventLog> open(
      Vertx vertx, Path dataDir, boolean fullDurability, Clock clock, int busyTimeoutMs, Owner owner) {
    LogIdentity identity = new LogIdentity(new NonceFile(dataDir.resolve(INCARNATION_FILE)), new LogIds());
    return vertx
        .executeBlocking(() -> Files.createDirectories(dataDir), false)
        .compose(made -> Database.open(vertx, dataDir.resolve(FILE), busyTimeoutMs))
        .map(db -> new SqliteEventLog(db, dataDir.resolve(FILE), fullDurability, busyTimeoutMs, clock, identity, owner))
        .compose(SqliteEventLog::started)
        .recover(LogFailures::failed);
  }

  private Future<SqliteEventLog> started() {
    return database
        .write(
            sql -> {
              identity.own(sql, owner);
              start = identity.start(sql, fullDurability, clock.wallMs());
              desktop = LogIdentity.desktop(sql);
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
    return desktop.incarnation();
  }

  @Override
  public Desktop desktop() {
    return desktop;
  }

  @Override
  public Future<State> state(String orgId) {
    return read(sql -> OutboxRows.state(sql, orgId));
  }

  @Override
  public Future<List<Numbered>> read(String orgId, long after, int eventsMax, int bytesMax) {
    return read(sql -> OutboxRows.page(sql, orgId, after, eventsMax, bytesMax));
  }

  @Override
  public Future<State> confirm(String orgId, String incarnation, long through, List<Refusal> refused) {
    List<Refusal> all = List.copyOf(refused);
    return write(sql -> OutboxChanges.confirm(sql, orgId, incarnation, through, all, clock.wallMs()));
  }

  /** When it is not known whether the new incarnation was committed, the one that is there counts. */
  @Override
  public Future<Desktop> reincarnate(boolean restored) {
    Future<Void> begun =
        write(
            sql -> {
              identity.reincarnate(sql, restored, clock.wallMs());
              return null;
            });
    return begun
        .transform(done -> read(LogIdentity::desktop))
        .onSuccess(now -> desktop = now)
        .compose(begun::map);
  }

  @Override
  public Future<State> renumber(String orgId, long through, List<Long> refused) {
    List<Long> kept = List.copyOf(refused);
    return write(sql -> OutboxChanges.renumber(sql, orgId, through, kept));
  }

  @Override
  public Future<List<Aside>> aside(String orgId, int limit) {
    return read(sql -> OutboxRows.aside(sql, orgId, limit));
  }

  @Override
  public Future<State> sendAgain(String orgId, List<String> ids) {
    List<String> wanted = List.copyOf(ids);
    return write(sql -> AsideChanges.sendAgain(sql, orgId, wanted));
  }

  @Override
  public Future<State> giveUp(String orgId, List<String> ids) {
    List<String> wanted = List.copyOf(ids);
    return write(sql -> AsideChanges.giveUp(sql, orgId, wanted));
  }

  @Override
  public Future<Void> renewLogId(String orgId) {
    return write(
        sql -> {
          identity.renewLogId(sql, orgId, clock.wallMs());
          return null;
        });
  }

  @Override
  public boolean renewed() {
    return start == LogIdentity.Start.RESTORED || start == LogIdentity.Start.TAIL_LOST;
  }

  /** The placement of the file stays as it is. */
  @Override
  public Future<Placement> agree(Placement mine, ToIntFunction<String> shardOf) {
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

  /** SQLite writes on one connection. */
  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public Future<List<AppendResult>> append(List<OrgAppend> batch) {
    return batch.isEmpty()
        ? Future.succeededFuture(List.of())
        : write(new AppendTransaction(batch, clock.wallMs()));
  }

  @Override
  public Future<Integer> sweep(long nowMs, int limit) {
    return write(sql -> Upkeep.sweep(sql, nowMs, limit, Upkeep.SQLITE_HEADS));
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
              if (walBytes() > WAL_BYTES_KEPT) {
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

  /** The size of the write-ahead log file in bytes. */
  long walBytes() {
    return file.resolveSibling(FILE + "-wal").toFile().length();
  }

  /** For this connection only: one that is opened after a failure forces every commit to disk again. */
  private Future<Void> synchronous(boolean full) {
    return database.maintain(
        sql -> {
          sql.execute("PRAGMA synchronous=" + (full ? "FULL" : "NORMAL"));
          return null;
        });
  }
}
