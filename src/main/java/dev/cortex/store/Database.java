package dev.cortex.store;

import dev.cortex.store.StoreException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The SQLite database of one process: one lane that writes, a few that read. Every piece of work is one transaction and
 * one hop to a worker thread. Failures are {@link StoreException}s.
 */
public final class Database {

  /** How long a writer waits for another process's write lock, in milliseconds. */
  public static final int BUSY_TIMEOUT_MS = 5000;

  private static final int READERS = 2;

  /** A failure after which the connection must not be used again. */
  private static final class Doubtful extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final StoreException failure;

    Doubtful(StoreException failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private final SqliteFile file;
  private final Lane writer;
  private final List<Lane> readers;

  private Database(Vertx vertx, SqliteFile file) {
    this.file = file;
    this.writer = new Lane(vertx, file.writerUrl(), file.writerPragmas(), Doubtful.class::isInstance);
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      lanes.add(new Lane(vertx, file.readerUrl(), file.readerPragmas(), Doubtful.class::isInstance));
    }
    this.readers = List.copyOf(lanes);
  }

  /** Opens or makes the database file and brings its schema up to date. Commits survive power loss until told else. */
  public static Future<Database> open(Vertx vertx, Path path, int busyTimeoutMs) {
    SqliteFile file = new SqliteFile(path, busyTimeoutMs);
    return vertx
        .<Database>executeBlocking(
            () -> {
              file.prepare();
              return new Database(vertx, file);
            },
            false)
        .recover(failure -> Future.failedFuture(SqliteFailures.of(failure, false)))
        .compose(
            database ->
                database
                    .write(Migrations.sqlite()::apply)
                    .recover(failure -> database.close().transform(closed -> Future.failedFuture(failure)))
                    .map(database));
  }

  /** Runs the work in one write transaction, after every write asked for before. */
  public <T> Future<T> write(SqlWork<T> work) {
    return answer(writer.run(sql -> transact(sql, "BEGIN IMMEDIATE", work)));
  }

  /** Runs the work on the writer outside any transaction: for pragmas. */
  public <T> Future<T> maintain(SqlWork<T> work) {
    return answer(
        writer.run(
            sql -> {
              try {
                return work.run(sql);
              } catch (SQLException | RuntimeException e) {
                StoreException known = SqliteFailures.of(e, false);
                throw doubt(known, !cleaned(sql, false, known));
              }
            }));
  }

  /** Runs the work on one snapshot of what is committed. It must be short: checkpoints wait for the oldest snapshot. */
  public <T> Future<T> read(SqlWork<T> work) {
    Lane lane = readers.get(0);
    for (Lane other : readers) {
      if (other.waiting() < lane.waiting()) {
        lane = other;
      }
    }
    return answer(lane.run(sql -> transact(sql, "BEGIN", work)));
  }

  /** The size of the write-ahead log file in bytes. */
  public long walBytes() {
    return file.wal().toFile().length();
  }

  /** Closes every connection after the work already asked for. */
  public Future<Void> close() {
    List<Future<Void>> closing = new ArrayList<>();
    for (Lane lane : readers) {
      closing.add(lane.close());
    }
    return Future.join(closing).transform(readersClosed -> writer.close());
  }

  private static <T> T transact(Sql sql, String begin, SqlWork<T> work) {
    boolean begun = false;
    boolean committing = false;
    try {
      sql.prepare(begin).execute();
      begun = true;
      T result = work.run(sql);
      committing = true;
      sql.prepare("COMMIT").execute();
      return result;
    } catch (SQLException | RuntimeException failure) {
      StoreException known = SqliteFailures.of(failure, committing);
      throw doubt(known, !cleaned(sql, begun, known));
    }
  }

  /** Ends the transaction, unless SQLite did so by itself, as on a full disk; whether the connection is sound again. */
  private static boolean cleaned(Sql sql, boolean begun, StoreException known) {
    try {
      sql.forget();
      if (begun) {
        sql.execute("ROLLBACK");
      }
      return true;
    } catch (SQLException e) {
      if (SqliteFailures.noTransaction(e)) {
        return true;
      }
      known.addSuppressed(e);
      return false;
    }
  }

  private static RuntimeException doubt(StoreException known, boolean unsound) {
    return unsound || known.kind() == Kind.UNKNOWN ? new Doubtful(known) : known;
  }

  private static <T> Future<T> answer(Future<T> done) {
    return done.recover(
        failure ->
            Future.failedFuture(
                failure instanceof Doubtful doubtful ? doubtful.failure : SqliteFailures.of(failure, false)));
  }
}
