package dev.cortex.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions, lanes and failures of the database, whatever is stored in it. */
@Timeout(120)
final class DatabaseTest {

  @TempDir Path folder;

  private Vertx vertx;
  private Database database;

  @BeforeEach
  void open() throws TimeoutException {
    vertx = Vertx.vertx();
    database = await(Database.open(vertx, folder.resolve("t.db"), 50));
    await(run("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
  }

  @AfterEach
  void close() throws TimeoutException {
    await(database.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(60, TimeUnit.SECONDS);
  }

  private Future<Void> run(String... statements) {
    return database.write(
        sql -> {
          for (String statement : statements) {
            sql.execute(statement);
          }
          return null;
        });
  }

  private long rows() throws TimeoutException {
    return await(database.read(sql -> sql.number("SELECT count(*) FROM t")));
  }

  private static StoreException.Kind kind(Future<?> future) {
    return catchThrowableOfType(StoreException.class, () -> await(future)).kind();
  }

  @Test
  void failedWorkLeavesNothingAndTheNextGoesOn() throws TimeoutException {
    Future<Void> twice = run("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)");
    assertThat(kind(twice)).isEqualTo(StoreException.Kind.UNKNOWN);
    assertThat(rows()).isZero();
    await(run("INSERT INTO t VALUES (1)"));
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void workThatThrowsIsRolledBack() throws TimeoutException {
    Future<Void> bug =
        database.write(
            sql -> {
              sql.execute("INSERT INTO t VALUES (1)");
              throw new IllegalStateException("bug");
            });
    assertThat(kind(bug)).isEqualTo(StoreException.Kind.UNKNOWN);
    assertThat(rows()).isZero();
  }

  @Test
  void writesRunInTheOrderTheyWereAskedFor() throws TimeoutException {
    List<Long> seen = new ArrayList<>();
    List<Future<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      int value = i;
      writes.add(
          database.write(
              sql -> {
                seen.add(sql.number("SELECT count(*) FROM t"));
                sql.execute("INSERT INTO t VALUES (" + value + ")");
                return null;
              }));
    }
    await(Future.all(writes));
    assertThat(seen).hasSize(200).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void readsDoNotWaitForAWriteInProgress() throws TimeoutException {
    CountDownLatch release = new CountDownLatch(1);
    Future<Void> slow =
        database.write(
            sql -> {
              sql.execute("INSERT INTO t VALUES (1)");
              await(release);
              return null;
            });
    try {
      assertThat(rows()).isZero();
    } finally {
      release.countDown();
    }
    await(slow);
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void slowReadDoesNotHoldUpAnother() throws TimeoutException {
    CountDownLatch release = new CountDownLatch(1);
    Future<Long> slow =
        database.read(
            sql -> {
              await(release);
              return 1L;
            });
    try {
      assertThat(rows()).isZero();
    } finally {
      release.countDown();
    }
    assertThat(await(slow)).isEqualTo(1);
  }

  @Test
  void readerCannotWrite() {
    Future<Void> write =
        database.read(
            sql -> {
              sql.execute("INSERT INTO t VALUES (1)");
              return null;
            });
    assertThat(kind(write)).isEqualTo(StoreException.Kind.READ_ONLY);
  }

  @Test
  void answerComesBackOnTheCallersContext() throws TimeoutException {
    Context caller = vertx.getOrCreateContext();
    Promise<Context> answered = Promise.promise();
    caller.runOnContext(
        go -> database.read(sql -> 1).onComplete(done -> answered.complete(Vertx.currentContext())));
    assertThat(await(answered.future())).isSameAs(caller);
  }

  @Test
  void placesGrowInFewStepsUpToTheMost() {
    assertThat(List.of(Sql.places(1, 256), Sql.places(2, 256), Sql.places(5, 256), Sql.places(250, 256)))
        .containsExactly(1, 4, 16, 256);
    assertThat(Sql.places(9, 10)).isEqualTo(10);
    assertThat(Sql.list("?", 3)).isEqualTo("?,?,?");
  }

  private static void await(CountDownLatch latch) throws SQLException {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new SQLException("not released in time");
      }
    } catch (InterruptedException e) {
      throw new SQLException(e);
    }
  }

  @Test
  void connectionsOutliveTheVerticleThatAskedFirst() throws TimeoutException {
    VerticleBase first = new VerticleBase() {

      @Override
      public Future<?> start() {
        return database.read(sql -> sql.number("SELECT count(*) FROM t"));
      }
    };
    String deployed = await(vertx.deployVerticle(first));
    await(vertx.undeploy(deployed));
    assertThat(rows()).isZero();
  }
}
