package dev.cortex.log.sql;

import dev.cortex.base.Clock;
import dev.cortex.log.AppendResult;
import dev.cortex.log.LogIds;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.Roster;
import dev.cortex.store.Database;
import dev.cortex.store.PostgresServer;
import dev.cortex.store.SqlWork;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/** The event log in a PostgreSQL database, which all nodes of a cluster share. */
public final class PostgresEventLog extends SqlEventLog {

  /** How long a change of the placement waits for the notes of nodes that were killed to grow old. */
  private static final long PLACEMENT_WAIT_MS = 6_000;

  private static final long PLACEMENT_LOOK_MS = 500;

  private final Vertx vertx;
  private final Database database;
  private final Clock clock;
  private final PostgresIdentity identity;
  private volatile String sharding = "";

  private PostgresEventLog(Vertx vertx, Database database, Clock clock) {
    super(database, clock);
    this.vertx = vertx;
    this.database = database;
    this.clock = clock;
    this.identity = new PostgresIdentity(new LogIds(), clock, database.lanes());
  }

  /**
   * Opens the log of that database, or makes it. Fails when the server does not keep what it acknowledges through a
   * power loss, or cannot be written.
   */
  public static Future<PostgresEventLog> open(Vertx vertx, PostgresServer server, Clock clock) {
    return Database.open(vertx, server)
        .map(database -> new PostgresEventLog(vertx, database, clock))
        .compose(PostgresEventLog::started)
        .recover(LogFailures::failed);
  }

  private Future<PostgresEventLog> started() {
    return database
        .<Void>write(
            sql -> {
              identity.start(sql);
              return null;
            })
        .compose(
            recognised -> {
              database.greet(identity::verify);
              return database.warm();
            })
        .map(this)
        .recover(failure -> database.close().transform(closed -> Future.failedFuture(failure)));
  }

  @Override
  public boolean renewed() {
    return identity.renewed();
  }

  /**
   * Also changes the sharding when no node is there, with the shards of all logs, and shuts every former owner out in
   * the same transaction. From then on claims are made by what was agreed here only.
   */
  @Override
  public Future<Placement> agree(Placement mine, ToIntFunction<String> shardOf) {
    return agree(mine, shardOf, clock.monotonicNs() + TimeUnit.MILLISECONDS.toNanos(PLACEMENT_WAIT_MS))
        .onSuccess(
            stored -> {
              if (stored.agreesWith(mine)) {
                sharding = mine.sharding();
              }
            });
  }

  private Future<Placement> agree(Placement mine, ToIntFunction<String> shardOf, long untilNs) {
    return write(sql -> mine.agreeOrReplace(sql, shardOf))
        .compose(
            stored ->
                stored.agreesWith(mine) || !stored.mayBecome(mine) || clock.monotonicNs() - untilNs > 0
                    ? Future.succeededFuture(stored)
                    : vertx.timer(PLACEMENT_LOOK_MS).compose(later -> agree(mine, shardOf, untilNs)));
  }

  @Override
  public Future<Map<Integer, Long>> claim(String owner, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return upkeep(sql -> PostgresFence.claim(sql, owner, wanted, sharding))
        .onSuccess(epochs -> identity.claimed(owner, epochs));
  }

  @Override
  public Future<Map<Integer, Long>> reclaim(String owner, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return upkeep(sql -> PostgresFence.reclaim(sql, owner, wanted))
        .onSuccess(epochs -> identity.claimed(owner, epochs));
  }

  @Override
  public int lanes() {
    return database.lanes();
  }

  @Override
  public Future<List<AppendResult>> append(List<OrgAppend> batch) {
    if (batch.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    PostgresAppend statement = new PostgresAppend(batch, clock.wallMs());
    int lane = Math.floorMod(batch.get(0).shard(), lanes());
    return database
        .commit(lane, statement)
        .onSuccess(results -> witness(lane, batch, results))
        .recover(LogFailures::failed);
  }

  /** One org is enough: what was committed together is lost together. */
  private void witness(int lane, List<OrgAppend> batch, List<AppendResult> results) {
    int committed = results.indexOf(AppendResult.COMMITTED);
    if (committed >= 0) {
      OrgAppend org = batch.get(committed);
      identity.appended(lane, org.orgId(), org.logId(), org.head());
    }
  }

  @Override
  public Future<Integer> sweep(long nowMs, int limit) {
    return write(sql -> Upkeep.sweep(sql, nowMs, limit, Upkeep.POSTGRES_HEADS));
  }

  /** The server looks after its files by itself. */
  @Override
  public Future<Void> compact(int pagesMax) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Roster> checkIn(NodeEntry me, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return watch(sql -> PostgresFence.checkIn(sql, me, wanted));
  }

  @Override
  public Future<Void> checkOut(String node) {
    return watch(sql -> PostgresFence.checkOut(sql, node)).mapEmpty();
  }

  @Override
  public Future<Void> probe() {
    return watch(
        sql -> {
          Meta.write(sql, PROBE, Long.toString(clock.wallMs()));
          return null;
        });
  }

  @Override
  public Future<Void> close() {
    return database.close();
  }

  private <T> Future<T> upkeep(SqlWork<T> statement) {
    return database.maintain(statement).recover(LogFailures::failed);
  }

  private <T> Future<T> watch(SqlWork<T> statement) {
    return database.watch(statement).recover(LogFailures::failed);
  }
}
