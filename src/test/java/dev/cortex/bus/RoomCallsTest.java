package dev.cortex.bus;

import static dev.cortex.bus.ManualWorld.view;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.ManualWorld.Asked;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskHeads;
import dev.cortex.bus.Message.Head;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.testing.Patience;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class RoomCallsTest {

  private static final AskHead QUESTION = new AskHead("acme");
  private static final Head ANSWER = new Head("acme", new Position("a123456789abc", 7), 0, 1);
  private static final long BUDGET_MS = 12_000;

  private final ManualWorld world = new ManualWorld();
  private final Directory directory = new Directory(new ShardMap(1, false), view("anna", 1, "anna", "ben"));
  private double chance;
  private RoomCalls calls = new RoomCalls(world, directory, world, () -> chance, 3);

  @Test
  void onDesktopQuestionIsOneHopAndNothingElse() {
    calls = new RoomCalls(world, Directory.alone("me", new ShardMap(256, false)), world, () -> chance, 3);
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    Asked asked = world.asked.remove();
    assertThat(asked.node()).isEqualTo("me");
    assertThat(asked.here()).isTrue();
    assertThat(asked.timeoutMs()).isEqualTo(BUDGET_MS);
    assertThat(world.timers).isEmpty();
    assertThat(calls.watching()).isZero();
    asked.answer().complete(ANSWER);
    assertThat(answer.result()).isEqualTo(ANSWER);
  }

  @Test
  void roomThatMovedIsAskedAtItsNextOwnerAsSoonAsTheDirectoryNamesIt() {
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.MOVED);
    assertThat(world.asked).isEmpty();
    directory.update(view("ben", 2, "anna", "ben"));
    world.settle();
    world.asked.remove().answer().complete(ANSWER);
    assertThat(answer.result()).isEqualTo(ANSWER);
    assertNothingIsLeft();
  }

  @Test
  void changeWhileTheQuestionIsOnItsWayIsNotMissed() {
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    directory.update(view("ben", 2, "anna", "ben"));
    refuse("anna", ErrorCode.MOVED);
    world.settle();
    Asked asked = world.asked.remove();
    assertThat(asked.node()).isEqualTo("ben");
    asked.answer().complete(ANSWER);
    assertThat(answer.succeeded()).isTrue();
    assertNothingIsLeft();
  }

  @Test
  void sameOwnerUnderANewEpochIsAskedAtOnce() {
    calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.MOVED);
    directory.update(view("anna", 2, "anna", "ben"));
    world.settle();
    assertThat(world.asked).hasSize(1);
  }

  @Test
  void withoutNewsTheSameNodeIsAskedAgainAfterTenToHundredMs() {
    for (double drawn : new double[] {0, 0.5, 0.999_999}) {
      chance = drawn;
      calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
      refuse("anna", ErrorCode.MOVED);
      directory.update(view("anna", 1, "anna"));
      world.pass(drawn == 0 ? 9 : drawn == 0.5 ? 54 : 99);
      assertThat(world.asked).isEmpty();
      world.pass(1);
      assertThat(world.asked.remove().node()).isEqualTo("anna");
    }
  }

  @Test
  void unknownOwnerIsWaitedFor() {
    directory.update(view("", 0, "anna", "ben"));
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    world.pass(500);
    assertThat(world.asked).isEmpty();
    directory.update(view("ben", 2, "anna", "ben"));
    world.settle();
    world.asked.remove().answer().complete(ANSWER);
    assertThat(answer.succeeded()).isTrue();
    assertNothingIsLeft();
  }

  @Test
  void spentBudgetEndsTheQuestion() {
    directory.update(view("", 0));
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, 250);
    world.pass(249);
    assertThat(answer.isComplete()).isFalse();
    world.pass(1);
    assertThat(codeOf(answer)).isEqualTo(ErrorCode.MOVED);
    assertNothingIsLeft();
  }

  @Test
  void unknownFateIsFinalForWhoeverMayHaveChangedSomething() {
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.TIMEOUT);
    assertThat(codeOf(answer)).isEqualTo(ErrorCode.TIMEOUT);
    assertNothingIsLeft();
  }

  @Test
  void whatOnlyReadsIsAskedAgainAfterAnUnknownFate() {
    Future<Head> answer = calls.read("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.TIMEOUT);
    world.pass(10);
    world.asked.remove().answer().complete(ANSWER);
    assertThat(answer.succeeded()).isTrue();
    assertNothingIsLeft();
  }

  @Test
  void answerThatSaysNoIsFinal() {
    Future<Head> answer = calls.read("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.OVERLOADED);
    assertThat(codeOf(answer)).isEqualTo(ErrorCode.OVERLOADED);
    assertNothingIsLeft();
  }

  @Test
  void nodeThatGoesAwayFailsWhatItWasAskedAtOnce() {
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    Asked asked = world.asked.remove();
    directory.update(view("ben", 2, "ben"));
    world.settle();
    assertThat(codeOf(answer)).isEqualTo(ErrorCode.TIMEOUT);
    asked.answer().complete(ANSWER);
    assertThat(codeOf(answer)).isEqualTo(ErrorCode.TIMEOUT);
    assertNothingIsLeft();
  }

  @Test
  void whatOnlyReadsGoesOnAtTheNextNode() {
    Future<Head> answer = calls.read("acme", QUESTION, Head.class, BUDGET_MS);
    world.asked.remove();
    directory.update(view("ben", 2, "ben"));
    world.settle();
    world.asked.remove().answer().complete(ANSWER);
    assertThat(answer.succeeded()).isTrue();
    assertNothingIsLeft();
  }

  @Test
  void nodeThatIsNotThereIsNotAsked() {
    assertThat(codeOf(calls.askNode("carl", QUESTION, Head.class, 1_000))).isEqualTo(ErrorCode.MOVED);
    assertThat(codeOf(calls.askNode("", QUESTION, Head.class, 1_000))).isEqualTo(ErrorCode.MOVED);
    assertThat(world.asked).isEmpty();
    assertNothingIsLeft();
  }

  @Test
  void attemptAtAnotherNodeIsShortAndOneHereHasTheWholeBudget() {
    calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    assertThat(world.asked.remove().timeoutMs()).isEqualTo(RoomCalls.ATTEMPT_MS);
    calls.ask("acme", QUESTION, Head.class, 300);
    assertThat(world.asked.remove().timeoutMs()).isEqualTo(300);
    directory.update(view("me", 2));
    calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    assertThat(world.asked.remove().timeoutMs()).isEqualTo(BUDGET_MS);
  }

  @Test
  void attemptHasWhatIsLeftOfTheBudget() {
    calls.ask("acme", QUESTION, Head.class, 1_000);
    Asked first = world.asked.remove();
    world.pass(600);
    first.refuse(ErrorCode.MOVED);
    world.pass(10);
    assertThat(world.asked.remove().timeoutMs()).isEqualTo(390);
  }

  @Test
  void nodeThatShutsDownHasDoneNothing() {
    Future<Head> answer = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("anna", ErrorCode.SHUTTING_DOWN);
    world.pass(10);
    assertThat(world.asked.remove().node()).isEqualTo("anna");
    assertThat(answer.isComplete()).isFalse();
    directory.update(view("me", 2));
    Future<Head> own = calls.ask("acme", QUESTION, Head.class, BUDGET_MS);
    refuse("me", ErrorCode.SHUTTING_DOWN);
    assertThat(codeOf(own)).isEqualTo(ErrorCode.SHUTTING_DOWN);
  }

  @Test
  void whatIsUnderWayIsBoundedAndTheRestUnasked() {
    List<Future<Head>> answers =
        List.of(
            calls.ask("acme", QUESTION, Head.class, BUDGET_MS),
            calls.ask("acme", QUESTION, Head.class, BUDGET_MS),
            calls.ask("acme", QUESTION, Head.class, BUDGET_MS));
    assertThat(codeOf(calls.ask("acme", QUESTION, Head.class, BUDGET_MS))).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(world.asked).hasSize(3);
    for (int i = 0; i < 3; i++) {
      world.asked.remove().answer().complete(ANSWER);
    }
    assertThat(answers).allMatch(Future::succeeded);
    assertNothingIsLeft();
  }

  @Test
  void whatIsToldGoesWhereItIsSent() {
    calls.tell("carl", new AskHeads());
    assertThat(world.asked.remove().node()).isEqualTo("carl");
  }

  @Test
  void everythingCompletesOnTheContextOfWhoeverAsked() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      Codecs.register(vertx.eventBus());
      vertx.eventBus().<AskHead>consumer(Addresses.room("anna"), asked -> {
        Requests.refuse(asked, ErrorCode.MOVED, "not here");
        directory.update(view("ben", 2, "ben"));
      });
      vertx.eventBus().<AskHead>consumer(Addresses.room("ben"), asked -> directory.update(view("me", 3)));
      RoomCalls real = new RoomCalls(vertx, directory);
      Context home = vertx.getOrCreateContext();
      CompletableFuture<Context> ended = new CompletableFuture<>();
      home.runOnContext(go -> real.ask("acme", QUESTION, Head.class, BUDGET_MS)
          .onFailure(failure -> ended.complete(Vertx.currentContext())));
      assertThat(ended.get(60, TimeUnit.SECONDS)).isSameAs(home);
      Patience.until("nobody waits for the directory any more", 60, () -> real.watching() == 0);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  private void refuse(String node, ErrorCode code) {
    Asked asked = world.asked.remove();
    assertThat(asked.node()).isEqualTo(node);
    asked.refuse(code);
  }

  private void assertNothingIsLeft() {
    assertThat(calls.watching()).isZero();
    assertThat(world.timers).isEmpty();
    assertThat(world.asked).isEmpty();
  }

  private static ErrorCode codeOf(Future<?> failed) {
    return ((RefusedException) failed.cause()).code();
  }
}
