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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Producers that number their events and do not wait for answers, against rooms that move, freeze, lose connections and
 * answers, and a directory that is behind. Whatever happens, each event is stored once, in its order, and its producer
 * told so.
 */
@Timeout(300)
final class LinesSimulationTest {

  private static final String[] NODES = {"anna", "ben", "me"};
  private static final String[] ORGS = {"acme", "other"};
  private static final int SEEDS = 400;
  private static final int STEPS = 400;

  /** What one history is made of; everything follows from its seed. */
  private static final class History {
    private final Random chance;
    private final ManualWorld world = new ManualWorld();
    private final Directory directory = new Directory(new ShardMap(1, false), view("anna", 1, "anna", "ben"));
    private final Lines lines =
        new Lines(
            world.calls(directory),
            new Metrics(),
            world,
            TimeUnit.HOURS.toMillis(1),
            new Waitlist(1 << 20, 1L << 40));
    private final Map<String, Deque<Asked>> mailboxes = new HashMap<>();
    private final List<Asked> unanswered = new ArrayList<>();
    private final Map<String, List<String>> logs = new HashMap<>();
    private final Map<String, Integer> sent = new HashMap<>();
    private final List<Future<Appended>> answers = new ArrayList<>();
    private String owner = "anna";
    private long epoch = 1;

    private History(long seed) {
      chance = new Random(seed);
      for (String node : NODES) {
        mailboxes.put(node, new ArrayDeque<>());
      }
    }

    private void step() {
      String node = NODES[chance.nextInt(NODES.length)];
      switch (chance.nextInt(24)) {
        case 0 -> {
          owner = node;
          epoch++;
        }
        case 1, 2 -> learn();
        case 3 -> unanswered.addAll(breakConnection(node));
        case 4 -> freeze(node);
        case 5 -> timeOut();
        case 6, 7, 8, 9, 10 -> publish(ORGS[chance.nextInt(ORGS.length)]);
        case 11, 12 -> world.pass(1 + chance.nextInt(20));
        default -> serve(node, chance.nextInt(8) == 0);
      }
      sort();
    }

    /** Everything works from now on. */
    private void heal() {
      for (int i = 0; i < 100_000 && answers.stream().anyMatch(answer -> !answer.isComplete()); i++) {
        learn();
        timeOut();
        serve(NODES[i % NODES.length], false);
        world.pass(1);
        sort();
      }
    }

    private void publish(String org) {
      List<Draft> drafts = new ArrayList<>();
      for (int i = 1 + chance.nextInt(3); i > 0; i--) {
        int number = sent.merge(org, 1, Integer::sum);
        drafts.add(
            new Draft(
                org + number, false, org, "u", "t", new byte[0], 1, "a", "s", number, "", Priority.STANDARD, ""));
      }
      answers.add(lines.append(org, drafts));
    }

    private void learn() {
      directory.update(chance.nextInt(6) == 0
          ? view(owner, epoch, owner)
          : view(owner, epoch, "anna", "ben"));
      world.settle();
    }

    private List<Asked> breakConnection(String node) {
      List<Asked> lost = List.copyOf(mailboxes.get(node));
      mailboxes.get(node).clear();
      return lost;
    }

    /** Its callers give up, but what they asked will be heard when it wakes up. */
    private void freeze(String node) {
      List.copyOf(mailboxes.get(node)).forEach(asked -> giveUp(asked));
    }

    private void timeOut() {
      if (!unanswered.isEmpty()) {
        giveUp(unanswered.remove(0));
      }
    }

    private void giveUp(Asked asked) {
      if (!asked.answer().future().isComplete()) {
        asked.refuse(ErrorCode.TIMEOUT);
      }
      world.settle();
    }

    private void serve(String node, boolean answerIsLost) {
      Asked asked = mailboxes.get(node).poll();
      if (asked == null) {
        return;
      }
      Optional<Appended> answer =
          node.equals(owner) ? Optional.of(commit((Append) asked.question())) : Optional.empty();
      if (asked.answer().future().isComplete()) {
        return;
      }
      if (answerIsLost) {
        unanswered.add(asked);
      } else {
        answer.ifPresentOrElse(asked.answer()::complete, () -> asked.refuse(ErrorCode.MOVED));
      }
      world.settle();
    }

    private Appended commit(Append append) {
      List<String> log = logs.computeIfAbsent(append.orgId(), org -> new ArrayList<>());
      List<Outcome> outcomes = new ArrayList<>();
      for (Draft draft : append.drafts()) {
        if (draft.idGiven() && log.contains(draft.id())) {
          outcomes.add(Outcome.duplicate(draft.id(), draft.sequence(), draft.sequence()));
        } else if (draft.sequence() != log.size() + 1) {
          outcomes.add(Outcome.refused(draft.id(), ErrorCode.SEQUENCE_CONFLICT, "expected " + (log.size() + 1)));
        } else {
          log.add(draft.id());
          outcomes.add(Outcome.accepted(draft.id(), log.size(), log.size()));
        }
      }
      return new Appended(outcomes, Budget.UNLIMITED);
    }

    private void sort() {
      for (Asked asked = world.asked.poll(); asked != null; asked = world.asked.poll()) {
        mailboxes.get(asked.node()).add(asked);
      }
    }
  }

  @Test
  void eachNumberedEventIsStoredOnceInItsOrderAndAccepted() {
    int repeated = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      History history = new History(seed);
      for (int i = 0; i < STEPS; i++) {
        history.step();
      }
      history.heal();
      for (Future<Appended> answer : history.answers) {
        assertThat(answer.isComplete()).as("seed %d: every append is answered", seed).isTrue();
        assertThat(answer.result().outcomes())
            .as("seed %d", seed)
            .allSatisfy(outcome -> assertThat(outcome.status()).isEqualTo(Outcome.Status.ACCEPTED));
      }
      history.sent.forEach((org, count) ->
          assertThat(history.logs.get(org)).hasSize(count).doesNotHaveDuplicates());
      assertThat(history.lines.size()).as("seed %d: nothing is left", seed).isZero();
      assertThat(history.world.isTimeless()).as("seed %d: nobody waits", seed).isTrue();
      repeated += history.epoch > 2 ? 1 : 0;
    }
    assertThat(repeated).as("histories in which rooms moved").isGreaterThan(SEEDS / 2);
  }
}
