package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.EventLogContract.failure;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.AppendResult;
import dev.cortex.log.LogException;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.testing.Patience;
import io.vertx.core.Future;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the PostgreSQL log answers, and how soon, when the server cannot do what it is asked. */
@Timeout(300)
final class PostgresFaultTest {

  /** The longest a caller waits for anything: a statement's or a connection's limit, and a slow machine. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(40);

  private static final Channel ROOT = Channel.root("acme");

  private PostgresLogs logs;

  @BeforeEach
  void start() {
    logs = new PostgresLogs();
  }

  @AfterEach
  void close() {
    logs.close();
  }

  private static long claim(PostgresEventLog log, String node) {
    return await(log.claim(node, List.of(0))).get(0);
  }

  private static AppendResult put(PostgresEventLog log, OrgAppend append) {
    return await(log.append(List.of(append))).get(0);
  }

  private static OrgHead head(PostgresEventLog log) {
    return await(log.heads(List.of("acme"))).get("acme");
  }

  private static Duration since(long startNs) {
    return Duration.ofNanos(System.nanoTime() - startNs);
  }

  @Test
  void restartBetweenCommitsLosesNothingAndIsSettledByClaimingAgain() throws Exception {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    put(log, append("acme", epoch, 0, 3));
    String logId = head(log).logId();

    logs.postgres.crash();
    assertThat(failure(log.claim("n", List.of(0)))).as("without a server").isNotNull();
    logs.postgres.start();
    long started = System.nanoTime();
    Patience.until("the log claims again", 60, () -> log.claim("n", List.of(0)).await() != null);
    long fresh = await(log.reclaim("n", List.of(0))).get(0);

    assertThat(put(log, append("acme", epoch, 3, 1))).as("on a new connection").isEqualTo(AppendResult.DEPOSED);
    assertThat(put(log, append("acme", fresh, 3, 1))).isEqualTo(AppendResult.COMMITTED);
    assertThat(since(started)).isLessThan(ANSWER_MAX);
    assertThat(head(log).head()).isEqualTo(4);
    assertThat(head(log).logId()).as("a restart that lost nothing keeps the log id").isEqualTo(logId);
    assertThat(log.renewed()).isFalse();
  }

  @Test
  void readSurvivesTheEndOfAnIdleConnection() {
    PostgresEventLog log = logs.open();
    put(log, append("acme", claim(log, "n"), 0, 2));
    logs.cut();
    for (int i = 0; i < 8; i++) {
      assertThat(await(log.read(ROOT, 0, 2, 9, 9999)).events()).hasSize(2);
    }
  }

  @Test
  void endOfOneConnectionIsHeardByTheOthers() {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    put(log, append("acme", epoch, 0, 1));
    logs.cut();
    assertThat(failure(log.append(List.of(append("acme", epoch, 1, 1)))).kind()).isEqualTo(LogException.Kind.UNKNOWN);
    long mine = claim(log, "n");
    assertThat(put(log, append("acme", mine, 1, 1))).isEqualTo(AppendResult.COMMITTED);
    for (String org : List.of("b", "c", "d", "e", "f", "g", "h", "i")) {
      assertThat(put(log, append(org, mine, 0, 1))).as("another lane").isEqualTo(AppendResult.COMMITTED);
    }
  }

  @Test
  void frozenServerIsAnsweredForInTimeAndGoesOnAfterwards() {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    put(log, append("acme", epoch, 0, 1));
    logs.postgres.freeze();
    List<Future<?>> asked = new ArrayList<>();
    try {
      long started = System.nanoTime();
      asked.add(log.append(List.of(append("acme", epoch, 1, 1))));
      asked.add(log.read(ROOT, 0, 1, 9, 9999));
      asked.add(log.probe());
      asked.forEach(EventLogContract::failure);
      assertThat(since(started)).isLessThan(ANSWER_MAX);
      assertThat(failure(asked.get(0)).kind()).isEqualTo(LogException.Kind.UNKNOWN);
      started = System.nanoTime();
      List<LogException> waiting = new ArrayList<>();
      List<Future<?>> later = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        later.add(log.append(List.of(append("acme", epoch, 1, 1))));
      }
      later.forEach(each -> waiting.add(failure(each)));
      assertThat(since(started)).as("what waits for one connection fails with it").isLessThan(ANSWER_MAX);
      assertThat(waiting).allSatisfy(each -> assertThat(each.kind()).isEqualTo(LogException.Kind.BUSY));
    } finally {
      logs.postgres.thaw();
    }
    long fresh = claim(log, "n");
    long head = head(log).head();
    assertThat(head).isBetween(1L, 2L);
    assertThat(put(log, append("acme", epoch, head, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(put(log, append("acme", fresh, head, 1))).isEqualTo(AppendResult.COMMITTED);
  }

  @Test
  void serverThatCannotBeReachedIsBusyAtOnce() {
    PostgresEventLog log = logs.open();
    logs.postgres.stop();
    try {
      long started = System.nanoTime();
      assertThat(failure(logs.opening()).kind()).isEqualTo(LogException.Kind.BUSY);
      LogException broken = failure(log.append(List.of(append("acme", 1, 0, 1))));
      LogException refused = failure(log.append(List.of(append("acme", 1, 0, 1))));
      assertThat(List.of(broken.kind(), refused.kind()))
          .isSubsetOf(LogException.Kind.UNKNOWN, LogException.Kind.BUSY)
          .contains(LogException.Kind.BUSY);
      assertThat(since(started)).isLessThan(Duration.ofSeconds(20));
    } finally {
      logs.postgres.start();
    }
  }

  @Test
  void heldLockIsBusyForThatLaneAlone() throws SQLException {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    long other = await(log.claim("n", List.of(1))).get(1);
    try (Connection holder = logs.database.connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("UPDATE shards SET owner = 'slow' WHERE shard = 0");
      Future<List<AppendResult>> stuck = log.append(List.of(append("acme", epoch, 0, 1)));
      OrgAppend free = append("globex", other, 0, 1);
      long started = System.nanoTime();
      OrgAppend elsewhere = new OrgAppend("globex", 1, other, free.logId(), 0, free.events(), List.of());
      assertThat(put(log, elsewhere)).isEqualTo(AppendResult.COMMITTED);
      await(log.probe());
      assertThat(stuck.isComplete()).isFalse();
      LogException failure = failure(stuck);
      assertThat(failure.kind()).isEqualTo(LogException.Kind.BUSY);
      assertThat(failure.definite()).isTrue();
      assertThat(since(started)).isLessThan(Duration.ofSeconds(20));
      holder.rollback();
    }
    assertThat(put(log, append("acme", epoch, 0, 1))).isEqualTo(AppendResult.COMMITTED);
  }

  @Test
  void readOnlyServerIsReadOnlyAndReadsGoOn() throws Exception {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    put(log, append("acme", epoch, 0, 1));
    logs.alter("SET default_transaction_read_only = on");
    LogException refused = failure(logs.opening());
    assertThat(refused.kind()).isEqualTo(LogException.Kind.READ_ONLY);
    assertThat(refused).hasMessageContaining("default_transaction_read_only");
    logs.cut();
    Patience.until(
        "appends are refused for certain",
        60,
        () -> failure(log.append(List.of(append("acme", epoch, 1, 1)))).kind() == LogException.Kind.READ_ONLY);
    assertThat(await(log.read(ROOT, 0, 1, 9, 9999)).events()).hasSize(1);
    logs.alter("RESET default_transaction_read_only");
    assertThat(put(log, append("acme", epoch, 1, 1))).isEqualTo(AppendResult.COMMITTED);
  }

  @Test
  void serverThatForgetsWhatItAcknowledgedIsRefusedByName() {
    for (String value : List.of("off", "local", "remote_write")) {
      logs.alter("SET synchronous_commit = " + value);
      LogException failure = failure(logs.opening());
      assertThat(failure.kind()).isEqualTo(LogException.Kind.INCOMPATIBLE);
      assertThat(failure).hasMessageContaining("synchronous_commit = " + value).hasMessageNotContaining("\n");
    }
    logs.alter("SET synchronous_commit = remote_apply");
    assertThat(logs.open().renewed()).isFalse();
  }

  @Test
  void durabilityFoundGoodIsTheSessionsOwn() {
    PostgresEventLog log = logs.open();
    long own =
        await(
            log.database()
                .maintain(
                    sql ->
                        sql.number(
                            "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'on'"
                                + " AND source = 'session'")));
    assertThat(own).as("a later change of the server's configuration does not reach it").isEqualTo(1);
  }

  @Test
  void wrongPasswordIsRefusedAndNeverRepeated() {
    LogException failure = failure(logs.opening("not-the-password"));
    assertThat(failure.kind()).isEqualTo(LogException.Kind.READ_ONLY);
    for (Throwable each = failure; each != null; each = each.getCause()) {
      assertThat(String.valueOf(each.getMessage())).doesNotContain("not-the-password");
    }
  }

  @Test
  void serverWithoutFreeConnectionsIsBusy() {
    logs.alter("CONNECTION LIMIT 2");
    assertThat(failure(logs.opening()).kind()).isEqualTo(LogException.Kind.BUSY);
    logs.alter("CONNECTION LIMIT 100");
    assertThat(logs.open().renewed()).isFalse();
  }

  @Test
  void newerSchemaIsRefusedInOneLine() throws SQLException {
    await(logs.open().close());
    try (Connection other = logs.database.connect();
        Statement statement = other.createStatement()) {
      statement.execute("INSERT INTO schema_migrations VALUES (999, '999_future.sql', 'x')");
    }
    LogException failure = failure(logs.opening());
    assertThat(failure.kind()).isEqualTo(LogException.Kind.INCOMPATIBLE);
    assertThat(failure).hasMessageContaining("schema 999").hasMessageNotContaining("\n");
  }

  @Test
  void nodesThatStartTogetherMakeOneSchema() {
    List<Future<PostgresEventLog>> opening = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      opening.add(logs.opening());
    }
    assertThat(opening).allSatisfy(each -> assertThat(await(each).renewed()).isFalse());
  }

  @Test
  void textThatPostgresCannotHoldIsRefusedBeforeItIsSent() {
    PostgresEventLog log = logs.open();
    long epoch = claim(log, "n");
    Draft draft =
        new Draft("id", true, "acme", "a\0b", "t", new byte[] {'{', '}'}, 1, "", "", 0, "", Priority.STANDARD, "");
    OrgAppend append =
        new OrgAppend(
            "acme", 0, epoch, TestEvents.LOG_ID, 0, List.of(new NewEvent(draft, 1, 0, 1, List.of())), List.of());
    assertThatThrownBy(() -> put(log, append)).hasMessageContaining("U+0000");
    assertThat(await(log.orgs())).isEmpty();
  }
}
