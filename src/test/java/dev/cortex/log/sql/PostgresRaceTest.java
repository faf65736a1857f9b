package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.log.AppendResult;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.log.SessionRef;
import dev.cortex.testing.Patience;
import io.vertx.core.Future;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two nodes at one shard: once a claim has returned, nothing of a former owner is committed any more. */
@Timeout(600)
final class PostgresRaceTest {

  private static final int ROUNDS = 400;

  private PostgresLogs logs;
  private PostgresEventLog one;
  private PostgresEventLog two;

  @BeforeEach
  void open() {
    logs = new PostgresLogs();
    one = logs.open();
    two = logs.open();
  }

  @AfterEach
  void close() {
    logs.close();
  }

  private static long claim(PostgresEventLog log, String node) {
    return await(log.claim(node, List.of(0))).get(0);
  }

  private static long head(PostgresEventLog log) {
    OrgHead head = await(log.heads(List.of("acme"))).get("acme");
    return head == null ? 0 : head.head();
  }

  @Test
  void claimWaitsForAnAppendThatHoldsTheFence() throws Exception {
    long epoch = claim(one, "n");
    CountDownLatch release = new CountDownLatch(1);
    Future<List<AppendResult>> held =
        one.write(
            sql -> {
              List<AppendResult> results = new PostgresAppend(List.of(append("acme", epoch, 0, 1)), 1).run(sql);
              hold(release);
              return results;
            });
    Patience.until("the append holds the fence", 60, () -> locks("RowShareLock", "shards") > 0);
    Future<Map<Integer, Long>> claimed = two.claim("m", List.of(0));
    Patience.until("the claim waits", 60, () -> locksWaiting() > 0);
    assertThat(claimed.isComplete()).isFalse();
    release.countDown();
    assertThat(await(held)).containsExactly(AppendResult.COMMITTED);
    await(claimed);
    assertThat(head(two)).isEqualTo(1);
    assertThat(await(one.append(List.of(append("acme", epoch, 1, 1))))).containsExactly(AppendResult.DEPOSED);
  }

  @Test
  void appendThatBeganBeforeAClaimCommittedIsDeposed() throws Exception {
    long epoch = claim(one, "n");
    await(one.append(List.of(append("acme", epoch, 0, 1))));
    try (Connection claiming = logs.database.connect();
        Statement statement = claiming.createStatement()) {
      claiming.setAutoCommit(false);
      statement.execute("UPDATE shards SET epoch = epoch + 1, owner = 'm' WHERE shard = 0");
      Future<List<AppendResult>> append = one.append(List.of(append("acme", epoch, 1, 1)));
      Patience.until("the append waits", 60, () -> locksWaiting() > 0);
      assertThat(append.isComplete()).isFalse();
      claiming.commit();
      assertThat(await(append)).containsExactly(AppendResult.DEPOSED);
    }
    assertThat(head(two)).isEqualTo(1);
  }

  @Test
  void claimThatIsTakenBackLeavesTheOwnerInPlace() throws Exception {
    long epoch = claim(one, "n");
    try (Connection claiming = logs.database.connect();
        Statement statement = claiming.createStatement()) {
      claiming.setAutoCommit(false);
      statement.execute("UPDATE shards SET epoch = epoch + 1, owner = 'm' WHERE shard = 0");
      Future<List<AppendResult>> append = one.append(List.of(append("acme", epoch, 0, 1)));
      Patience.until("the append waits", 60, () -> locksWaiting() > 0);
      claiming.rollback();
      assertThat(await(append)).containsExactly(AppendResult.COMMITTED);
    }
  }

