package dev.cortex.store;

import dev.cortex.store.Dialect.Role;
import dev.cortex.store.Dialect.Stage;
import dev.cortex.store.StoreException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The database of one process: lanes that write and lanes that read, each with one connection. Every piece of work is
 * one transaction, or one statement that commits by itself, and one hop to a worker thread. Failures are {@link
 * StoreException}s.
 */
public final class Database {

  /** How long a writer waits for another process's write lock on a SQLite file, in milliseconds. */
  public static final int BUSY_TIMEOUT_MS = 5000;

  /** A read that fails sooner than this met a connection that had broken while nobody used it. */
  private static final long STALE_NS = TimeUnit.SECONDS.toNanos(1);

  /** A failure after which the connection must not be used again. */
  private static final class Doubtful extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final StoreException failure;

    Doubtful(StoreException failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private final Dialect dialect;
  private final Breakage breakage;
  private final Lane watch;
  private final Lane upkeep;
  private final List<Lane> committers;
  private final List<Lane> readers;
  private volatile SqlWork<?> greeting = sql -> null;

  private Database(Vertx vertx, Dialect dialect) {
    this.dialect = dialect;
    this.breakage = new Breakage(dialect.remote());
    this.readers = lanes(vertx, Role.READ, dialect.readers());
    this.upkeep = lanes(vertx, Role.UPKEEP, 1).get(0);
    this.watch = dialect.singleWriter() ? upkeep : lanes(vertx, Role.WATCH, 1).get(0);
    this.committers = dialect.singleWriter() ? List.of(upkeep) : lanes(vertx, Role.COMMIT, dialect.committers());
  }

  /** Opens or makes a SQLite file and brings its schema up to date. Commits survive power loss until told else. */
  public static Future<Database> open(Vertx vertx, Path path, int busyTimeoutMs) {
    SqliteFile file = new SqliteFile(path, busyTimeoutMs);
    Dialect dialect = new SqliteDialect(file);
    return vertx
        .<Database>executeBlocking(
            () -> {
              file.prepare();
              return new Database(vertx, dialect);
            },
            false)
        .recover(failure -> Future.failedFuture(dialect.failure(failure, Stage.OPENING)))
        .compose(Database::migrated);
  }

  /** Connects to a PostgreSQL database, checks that what it commits is durable, and brings its schema up to date. */
  public static Future<Database> open(Vertx vertx, PostgresServer server) {
    return new Database(vertx, new PostgresDialect(server)).migrated();
  }

  private Future<Database> migrated() {
    return write(dialect::migrate)
        .recover(failure -> close().transform(closed -> Future.failedFuture(failure)))
        .map(this);
  }

  private List<Lane> lanes(Vertx vertx, Role role, int count) {
    Lane.Connector connector =
        new Lane.Connector(
            () -> dialect.pool(vertx, role),
            raw -> greeted(dialect.prepared(raw, role), role),
            failure -> dialect.failure(failure, Stage.OPENING));
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lanes.add(new Lane(vertx, connector, Doubtful.class::isInstance, breakage));
    }
    return List.copyOf(lanes);
  }

  private Sql greeted(Sql sql, Role role) throws SQLException {
    if (role == Role.COMMIT || role == Role.UPKEEP) {
      transact(sql, role, greeting);
    }
    return sql;
  }

  /**
   * Has that work done in a transaction on every connection opened from now on that writes, before any other work; when
   * it fails, the connection is not used.
   */
  public void greet(SqlWork<?> work) {
    greeting = work;
  }

  /** How many commits can be under way at the same time, 1 or more. */
  public int lanes() {
    return committers.size();
  }

  /** Runs the work in one write transaction, after every one asked for before. */
  public <T> Future<T> write(SqlWork<T> work) {
    return answer(upkeep.run(sql -> transact(sql, Role.UPKEEP, work)));
  }

  /** Runs work outside any transaction, in turn with {@link #write}: a pragma, a statement that commits by itself. */
  public <T> Future<T> maintain(SqlWork<T> work) {
    return answer(upkeep.run(sql -> alone(sql, work)));
  }

  /**
   * Runs one statement that commits by itself.
   *
   * @param lane from 0 to {@link #lanes()} - 1; what is asked of one lane runs in order
   */
  public <T> Future<T> commit(int lane, SqlWork<T> statement) {
    return answer(committers.get(lane).run(sql -> alone(sql, statement)));
  }

  /** Runs one short statement that commits by itself and waits behind no other kind of work. */
  public <T> Future<T> watch(SqlWork<T> statement) {
    return answer(watch.run(sql -> alone(sql, statement)));
  }

  /** Runs the work on one snapshot of what is committed. It must be short: checkpoints wait for the oldest snapshot. */
  public <T> Future<T> read(SqlWork<T> work) {
    long asked = System.nanoTime();
    return readOnce(work)
        .recover(
            failure ->
                dialect.remote() && failure instanceof Doubtful && System.nanoTime() - asked < STALE_NS
                    ? readOnce(work)
                    : Future.failedFuture(failure))
        .recover(this::told);
  }

  private <T> Future<T> readOnce(SqlWork<T> work) {
    Lane lane = readers.get(0);
    for (Lane other : readers) {
      if (other.waiting() < lane.waiting()) {
        lane = other;
      }
    }
    return lane.run(sql -> transact(sql, Role.READ, work));
  }

  /** Opens every connection that is not open yet. */
  public Future<Void> warm() {
    List<Future<?>> opening = new ArrayList<>();
    for (Lane lane : committers) {
      opening.add(answer(lane.run(sql -> null)));
    }
    for (Lane lane : readers) {
      opening.add(answer(lane.run(sql -> null)));
    }
    opening.add(answer(watch.run(sql -> null)));
    return Future.join(opening).mapEmpty();
  }

  /** Closes every connection after the work already asked for. */
  public Future<Void> close() {
    List<Future<Void>> closing = new ArrayList<>();
    readers.forEach(lane -> closing.add(lane.close()));
    if (!dialect.singleWriter()) {
      committers.forEach(lane -> closing.add(lane.close()));
      closing.add(watch.close());
    }
    return Future.join(closing).transform(othersClosed -> upkeep.close());
  }

  private <T> T transact(Sql sql, Role role, SqlWork<T> work) {
    boolean begun = false;
    Stage stage = Stage.WORKING;
    try {
      dialect.begin(sql, role);
      begun = true;
      T result = work.run(sql);
      stage = Stage.COMMITTING;
      dialect.commit(sql);
      return result;
    } catch (SQLException | RuntimeException failure) {
      throw doubt(sql, begun, dialect.failure(failure, stage));
    }
  }

  private <T> T alone(Sql sql, SqlWork<T> work) {
    try {
      return work.run(sql);
    } catch (SQLException | RuntimeException failure) {
      Stage stage = dialect.singleWriter() ? Stage.WORKING : Stage.COMMITTING;
      throw doubt(sql, false, dialect.failure(failure, stage));
    }
  }

  private RuntimeException doubt(Sql sql, boolean begun, StoreException known) {
    try {
      dialect.clean(sql, begun);
      return known.kind() == Kind.UNKNOWN ? new Doubtful(known) : known;
    } catch (SQLException e) {
      known.addSuppressed(e);
      return new Doubtful(known);
    }
  }

  private <T> Future<T> answer(Future<T> done) {
    return done.recover(this::told);
  }

  private <T> Future<T> told(Throwable failure) {
    return Future.failedFuture(
        failure instanceof Doubtful doubtful ? doubtful.failure : dialect.failure(failure, Stage.WORKING));
  }
}
