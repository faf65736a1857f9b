package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.EventLogContract.failure;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRef;
import dev.cortex.log.LogException;
import dev.cortex.log.OrgAppend;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the SQLite log answers when the database cannot do what it is asked. */
@Timeout(120)
final class SqliteFaultTest {

  private static final int IO_ERROR = 10;
  private static final Channel ROOT = Channel.root("acme");

  @TempDir Path dataDir;

  private Vertx vertx;

  @BeforeEach
  void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stopVertx() {
    await(vertx.close());
  }

  private Future<SqliteEventLog> open() {
    return SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM, 50, SqliteEventLog.Owner.DESKTOP);
  }

  private static AppendResult put(SqliteEventLog log, OrgAppend append) {
    return await(log.append(List.of(append))).get(0);
  }

  @Test
  void foreignWriteLockIsBusyAndReadsGoOn() throws SQLException {
    SqliteEventLog log = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);
    put(log, append("acme", epoch, 0, 1));
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + dataDir.resolve(SqliteEventLog.FILE));
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      LogException failure = failure(log.append(List.of(append("acme", epoch, 1, 1))));
      assertThat(failure.kind()).isEqualTo(LogException.Kind.BUSY);
      assertThat(failure.definite()).isTrue();
      assertThat(failure(log.probe()).kind()).isEqualTo(LogException.Kind.BUSY);
      assertThat(await(log.read(ROOT, 0, 1, 9, 9999)).events()).hasSize(1);
      statement.execute("ROLLBACK");
    }
    assertThat(put(log, append("acme", epoch, 1, 1))).isEqualTo(AppendResult.COMMITTED);
    await(log.close());
  }

  @Test
  void fullDatabaseRefusesReadsOnAndHealsWithoutRestart() {
    SqliteEventLog log = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);
    put(log, append("acme", epoch, 0, 1));
    await(maintain(log, "PRAGMA max_page_count=1"));

    for (int attempt = 0; attempt < 3; attempt++) {
      LogException failure = failure(log.append(List.of(append("acme", epoch, 1, 2000))));
      assertThat(failure.kind()).isEqualTo(LogException.Kind.FULL);
    }
    assertThat(pragma(log, "max_page_count")).as("limit of the connection that was full").isLessThan(1000);
    assertThat(await(log.heads(List.of("acme"))).get("acme").head()).isEqualTo(1);
    assertThat(await(log.read(ROOT, 0, 9, 9, 9999)).events()).hasSize(1);
    await(maintain(log, "PRAGMA max_page_count=1000000"));
    assertThat(put(log, append("acme", epoch, 1, 2000))).isEqualTo(AppendResult.COMMITTED);
    await(log.close());
  }

  @Test
  void commitOfUnknownOutcomeIsSettledByClaimingAndReadingAgain() {
    SqliteEventLog log = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);
    OrgAppend append = append("acme", epoch, 0, 2);
    await(maintain(log, "CREATE TEMP TABLE mark (a)"));

    LogException failure = failure(failingCommit(log, append, "COMMIT"));

    assertThat(failure.kind()).isEqualTo(LogException.Kind.UNKNOWN);
    assertThat(failure.definite()).isFalse();
    long fresh = await(log.claim("n", List.of(0))).get(0);
    long marks = await(log.database().maintain(sql -> sql.number("SELECT count(*) FROM sqlite_temp_master")));
    assertThat(marks).as("tables of the doubtful connection").isZero();
    assertThat(await(log.heads(List.of("acme"))).get("acme").head()).isEqualTo(2);
    KeyRef key = append.events().get(1).keys().get(0).key();
    assertThat(await(log.known(List.of(key), List.of())).keys()).containsKey(key);
    assertThat(put(log, append("acme", epoch, 2, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(put(log, append("acme", fresh, 2, 1))).isEqualTo(AppendResult.COMMITTED);
    await(log.close());
  }

  @Test
  void lostCommitOfUnknownOutcomeLeavesNothing() {
    SqliteEventLog log = await(open());
    SqliteEventLog other = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);

    LogException failure = failure(failingCommit(log, append("acme", epoch, 0, 2), "ROLLBACK"));

    assertThat(failure.kind()).isEqualTo(LogException.Kind.UNKNOWN);
    long fresh = await(other.claim("m", List.of(0))).get(0);
    assertThat(await(other.heads(List.of("acme")))).isEmpty();
    assertThat(put(other, append("acme", fresh, 0, 2))).isEqualTo(AppendResult.COMMITTED);
    assertThat(put(log, append("acme", epoch, 0, 2))).isEqualTo(AppendResult.DEPOSED);
    await(log.close());
    await(other.close());
  }

  @Test
  void writesQueuedBehindADoubtfulOneGetAFreshConnection() {
    SqliteEventLog log = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);
    Future<?> doubtful = failingCommit(log, append("acme", epoch, 0, 2), "ROLLBACK");
    Future<List<AppendResult>> next = log.append(List.of(append("acme", epoch, 0, 1)));
    assertThat(failure(doubtful)).isNotNull();
    assertThat(await(next)).containsExactly(AppendResult.COMMITTED);
    await(log.close());
  }

  @Test
  void damagedFileIsCorrupt() throws IOException {
    byte[] garbage = new byte[8192];
    new Random(1).nextBytes(garbage);
    Files.write(dataDir.resolve(SqliteEventLog.FILE), garbage);
    assertThat(failure(open()).kind()).isEqualTo(LogException.Kind.CORRUPT);
    assertThat(dataDir.resolve(SqliteEventLog.FILE)).hasBinaryContent(garbage);
  }

  @Test
  void fileThatCannotBeOpenedIsReadOnly() throws IOException {
    Files.createDirectories(dataDir.resolve(SqliteEventLog.FILE).resolve("full"));
    assertThat(failure(open()).kind()).isEqualTo(LogException.Kind.READ_ONLY);
  }

  @Test
  void newerSchemaIsRefusedInOneLineAndLeftAlone() throws SQLException {
    await(await(open()).close());
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + dataDir.resolve(SqliteEventLog.FILE));
        Statement statement = other.createStatement()) {
      statement.execute("INSERT INTO schema_migrations VALUES (999, '999_future.sql', 'x')");
    }
    LogException failure = failure(open());
    assertThat(failure.kind()).isEqualTo(LogException.Kind.INCOMPATIBLE);
    assertThat(failure).hasMessageContaining("schema 999").hasMessageNotContaining("\n");
  }

  @Test
  void closedLogRefuses() {
    SqliteEventLog log = await(open());
    await(log.close());
    assertThat(failure(log.probe()).kind()).isEqualTo(LogException.Kind.READ_ONLY);
    assertThat(failure(log.orgs()).kind()).isEqualTo(LogException.Kind.READ_ONLY);
  }

  @Test
  void filesAreTheOwnersAlone() throws IOException {
    SqliteEventLog log = await(open());
    await(log.claim("n", List.of(0)));
    for (String name : List.of("cortex.db", "cortex.db-wal", "cortex.db-shm", "incarnation")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dataDir.resolve(name))))
          .as(name)
          .isEqualTo("rw-------");
    }
    await(log.close());
  }

  @Test
  void connectionsAreSetUpForPowerLossAndForGivingSpaceBack() {
    SqliteEventLog log = await(open());
    assertThat(pragma(log, "synchronous")).isEqualTo(2);
    assertThat(pragma(log, "fullfsync")).isEqualTo(1);
    assertThat(pragma(log, "checkpoint_fullfsync")).isEqualTo(1);
    assertThat(pragma(log, "auto_vacuum")).isEqualTo(2);
    assertThat(pragma(log, "temp_store")).isEqualTo(2);
    await(log.close());
    SqliteEventLog relaxed =
        await(SqliteEventLog.open(vertx, dataDir, false, Clock.SYSTEM, 50, SqliteEventLog.Owner.DESKTOP));
    assertThat(pragma(relaxed, "synchronous")).isEqualTo(1);
    await(relaxed.close());
  }

  @Test
  void trimmedSpaceReturnsToTheFileSystem() throws IOException {
    SqliteEventLog log = await(open());
    long epoch = await(log.claim("n", List.of(0))).get(0);
    for (int i = 0; i < 20; i++) {
      put(log, append("acme", epoch, i * 1000L, 1000));
    }
    assertThat(log.walBytes()).isGreaterThan(4 << 20);
    await(log.compact(1));
    long full = Files.size(dataDir.resolve(SqliteEventLog.FILE));
    assertThat(log.walBytes()).isZero();
    await(log.trim("acme", 0, epoch, 20000));
    long free = pragma(log, "freelist_count");
    await(log.compact(10));
    assertThat(pragma(log, "freelist_count")).isEqualTo(free - 10);
    await(log.compact(1_000_000));
    assertThat(pragma(log, "freelist_count")).isZero();
    await(log.close());
    assertThat(Files.size(dataDir.resolve(SqliteEventLog.FILE))).isLessThan(full * 2 / 3);
  }

  private static long pragma(SqliteEventLog log, String name) {
    return await(log.database().maintain(sql -> sql.number("PRAGMA " + name)));
  }

  private static Future<Void> maintain(SqliteEventLog log, String statement) {
    return log.database()
        .maintain(
            sql -> {
              sql.execute(statement);
              return null;
            });
  }

  /** An append whose transaction ends in the given way, and then reports an I/O error. */
  private static Future<Void> failingCommit(SqliteEventLog log, OrgAppend append, String end) {
    return log.write(
        sql -> {
          new AppendTransaction(List.of(append), 1).run(sql);
          sql.execute(end);
          throw new SQLException("disk I/O error", "", IO_ERROR);
        });
  }
}