  @Test
  void sessionThatIsUsedWhileItIsSweptAwayKeepsItsPlace() throws Exception {
    try (Connection using = logs.database.connect();
        Statement statement = using.createStatement()) {
      statement.execute("INSERT INTO sessions (org_id, agent_id, session_id, home, last_offset, last_sequence,"
          + " touched_at) VALUES ('acme', 'a', 's', '', 7, 7, 1), ('acme', 'a', 'idle', '', 6, 6, 1)");
      using.setAutoCommit(false);
      statement.execute("UPDATE sessions SET last_sequence = 8, touched_at = " + System.currentTimeMillis()
          + " WHERE session_id = 's'");
      Future<Integer> swept = one.sweep(System.currentTimeMillis(), 100);
      Patience.until("the sweep waits", 60, () -> locksWaiting() > 0);
      using.commit();
      assertThat(await(swept)).as("the idle one").isEqualTo(1);
    }
    SessionRef session = new SessionRef("acme", "a", "s");
    assertThat(await(two.known(List.of(), List.of(session))).sessions().get(session).lastSequence()).isEqualTo(8);
  }

  /** The head that a claimer reads after its claim is final for every owner before it, in any interleaving. */
  @Test
  void nothingOfAFormerOwnerIsAcceptedAfterTheClaimReturned() {
    Random chance = new Random(20_261_122);
    long head = 0;
    int committed = 0;
    int deposed = 0;
    PostgresEventLog owner = one;
    PostgresEventLog next = two;
    long epoch = claim(owner, "n0");
    for (int round = 1; round <= ROUNDS; round++) {
      List<Future<List<AppendResult>>> appends = new ArrayList<>();
      int before = chance.nextInt(3);
      for (int i = 0; i < 3; i++) {
        if (i == before) {
          LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(chance.nextInt(1_500)));
        }
        appends.add(owner.append(List.of(append("acme", epoch, head + i, 1))));
      }
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(chance.nextInt(2_500)));
      long fresh = claim(next, "n" + round);
      long after = head(next);
      List<AppendResult> results = appends.stream().map(each -> await(each).get(0)).toList();
      long accepted = results.stream().filter(each -> each == AppendResult.COMMITTED).count();
      assertThat(after).as("head after the claim of round %d: %s", round, results).isEqualTo(head + accepted);
      committed += (int) accepted;
      deposed += (int) results.stream().filter(each -> each == AppendResult.DEPOSED).count();
      head = after;
      epoch = fresh;
      PostgresEventLog former = owner;
      owner = next;
      next = former;
    }
    assertThat(head(one)).isEqualTo(head);
    assertThat(committed).as("appends that came before their claim").isGreaterThan(ROUNDS / 10);
    assertThat(deposed).as("appends that came after their claim").isGreaterThan(ROUNDS / 10);
  }

  /** Claims and appends take their shards in one order, whatever order they were asked in. */
  @Test
  void claimsAndAppendsOfManyShardsNeverLockEachOtherOut() {
    List<Integer> shards = List.of(7, 3, 5, 1, 0, 6, 2, 4);
    List<Integer> backwards = shards.stream().sorted((a, b) -> b - a).toList();
    for (int round = 0; round < 60; round++) {
      Future<List<AppendResult>> append =
          one.append(List.of(inShard(7, round), inShard(3, round), inShard(5, round), inShard(0, round)));
      Future<Map<Integer, Long>> first = one.claim("n", shards);
      Future<Map<Integer, Long>> second = two.claim("m", backwards);
      assertThat(await(first)).hasSize(8);
      assertThat(await(second)).hasSize(8);
      assertThat(await(first)).isNotEqualTo(await(second));
      assertThat(await(append)).hasSize(4);
    }
  }

  private static OrgAppend inShard(int shard, long epoch) {
    OrgAppend append = append("org" + (char) ('a' + shard), epoch, 0, 1);
    return new OrgAppend(append.orgId(), shard, epoch, append.logId(), 0, append.events(), List.of());
  }

  private long locksWaiting() throws SQLException {
    return locks("NOT granted");
  }

  private long locks(String mode, String table) throws SQLException {
    return locks("mode = '" + mode + "' AND relation = '" + table + "'::regclass");
  }

  private long locks(String condition) throws SQLException {
    try (Connection connection = logs.database.connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM pg_locks WHERE " + condition)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void hold(CountDownLatch latch) throws SQLException {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new SQLException("not released in time");
      }
    } catch (InterruptedException e) {
      throw new SQLException(e);
    }
  }
}
