package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.log.LogException;
import dev.cortex.log.LogIds;
import dev.cortex.log.OrgHead;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether a log that is opened again is still the same log. */
@Timeout(120)
final class LogIdentityTest {

  private static final String OLD_ID = TestEvents.logId("acme");

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

  private SqliteEventLog open(boolean full) {
    return await(SqliteEventLog.open(vertx, dataDir, full, Clock.SYSTEM, 50, SqliteEventLog.Owner.DESKTOP));
  }

  @Test
  void databaseOfADesktopIsNotOpenedByACloudNode() {
    SqliteEventLog desktop = openWithEvents(true);
    String incarnation = desktop.incarnation();
    await(desktop.close());
    assertThatThrownBy(() -> await(open(SqliteEventLog.Owner.CLOUD)))
        .isInstanceOfSatisfying(
            LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.INCOMPATIBLE))
        .hasMessage("this data directory belongs to a desktop; use another --data-dir");
    assertSame(open(true), incarnation);
  }

  @Test
  void databaseThatNamesNoOwnerBecomesThatOfWhoOpensIt() {
    SqliteEventLog older = open(true);
    await(older.database().write(sql -> {
      sql.execute("DELETE FROM meta WHERE name = 'profile'");
      return null;
    }));
    await(older.close());
    await(await(open(SqliteEventLog.Owner.CLOUD)).close());
    await(await(open(SqliteEventLog.Owner.CLOUD)).close());
    assertThatThrownBy(() -> open(true)).hasMessageContaining("belongs to a cloud node");
  }

  private Future<SqliteEventLog> open(SqliteEventLog.Owner owner) {
    return SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM, owner);
  }

  private SqliteEventLog openWithEvents(boolean full) {
    SqliteEventLog log = open(full);
    long epoch = await(log.claim("n", List.of(0))).get(0);
    await(log.append(List.of(append("acme", epoch, 0, 3))));
    return log;
  }

  /** Ends a session as a killed process does: without its marks. */
  private static void crash(SqliteEventLog log) {
    await(log.database().close());
  }

  private static OrgHead head(SqliteEventLog log) {
    return await(log.heads(List.of("acme"))).get("acme");
  }

  private static void assertSame(SqliteEventLog log, String incarnation) {
    assertThat(log.renewed()).isFalse();
    assertThat(head(log).logId()).isEqualTo(OLD_ID);
    assertThat(log.incarnation()).isEqualTo(incarnation);
    assertThat(await(log.read(Channel.root("acme"), 0, 9, 9, 9999)).events()).hasSize(3);
    await(log.close());
  }

  private static void assertRenewed(SqliteEventLog log, String incarnation) {
    assertThat(log.renewed()).isTrue();
    assertThat(head(log).logId()).matches("[a-z][a-z0-9]{12}").isNotEqualTo(OLD_ID);
    assertThat(head(log).head()).isEqualTo(3);
    assertThat(await(log.orgOfLog(OLD_ID))).contains("acme");
    assertThat(log.incarnation()).isNotEqualTo(incarnation);
    await(log.close());
  }

  @Test
  void cleanRestartKeepsTheLog() {
    SqliteEventLog log = openWithEvents(true);
    await(log.close());
    assertSame(open(true), log.incarnation());
  }

  @Test
  void cleanRestartKeepsARelaxedLog() {
    SqliteEventLog log = openWithEvents(false);
    await(log.close());
    assertSame(open(false), log.incarnation());
  }

  @Test
  void killedLogOfFullDurabilityIsKept() {
    SqliteEventLog log = openWithEvents(true);
    crash(log);
    assertSame(open(true), log.incarnation());
  }

  @Test
  void killedLogOfRelaxedDurabilityIsRenewed() {
    SqliteEventLog log = openWithEvents(false);
    crash(log);
    assertRenewed(open(false), log.incarnation());
  }

  @Test
  void killedRelaxedLogIsRenewedEvenWhenReopenedWithFullDurability() {
    SqliteEventLog log = openWithEvents(false);
    crash(log);
    assertRenewed(open(true), log.incarnation());
  }

  @Test
  void databaseWithoutItsFileIsRenewedOnce() throws IOException {
    SqliteEventLog log = openWithEvents(true);
    await(log.close());
    Files.delete(dataDir.resolve(SqliteEventLog.INCARNATION_FILE));
    SqliteEventLog renewed = open(true);
    String fresh = head(renewed).logId();
    assertRenewed(renewed, log.incarnation());
    SqliteEventLog again = open(true);
    assertThat(again.renewed()).isFalse();
    assertThat(head(again).logId()).isEqualTo(fresh);
    await(again.close());
  }

  @Test
  void databasePutBackFromABackupIsRenewed() throws IOException {
    SqliteEventLog log = openWithEvents(true);
    await(log.close());
    Path database = dataDir.resolve(SqliteEventLog.FILE);
    Path backup = dataDir.resolve("backup");
    Files.copy(database, backup);
    await(open(true).close());
    Files.copy(backup, database, StandardCopyOption.REPLACE_EXISTING);
    assertRenewed(open(true), log.incarnation());
  }

  @Test
  void wipedDatabaseStartsAfreshUnderAnotherIncarnation() throws IOException {
    SqliteEventLog log = openWithEvents(true);
    await(log.close());
    Files.delete(dataDir.resolve(SqliteEventLog.FILE));
    SqliteEventLog fresh = open(true);
    assertThat(await(fresh.orgs())).isEmpty();
    assertThat(fresh.incarnation()).isNotEqualTo(log.incarnation());
    await(fresh.close());
  }

  @Test
  void crashBetweenTheFileAndTheDatabaseIsNoRestore() throws IOException {
    SqliteEventLog log = openWithEvents(true);
    await(log.close());
    Path file = dataDir.resolve(SqliteEventLog.INCARNATION_FILE);
    Files.writeString(file, Files.readString(file) + "nevercommitted\n");
    assertSame(open(true), log.incarnation());
  }

  @Test
  void placementIsWrittenOnceAndAnsweredToEveryone() {
    SqliteEventLog log = open(true);
    Placement first = new Placement("org", 256, 1);
    assertThat(await(log.agree(first, org -> 0))).isEqualTo(first);
    assertThat(await(log.agree(new Placement("global", 16, 2), org -> 0))).isEqualTo(first);
    await(log.close());
  }

  @Test
  void logIdsHaveTheShapeOfACursor() {
    LogIds ids = new LogIds(new Random(42));
    for (int i = 0; i < 1000; i++) {
      assertThat(ids.next()).matches("[a-z][a-z0-9]{12}");
    }
    assertThat(new LogIds().next()).isNotEqualTo(new LogIds().next());
  }
}
