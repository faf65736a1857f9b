package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.LogException.Kind;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class CommitLaneTest {

  private static final int TURNS = 10_000;
  private static final Logger COMMITS = Logger.getLogger("dev.cortex.room");

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final List<Delivery> sent = new ArrayList<>();
  private final Fanout fanout = new Fanout("n1", (address, delivery) -> sent.add(delivery), 1 << 20);
  private final Rooms rooms = new Rooms(log, new ShardMap(1, false), 100, room -> false);
  private final Set<Integer> deposed = new HashSet<>();
  private final CommitLane lane = Lanes.one(
      log, rooms, fanout, Admission.UNLIMITED, schedule, deposed::addAll);

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
    fanout.attach("g", "");
    rooms.claim("n1", List.of(0));
    schedule.run(TURNS);
  }

  @Test
  void choreThatEndsAtOnceDoesNotOpenTheLaneToACommitBesideTheNext() {
    Promise<Void> first = Promise.promise();
    Promise<Void> slow = Promise.promise();
    lane.chore(first::future);
    lane.chore(Future::succeededFuture).compose(done -> lane.chore(slow::future));
    first.complete();

    Future<Appended> answer = lane.append(new Append("acme", List.of(plain("acme", "x"))));
    assertThat(lane.queueDepth()).as("the append waits for the chore").isEqualTo(1);
    slow.complete();
    assertThat(lane.queueDepth()).isZero();
    schedule.run(TURNS);
    assertThat(answer.succeeded()).isTrue();
  }

  @Test
  void acceptedIsAnsweredAndDeliveredAfterTheCommit() {
    Future<Appended> answer = lane.append(new Append("acme", List.of(plain("acme", "x"))));

    assertThat(answer.isComplete()).isFalse();
    assertThat(sent).isEmpty();
    schedule.run(TURNS);
    assertThat(answer.result().outcomes()).containsExactly(Outcome.accepted("x", 1, 0));
    assertThat(sent).hasSize(1);
  }

  @Test
  void definiteFailuresStoreNothingAndTheRepeatIsAccepted() {
    for (Kind kind : new Kind[] {Kind.BUSY, Kind.FULL, Kind.READ_ONLY}) {
      log.failNext(kind, false);
      assertThat(append(plain("acme", kind.name())).get(0).error()).contains(CommitLane.errorCode(kind));
      assertThat(append(plain("acme", kind.name())).get(0).status()).isEqualTo(Outcome.Status.ACCEPTED);
    }
    assertThat(log.history("acme")).hasSize(3);
  }

  @Test
  void unknownOutcomeThatDidCommitIsAcceptedAndFoundByListeners() {
    append(plain("acme", "a"));
    sent.clear();
    log.failNext(Kind.UNKNOWN, true);

    List<Outcome> outcomes = append(
        draft("acme", "x", "", 0, "k", "{}"), draft("acme", "y", "", 0, "k", "{}"), plain("acme", "a"));
    assertThat(outcomes).containsExactly(
        Outcome.accepted("x", 2, 0), Outcome.duplicate("y", 2, 0), Outcome.duplicate("a", 1, 0));
    assertThat(sent).singleElement().satisfies(nudge -> {
      assertThat(nudge.after()).isEqualTo(1);
      assertThat(nudge.through()).isEqualTo(2);
      assertThat(nudge.epoch()).isEqualTo(2);
    });
  }

  @Test
  void unknownOutcomeThatDidNotCommitStaysUnknownAndTheRepeatIsAccepted() {
    log.failNext(Kind.UNKNOWN, false);

    assertThat(append(plain("acme", "x")).get(0).error()).contains(ErrorCode.STORAGE_ERROR);
    assertThat(append(plain("acme", "x"))).containsExactly(Outcome.accepted("x", 1, 0));
  }

  @Test
  void anUnknownOutcomeThatDidCommitIsFoundByListenersOnceTheStoreAnswersAgain() {
    append(plain("acme", "a"));
    sent.clear();
    log.failNext(Kind.UNKNOWN, true);
    log.failNext(Kind.BUSY, false); // the claim that follows it

    assertThat(append(plain("acme", "x")).get(0).error()).contains(ErrorCode.STORAGE_ERROR);
    assertThat(sent).isEmpty();
    lane.settleDoubts();
    schedule.run(TURNS);
    lane.settleDoubts();
    schedule.run(TURNS);
    assertThat(sent).singleElement().satisfies(nudge -> {
      assertThat(nudge.after()).isEqualTo(1);
      assertThat(nudge.through()).isEqualTo(2);
    });
    assertThat(append(plain("acme", "x")).get(0).status()).isEqualTo(Outcome.Status.DUPLICATE);
  }

  @Test
  void anEventIsRefusedForGoodOnlyBecauseOfAnotherThatIsStored() {
    Draft first = draft("acme", "x", "s", 1, "k", "{}");
    Draft sameSequence = draft("acme", "y", "s", 1, "", "{}");
    Draft sameKey = draft("acme", "z", "", 0, "k", "{\"n\":1}");
    log.failNext(Kind.FULL, false);
    assertThat(append(first, sameSequence, sameKey)).extracting(outcome -> outcome.error().orElseThrow())
        .containsOnly(ErrorCode.STORAGE_FULL);
    log.failNext(Kind.UNKNOWN, false);
    assertThat(append(first, sameSequence, sameKey)).extracting(outcome -> outcome.error().orElseThrow())
        .containsOnly(ErrorCode.STORAGE_ERROR);

    List<Outcome> outcomes = append(first, sameSequence, sameKey);
    assertThat(outcomes.get(0).status()).isEqualTo(Outcome.Status.ACCEPTED);
    assertThat(outcomes.get(1).error()).contains(ErrorCode.SEQUENCE_CONFLICT);
    assertThat(outcomes.get(2).error()).contains(ErrorCode.IDEMPOTENCY_CONFLICT);
  }

  @Test
  void anEarlierEventUnderTheSameIdIsNotTakenForThisCommit() {
    append(draft("acme", "x", "", 0, "", "{\"n\":1}"));
    log.failNext(Kind.UNKNOWN, false);

    List<Outcome> outcomes = append(plain("acme", "x"), plain("acme", "y"));
    assertThat(outcomes.get(0).error()).contains(ErrorCode.IDEMPOTENCY_CONFLICT);
    assertThat(outcomes.get(1).error()).contains(ErrorCode.STORAGE_ERROR);
  }

  @Test
  void aClaimWithUnknownOutcomeIsRepeatedBeforeTheNextCommit() {
    log.failNext(Kind.UNKNOWN, false);
    log.failNext(Kind.UNKNOWN, true); // the claim that follows it

    assertThat(append(plain("acme", "x")).get(0).error()).contains(ErrorCode.STORAGE_ERROR);
    assertThat(append(plain("acme", "x"))).containsExactly(Outcome.accepted("x", 1, 0));
  }

  @Test
  void aDeposedOwnerStoresNothingAndSaysMoved() {
    log.claim("n2", List.of(0));
    schedule.run(TURNS);

    assertThat(append(plain("acme", "x")).get(0).error()).contains(ErrorCode.MOVED);
    assertThat(log.history("acme")).isEmpty();
    assertThat(sent).isEmpty();
  }

  @Test
  void aDeposedOwnerKnowsItFromThenOn() {
    log.claim("n2", List.of(0));
    append(plain("acme", "x"));

    assertThat(deposed).containsExactly(0);
    assertThat(rooms.owned()).isEmpty();
    assertThat(append(plain("acme", "x")).get(0).error()).contains(ErrorCode.MOVED);
  }

  @Test
  void anUnknownOutcomeTakesNoShardBackFromItsNextOwner() {
    log.failNext(Kind.UNKNOWN, true);
    Future<Appended> answer = lane.append(new Append("acme", List.of(plain("acme", "x"))));
    while (log.history("acme").isEmpty()) {
      schedule.runFor(10, TURNS);
    }
    log.claim("n2", List.of(0));
    schedule.run(TURNS);

    assertThat(answer.result().outcomes()).as("it was committed all the same").containsExactly(
        Outcome.accepted("x", 1, 0));
    assertThat(log.epochs()).containsEntry(0, 2L);
    assertThat(deposed).containsExactly(0);
  }

  @Test
  void aHeadThatMovedIsReadAgain() {
    append(plain("acme", "x"));
    rooms.load("acme").result().advanced(5, 1);

    assertThat(append(plain("acme", "y")).get(0).error()).contains(ErrorCode.MOVED);
    assertThat(append(plain("acme", "y"))).containsExactly(Outcome.accepted("y", 2, 0));
  }

  @Test
  void appendsThatWaitShareOneCommit() {
    List<Future<Appended>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answers.add(lane.append(new Append("acme", List.of(plain("acme", "x" + i)))));
    }
    schedule.run(TURNS);

    assertThat(answers).allMatch(Future::succeeded);
    assertThat(sent).hasSize(2);
    assertThat(log.history("acme")).extracting(StoredEvent::offset).hasSize(20);
  }

  @Test
  void aChoreThatThrowsFailsAloneAndWorkGoesOn() {
    Future<Void> chore = lane.chore(() -> {
      throw new IllegalStateException("planned");
    });

    assertThat(chore.failed()).isTrue();
    assertThat(append(plain("acme", "x"))).containsExactly(Outcome.accepted("x", 1, 0));
  }

  @Test
  void aDrainAnswersWhatWasTakenAndRefusesWhatComes() {
    Future<Appended> taken = lane.append(new Append("acme", List.of(plain("acme", "x"))));
    Future<Void> drained = lane.drain();
    Future<Appended> late = lane.append(new Append("acme", List.of(plain("acme", "y"))));

    assertThat(drained.isComplete()).isFalse();
    schedule.run(TURNS);
    assertThat(taken.succeeded()).isTrue();
    assertThat(drained.succeeded()).isTrue();
    assertThat(late.failed()).isTrue();
  }

  private List<Outcome> append(Draft... drafts) {
    Future<Appended> answer = lane.append(new Append(drafts[0].orgId(), List.of(drafts)));
    schedule.run(TURNS);
    return answer.result().outcomes();
  }
}
