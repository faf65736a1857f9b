package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.inSession;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.log.LogException.Kind;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Quotas where they are spent: on the way into the log. */
@Timeout(120)
class QuotaLaneTest {

  private static final int TURNS = 100_000;
  private static final long LATE_MS = 1L << 50;
  private static final Logger COMMITS = Logger.getLogger("dev.cortex.room");

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final Rooms rooms = new Rooms(log, new ShardMap(1, false), 100, room -> false);
  private final Admission quotas = Quotas.of(
      new OrgLimits(new Limits(1, 10, 0, 0, 0, 0, 0, 0, 0, 0,
          List.of("full.events_per_second=0", "full.stored_bytes=100"))),
      rooms::shardOf);
  private final CommitLanes lanes = new CommitLanes(1, rooms, lane ->
      Lanes.one(log, rooms, new Fanout("n1", (a, d) -> {}, 1), quotas, schedule));
  private final Trimmer trimmer = new Trimmer(log, rooms, lanes, new ReplayLeases(1), schedule);

  @BeforeAll
  static void failuresAreExpected() {
    COMMITS.setLevel(Level.OFF);
  }

  @AfterAll
  static void failuresAreNot() {
    COMMITS.setLevel(null);
  }

  @BeforeEach
  void claim() {
    rooms.claim("n1", List.of(0));
    schedule.run(TURNS);
    // so long ago that all may pass that passes at once
    quotas.claimed(List.of(0), schedule.monotonicNs() - 10_000_000_000L);
  }

  @Test
  void repeatsOfAcceptedEventsDoNotLockATenantOut() {
    Draft[] drafts = IntStream.range(0, 10).mapToObj(i -> plain("acme", "e" + i)).toArray(Draft[]::new);
    assertThat(append(drafts).outcomes()).extracting(Outcome::status).containsOnly(Outcome.Status.ACCEPTED);
    assertThat(append(plain("acme", "more")).outcomes().get(0).error()).contains(ErrorCode.RATE_LIMITED);

    pass(10_000);
    for (int i = 0; i < 50; i++) {
      assertThat(append(drafts).outcomes()).extracting(Outcome::status).containsOnly(Outcome.Status.DUPLICATE);
    }
    assertThat(append(plain("acme", "more")).outcomes()).containsExactly(Outcome.accepted("more", 11, 0));
  }

  @Test
  void whatTheStoreRefusedIsGivenBack() {
    for (int i = 0; i < 20; i++) {
      log.failNext(Kind.FULL, false);
      Appended refused = append(plain("acme", "a" + i), plain("acme", "b" + i));
      assertThat(refused.outcomes()).extracting(one -> one.error().get()).containsOnly(ErrorCode.STORAGE_FULL);
      assertThat(refused.budget()).isEqualTo(new Budget(10, 10, 0));
    }
  }

  @Test
  void budgetIsWhatIsLeftAfterTheCommit() {
    Appended mixed = append(plain("acme", "x"), plain("acme", "x"), plain("acme", "y"));

    assertThat(mixed.outcomes()).extracting(Outcome::status)
        .containsExactly(Outcome.Status.ACCEPTED, Outcome.Status.DUPLICATE, Outcome.Status.ACCEPTED);
    assertThat(mixed.budget()).isEqualTo(new Budget(10, 8, 0));
  }

  @Test
  void orgThatStoresAllItMayTakesRepeatsAndNothingNewUntilTheOldestEventsAreGone() {
    Draft large = draft("full", "large", "", 0, "", "x".repeat(90));
    Draft last = draft("full", "last", "", 0, "", "x".repeat(30));
    assertThat(append(large).outcomes()).containsExactly(Outcome.accepted("large", 1, 0));
    assertThat(append(last, plain("full", "over")).outcomes()).satisfiesExactly(
        first -> assertThat(first).isEqualTo(Outcome.accepted("last", 2, 0)),
        second -> assertFull(second, 120));

    assertThat(append(large, plain("full", "new"), last).outcomes()).satisfiesExactly(
        first -> assertThat(first).isEqualTo(Outcome.duplicate("large", 1, 0)),
        second -> assertFull(second, 120),
        third -> assertThat(third).isEqualTo(Outcome.duplicate("last", 2, 0)));
    rooms.forget("full");
    assertFull(append(plain("full", "new")).outcomes().get(0), 120);
    assertThat(append(plain("acme", "x")).outcomes().get(0).status()).isEqualTo(Outcome.Status.ACCEPTED);

    trimmer.trim(new Trim(LATE_MS, LATE_MS, LATE_MS));
    schedule.run(TURNS);
    assertThat(append(plain("full", "new")).outcomes()).containsExactly(Outcome.accepted("new", 3, 0));
  }

  @Test
  void eventsBehindOneThatDoesNotFitAreToldToWaitToo() {
    append(draft("full", "large", "", 0, "", "x".repeat(100)));
    Draft first = draft("full", "1", "s", 1, "", "{}");
    Draft second = draft("full", "2", "s", 2, "", "{}");

    assertThat(append(first, second).outcomes()).allSatisfy(one -> assertFull(one, 100));
  }

  @Test
  void orgsWithoutAQuotaAreNotCounted() {
    assertThat(Quotas.of(new OrgLimits(new Limits(0, 5, 0, 9, 9, 9, 0, 0, 0, 9, List.of())), org -> 0))
        .isSameAs(Admission.UNLIMITED);
    assertThat(append(inSession("x", 0)).budget().limit()).isEqualTo(10);
    assertThat(append(plain("full", "x")).budget()).isEqualTo(Budget.UNLIMITED);
  }

  private static void assertFull(Outcome outcome, int bytes) {
    assertThat(outcome.error()).contains(ErrorCode.QUOTA_EXCEEDED);
    assertThat(outcome.status()).isEqualTo(Outcome.Status.UNKNOWN);
    assertThat(outcome.message()).startsWith("limits.stored_bytes: " + bytes + " bytes of payload are stored, 100 may");
  }

  private void pass(long ms) {
    schedule.after(ms * 1_000, () -> {});
    schedule.run(TURNS);
  }

  private Appended append(Draft... drafts) {
    Future<Appended> answer = lanes.append(new Append(drafts[0].orgId(), List.of(drafts)));
    schedule.run(TURNS);
    return answer.result();
  }
}
