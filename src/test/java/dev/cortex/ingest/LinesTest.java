package dev.cortex.ingest;

import static dev.cortex.bus.ManualWorld.view;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory;
import dev.cortex.bus.ManualWorld;
import dev.cortex.bus.ManualWorld.Asked;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Priority;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class LinesTest {

  private static final long BUDGET_MS = 12_000;
  private static final Budget LEFT = new Budget(10, 3, 0);

  private final ManualWorld world = new ManualWorld();
  private final Directory directory = new Directory(new ShardMap(1, false), view("anna", 1, "anna", "ben"));
  private Lines lines = lines(directory, new Waitlist(40, 1 << 20));

  @AfterEach
  void nothingIsLeft() {
    assertThat(world.asked).isEmpty();
    assertThat(world.isTimeless()).isTrue();
    assertThat(lines.size()).isZero();
    assertThat(lines.waitingEvents()).isZero();
  }

  @Test
  void onDesktopAppendsGoOneBehindTheOtherFromTheStart() {
    Directory alone = Directory.alone("me", new ShardMap(256, false));
    lines = lines(alone, new Waitlist(1, 1));
    List<Future<Appended>> answers = List.of(append("acme", "1"), append("acme", "2"), append("acme", "3", "4"));
    assertThat(idsOf(world.asked.peek())).containsExactly("1");
    assertThat(world.asked).hasSize(3).allMatch(Asked::here).allMatch(asked -> asked.timeoutMs() == BUDGET_MS);
    commitAll();
    assertThat(answers).allMatch(answer -> statuses(answer).stream().allMatch("accepted"::equals));
  }

  @Test
  void roomThatAnsweredOnceIsSentOneAppendBehindTheOther() {
    append("acme", "1");
    append("acme", "2");
    append("acme", "3");
    assertThat(world.asked).as("until the owner has shown that it is one").hasSize(1);
    commit(next("anna"));
    assertThat(world.asked).hasSize(2);
    append("acme", "4");
    assertThat(world.asked.stream().flatMap(asked -> idsOf(asked).stream())).containsExactly("2", "3", "4");
    commitAll();
  }

  @Test
  void budgetOfTheRoomIsPassedOn() {
    Future<Appended> answer = append("acme", "1");
    commit(next("anna"));
    assertThat(answer.result().budget()).isEqualTo(LEFT);
  }

  @Test
  void roomThatMovedIsAskedAtItsNextOwnerWithTheSameDrafts() {
    Future<Appended> answer = append("acme", "1", "2");
    Asked first = next("anna");
    first.refuse(ErrorCode.MOVED);
    assertThat(world.asked).isEmpty();
    move("ben", 2);
    Asked second = next("ben");
    assertThat(second.question()).isEqualTo(first.question());
    commit(second);
    assertThat(statuses(answer)).containsExactly("accepted", "accepted");
  }

  @Test
  void laterAppendWaitsBehindOneThatIsRepeatedAndOtherOrgsDoNot() {
    append("acme", "1");
    next("anna").refuse(ErrorCode.MOVED);
    append("acme", "2");
    assertThat(world.asked).isEmpty();
    Future<Appended> other = append("other", "x");
    commit(next("anna"));
    assertThat(statuses(other)).containsExactly("accepted");
    world.pass(10);
    Asked again = next("anna");
    assertThat(idsOf(again)).containsExactly("1");
    commit(again);
    Asked behind = next("anna");
    assertThat(idsOf(behind)).containsExactly("2");
    commit(behind);
  }

  @Test
  void appendsThatWereUnderWayTogetherAreRepeatedInTheirOrder() {
    prove();
    append("acme", "1");
    append("acme", "2");
    append("acme", "3");
    Asked one = next("anna");
    Asked two = next("anna");
    Asked three = next("anna");
    one.refuse(ErrorCode.MOVED);
    move("ben", 2);
    assertThat(world.asked).as("while the others are under way").isEmpty();
    two.refuse(ErrorCode.MOVED);
    three.refuse(ErrorCode.MOVED);
    world.settle();
    for (String id : List.of("1", "2", "3")) {
      Asked again = next("ben");
      assertThat(idsOf(again)).containsExactly(id);
      commit(again);
    }
  }

  @Test
  void appendDoesNotOvertakeOneThatIsOnItsWayToTheFormerOwner() {
    prove();
    append("acme", "1");
    Asked former = next("anna");
    move("ben", 2);
    append("acme", "2");
    assertThat(world.asked).isEmpty();
    commit(former);
    Asked later = next("ben");
    assertThat(idsOf(later)).containsExactly("2");
    commit(later);
  }

  @Test
  void onlyWhatMovedIsRepeatedAndTheAnswerKeepsItsOrder() {
    Future<Appended> answer = append("acme", "1", "2", "3");
    next("anna").answer().complete(
        new Appended(List.of(moved("1"), Outcome.duplicate("2", 7, 0), moved("3")), Budget.UNLIMITED));
    world.pass(10);
    Asked again = next("anna");
    assertThat(idsOf(again)).containsExactly("1", "3");
    assertThat(((Append) again.question()).drafts()).noneMatch(Draft::idGiven);
    commit(again);
    assertThat(statuses(answer)).containsExactly("accepted", "duplicate", "accepted");
    assertThat(answer.result().outcomes()).extracting(Outcome::id).containsExactly("1", "2", "3");
  }

  @Test
  void appendOfUnknownFateIsRepeatedAsOneThatMayBeStored() {
    Future<Appended> answer = append("acme", "1");
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    Asked again = next("anna");
    assertThat(((Append) again.question()).drafts()).allMatch(Draft::idGiven);
    again.answer().complete(new Appended(List.of(Outcome.duplicate("1", 41, 5)), LEFT));
    assertThat(answer.result().outcomes()).containsExactly(Outcome.accepted("1", 41, 5));
    assertThat(answer.result().budget()).isEqualTo(LEFT);
  }

  @Test
  void nodeThatGoesAwayIsNotWaitedFor() {
    Future<Appended> answer = append("acme", "1");
    next("anna");
    directory.update(view("ben", 2, "ben"));
    world.settle();
    Asked again = next("ben");
    assertThat(((Append) again.question()).drafts()).allMatch(Draft::idGiven);
    commit(again);
    assertThat(statuses(answer)).containsExactly("accepted");
  }

  @Test
  void duplicateByWhatTheProducerSaidStaysOne() {
    Draft ownId = draft("acme", "mine", true, "");
    Draft ownKey = draft("acme", "made", false, "key");
    Future<Appended> answer = lines.append("acme", List.of(ownId, ownKey));
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    next("anna").answer().complete(
        new Appended(List.of(Outcome.duplicate("mine", 1, 0), Outcome.duplicate("made", 2, 0)), LEFT));
    assertThat(statuses(answer)).containsExactly("duplicate", "duplicate");
  }

  @Test
  void spentBudgetAnswersMovedOrTimeout() {
    Future<Appended> moved = append("acme", "1");
    next("anna").refuse(ErrorCode.MOVED);
    Future<Appended> behind = append("acme", "2");
    Future<Appended> inDoubt = append("other", "3");
    next("anna").refuse(ErrorCode.TIMEOUT);
    while (!moved.isComplete() || !behind.isComplete() || !inDoubt.isComplete()) {
      world.pass(1);
      while (!world.asked.isEmpty()) {
        world.asked.remove().refuse(ErrorCode.MOVED);
      }
    }
    assertThat(world.wallMs()).isBetween(1_000 + BUDGET_MS, 1_000 + BUDGET_MS + 100);
    assertThat(errors(moved)).containsExactly(ErrorCode.MOVED);
    assertThat(errors(behind)).containsExactly(ErrorCode.MOVED);
    assertThat(errors(inDoubt)).containsExactly(ErrorCode.TIMEOUT);
    assertThat(List.of(statuses(moved), statuses(behind), statuses(inDoubt))).allMatch(List.of("unknown")::equals);
  }

  @Test
  void frozenNodeDoesNotEatTheBudget() {
    append("acme", "1");
    assertThat(world.asked.peek().timeoutMs()).isEqualTo(5_000);
    world.pass(5_000);
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    assertThat(world.asked.peek().timeoutMs()).isEqualTo(5_000);
    world.pass(5_000);
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    assertThat(world.asked.peek().timeoutMs()).isEqualTo(1_980);
    commit(next("anna"));
  }

  @Test
  void refusalOfARoomIsFinalUnlessAnEarlierAttemptMayHaveBeenStored() {
    Future<Appended> refused = append("acme", "1", "2");
    next("anna").refuse(ErrorCode.STORAGE_FULL);
    assertThat(errors(refused)).containsExactly(ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_FULL);
    Future<Appended> inDoubt = append("acme", "3");
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    next("anna").refuse(ErrorCode.STORAGE_FULL);
    assertThat(errors(inDoubt)).containsExactly(ErrorCode.TIMEOUT);
    Future<Appended> outcome = append("acme", "4", "5");
    next("anna").refuse(ErrorCode.TIMEOUT);
    world.pass(10);
    next("anna").answer().complete(new Appended(
        List.of(
            Outcome.refused("4", ErrorCode.STORAGE_BUSY, "locked"),
            Outcome.refused("5", ErrorCode.SEQUENCE_CONFLICT, "expected 7")),
        LEFT));
    assertThat(errors(outcome)).containsExactly(ErrorCode.TIMEOUT, ErrorCode.SEQUENCE_CONFLICT);
  }

  @Test
  void whatWaitsIsBoundedByOrgAndInAll() {
    append("acme", "1");
    List<Future<Appended>> waiting = new ArrayList<>();
    for (int i = 2; i <= 11; i++) {
      waiting.add(append("acme", String.valueOf(i)));
    }
    assertThat(errors(append("acme", "one too many"))).containsExactly(ErrorCode.OVERLOADED);
    append("other", "x");
    waiting.add(append("other", "y"));
    assertThat(lines.waitingEvents()).isEqualTo(11);
    commitAll();
    assertThat(waiting).allMatch(answer -> statuses(answer).equals(List.of("accepted")));
  }

  @Test
  void bytesThatWaitAreBounded() {
    lines = lines(directory, new Waitlist(1_000, 8_000));
    append("acme", "1");
    append("acme", "2");
    append("acme", "3");
    append("acme", "4");
    assertThat(errors(append("acme", "5"))).containsExactly(ErrorCode.OVERLOADED);
    assertThat(lines.waitingEvents()).isEqualTo(3);
    commitAll();
  }

  @Test
  void unknownOwnerIsWaitedFor() {
    directory.update(view("", 0, "anna", "ben"));
    Future<Appended> answer = append("acme", "1");
    world.pass(1_000);
    assertThat(world.asked).isEmpty();
    move("ben", 2);
    commit(next("ben"));
    assertThat(statuses(answer)).containsExactly("accepted");
  }

  @Test
  void answerForOtherEventsThanWereAskedForIsAnError() {
    Future<Appended> answer = append("acme", "1", "2");
    next("anna").answer().complete(new Appended(List.of(Outcome.accepted("1", 1, 0)), LEFT));
    assertThat(errors(answer)).containsExactly(ErrorCode.INTERNAL, ErrorCode.INTERNAL);
  }

  @Test
  void closedLinesEndWhatWaitsAndLetWhatIsUnderWayBeAnswered() {
    prove();
    Future<Appended> lost = append("acme", "1");
    Future<Appended> under = append("acme", "2");
    Asked first = next("anna");
    Asked second = next("anna");
    move("ben", 2);
    Future<Appended> waiting = append("acme", "3");
    lines.close();
    assertThat(errors(waiting)).containsExactly(ErrorCode.SHUTTING_DOWN);
    assertThat(errors(append("acme", "4"))).containsExactly(ErrorCode.SHUTTING_DOWN);
    first.refuse(ErrorCode.MOVED);
    assertThat(errors(lost)).containsExactly(ErrorCode.SHUTTING_DOWN);
    commit(second);
    assertThat(statuses(under)).containsExactly("accepted");
  }

  private Lines lines(Directory where, Waitlist waitlist) {
    return new Lines(world.calls(where), new Metrics(), world, BUDGET_MS, waitlist);
  }

  private void move(String owner, long epoch) {
    directory.update(view(owner, epoch, "anna", "ben"));
    world.settle();
  }

  private void prove() {
    append("acme", "0");
    commit(next("anna"));
  }

  private Future<Appended> append(String org, String... ids) {
    return lines.append(org, Arrays.stream(ids).map(id -> draft(org, id, false, "")).toList());
  }

  private static Draft draft(String org, String id, boolean idGiven, String key) {
    return new Draft(id, idGiven, org, "u", "t", new byte[] {'{', '}'}, 1, "", "", 0, key, Priority.STANDARD, "");
  }

  private Asked next(String node) {
    Asked asked = world.asked.remove();
    assertThat(asked.node()).isEqualTo(node);
    return asked;
  }

  private void commitAll() {
    while (!world.asked.isEmpty()) {
      commit(world.asked.remove());
    }
  }

  private static void commit(Asked asked) {
    asked.answer().complete(
        new Appended(idsOf(asked).stream().map(id -> Outcome.accepted(id, 1, 0)).toList(), LEFT));
  }

  private static List<String> idsOf(Asked asked) {
    return ((Append) asked.question()).drafts().stream().map(Draft::id).toList();
  }

  private static Outcome moved(String id) {
    return Outcome.refused(id, ErrorCode.MOVED, ErrorCode.MOVED.sentence());
  }

  private static List<String> statuses(Future<Appended> answer) {
    return answer.result().outcomes().stream().map(outcome -> outcome.status().text()).toList();
  }

  private static List<ErrorCode> errors(Future<Appended> answer) {
    return answer.result().outcomes().stream().map(outcome -> outcome.error().orElseThrow()).toList();
  }
}
