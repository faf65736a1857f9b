package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.EventLogContract.failure;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.log.AppendResult;
import dev.cortex.log.LogException;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nodes learn of each other through the store, and what they must agree on. */
@Timeout(300)
final class PostgresClusterTest {

  private static final Placement BY_ORG = new Placement("org", 8, 1);
  private static final Placement GLOBAL = new Placement("global", 8, 1);
  private static final NodeEntry A = new NodeEntry("a", true, Set.of("a", "b"));
  private static final NodeEntry B = new NodeEntry("b", false, Set.of("b"));

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

  private void run(String statement) {
    await(
        one.write(
            sql -> {
              sql.execute(statement);
              return null;
            }));
  }

  @Test
  void nodesThatCheckedInLatelySeeEachOther() {
    assertThat(await(one.checkIn(A, List.of())).nodes()).containsExactly(A);
    await(one.claim("a", List.of(3, 4)));
    Roster roster = await(two.checkIn(B, List.of(3, 7)));
    assertThat(roster.nodes()).containsExactly(B, A);
    assertThat(roster.epochs()).isEqualTo(Map.of(3, 1L));
    assertThat(await(one.checkIn(A, List.of())).nodes()).containsExactly(A, B);
    await(two.checkOut("b"));
    assertThat(await(one.checkIn(A, List.of())).nodes()).containsExactly(A);
  }

  @Test
  void noteOlderThanFourSecondsOrOfAClockSetBackCountsNoMore() {
    await(one.checkIn(A, List.of()));
    for (String age : List.of("- 4500", "+ 3600000", "- 120000")) {
      run("UPDATE nodes SET seen_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint " + age);
      assertThat(await(two.checkIn(B, List.of())).nodes()).as(age).containsExactly(B);
      await(one.checkIn(A, List.of()));
    }
    run("UPDATE nodes SET seen_at = seen_at - 120000 WHERE node = 'a'");
    await(two.checkIn(B, List.of()));
    long left = await(one.database().maintain(sql -> sql.number("SELECT count(*) FROM nodes")));
    assertThat(left).as("old notes are swept").isEqualTo(1);
  }

  @Test
  void firstPlacementHoldsForEveryNode() {
    assertThat(await(one.agree(BY_ORG, org -> 3))).isEqualTo(BY_ORG);
    assertThat(await(two.agree(BY_ORG, org -> 3))).isEqualTo(BY_ORG);
    assertThat(await(two.agree(new Placement("org", 9, 1), org -> 3))).isEqualTo(BY_ORG);
    assertThat(await(two.agree(new Placement("org", 8, 2), org -> 3))).isEqualTo(BY_ORG);
  }

  @Test
  void shardingIsNotChangedWhileANodeIsThere() {
    await(one.agree(BY_ORG, org -> 3));
    long epoch = await(one.claim("a", List.of(3))).get(3);
    run("INSERT INTO nodes VALUES ('a', true, '{a}', (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 900)");
    Placement stored = await(two.write(sql -> GLOBAL.agreeOrReplace(sql, org -> 0)));
    assertThat(stored).isEqualTo(BY_ORG);
    assertThat(await(one.checkIn(A, List.of(3))).epochs()).isEqualTo(Map.of(3, epoch));
  }

  @Test
  void firstNodeAloneChangesTheShardingAndShutsFormerOwnersOut() {
    await(one.agree(BY_ORG, org -> 3));
    Map<Integer, Long> old = await(one.claim("a", List.of(0, 3)));
    await(one.append(List.of(append("acme", old.get(0), 0, 1))));
    await(one.checkIn(A, List.of()));

    assertThat(await(two.agree(GLOBAL, org -> 5))).as("once the last note is old").isEqualTo(GLOBAL);

    assertThat(await(two.heads(List.of("acme"))).get("acme").shard()).isEqualTo(5);
    assertThat(await(one.append(List.of(append("acme", old.get(0), 1, 1))))).containsExactly(AppendResult.DEPOSED);
    assertThat(await(one.reclaim("a", List.of(0, 3)))).isEmpty();
    LogException refused = failure(one.claim("a", List.of(0)));
    assertThat(refused.kind()).isEqualTo(LogException.Kind.INCOMPATIBLE);
    assertThat(refused).hasMessageContaining("room.sharding");
    assertThat(await(two.claim("b", List.of(0))).get(0)).isGreaterThan(old.get(0) + 1);
  }
}
