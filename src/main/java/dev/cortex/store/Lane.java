package dev.cortex.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One connection and the queue before it: work runs one piece after the other, in order. A connection that a failure
 * made doubtful is closed, and the next piece of work gets a fresh one.
 *
 * <p>It has a context of its own, because a connection does its work in the order of the context that opened it: lanes
 * opened by one verticle would otherwise wait for each other.
 */
final class Lane {

  /**
   * How a lane gets its connection.
   *
   * @param pool makes a pool of one connection that is not opened yet
   * @param setup makes a fresh connection ready for work
   * @param failure what a failure to get a connection means
   */
  record Connector(
      Supplier<Pool> pool, SqlCommand.Work<Sql> setup, Function<Throwable, StoreException> failure) {}

  /** An open connection; {@code sql} is set by the first work on it. */
  private static final class Session {
    final Pool pool;
    final SqlConnection connection;
    final long openedNs = System.nanoTime();
    Sql sql;

    Session(Pool pool, SqlConnection connection) {
      this.pool = pool;
      this.connection = connection;
    }
  }

  /** That no connection could be opened, and when that was known. */
  private record Refusal(StoreException failure, long atNs) {}

  private final VertxInternal vertx;
  private final ContextInternal context;
  private final Connector connector;
  private final Predicate<Throwable> doubtful;
  private final Breakage breakage;
  private final AtomicInteger waiting = new AtomicInteger();
  private Future<Session> session;
  private Optional<Refusal> refusal = Optional.empty();
  private Future<?> last = Future.succeededFuture();
  private boolean closed;

  /**
   * A lane that opens its connection with the first work.
   *
   * @param doubtful whether the connection must not be used again after that failure
   * @param breakage what the lanes of a database know of each other's connections
   */
  Lane(Vertx vertx, Connector connector, Predicate<Throwable> doubtful, Breakage breakage) {
    this.vertx = (VertxInternal) vertx;
    this.context = this.vertx.createEventLoopContext();
    this.connector = connector;
    this.doubtful = doubtful;
    this.breakage = breakage;
  }

  /** How many pieces of work are queued or running. */
  int waiting() {
    return waiting.get();
  }

  /** Runs the work when everything before it is done; the future completes on the caller's context. */
  <T> Future<T> run(SqlWork<T> work) {
    Promise<T> answer = vertx.getOrCreateContext().promise();
    waiting.incrementAndGet();
    long askedNs = System.nanoTime();
    synchronized (this) {
      Future<T> next = last.transform(before -> start(work, askedNs));
      last = next;
      next.onComplete(
          done -> {
            waiting.decrementAndGet();
            answer.handle(done);
          });
    }
    return answer.future();
  }

  /** Closes the connection after everything queued; later work fails. */
  Future<Void> close() {
    synchronized (this) {
      Future<Void> done =
          last.transform(
              before -> {
                closed = true;
                Future<Session> open = session;
                session = null;
                return open == null || open.failed() ? Future.succeededFuture() : open.compose(s -> s.pool.close());
              });
      last = done;
      return done;
    }
  }

  /** What waited while no connection could be opened fails with that attempt: else each would wait for its own. */
  private <T> Future<T> start(SqlWork<T> work, long askedNs) {
    if (closed) {
      return Future.failedFuture(new StoreException(StoreException.Kind.READ_ONLY, "The database is closed"));
    }
    if (session != null && breakage.isSince(session.result().openedNs)) {
      // what broke another connection, such as the end of the server, broke this one too while nobody used it
      Pool old = session.result().pool;
      session = null;
      return old.close().transform(ignored -> start(work, askedNs));
    }
    if (session == null) {
      if (refusal.isPresent() && askedNs - refusal.get().atNs() < 0) {
        return Future.failedFuture(refusal.get().failure());
      }
      session = open();
    }
    Future<Session> current = session;
    return current
        .compose(open -> SqlCommand.run(open.connection, context, raw -> work.run(open.sql)))
        .recover(failure -> {
          if (current.failed() || doubtful.test(failure)) {
            session = null;
            breakage.note();
            Future<Void> closing = current.failed() ? Future.succeededFuture() : current.result().pool.close();
            return closing.transform(ignored -> Future.failedFuture(failure));
          }
          return Future.failedFuture(failure);
        });
  }

  /** Opens on a context of the lane's own: a pool closes with the verticle whose context it was made on. */
  private Future<Session> open() {
    Promise<Session> opened = context.promise();
    context.runOnContext(
        go -> Future.succeededFuture().compose(now -> connected(connector.pool().get())).onComplete(opened));
    return opened.future();
  }

  private Future<Session> connected(Pool pool) {
    return pool
        .getConnection()
        .compose(
            connection -> {
              Session fresh = new Session(pool, connection);
              return SqlCommand.run(
                  connection,
                  context,
                  raw -> {
                    fresh.sql = connector.setup().run(raw);
                    return fresh;
                  });
            })
        .recover(
            failure -> {
              StoreException known = connector.failure().apply(failure);
              refusal = Optional.of(new Refusal(known, System.nanoTime()));
              return pool.close().transform(ignored -> Future.failedFuture(known));
            });
  }
}
