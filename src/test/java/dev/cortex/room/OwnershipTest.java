package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import dev.cortex.room.Ownership.Effect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class OwnershipTest {

  private static final int SHARDS = 16;
  private static final long MS = 1_000_000;
  private static final Set<Integer> ALL = IntStream.range(0, SHARDS).boxed().collect(Collectors.toSet());

  private long nowNs = Long.MAX_VALUE - 2_000 * MS; // the monotonic clock may wrap around
  private final Ownership node = new Ownership("b", SHARDS, Set.of("b"), nowNs);
  private final List<Effect> effects = new ArrayList<>();
  private final Map<Integer, Long> epochs = new HashMap<>();

  @Test
  void nothingIsClaimedBeforeTheStoreSaidWhoElseServes() {
    ticks(8);
    join();
    ticks(8);
    assertThat(claims()).isEmpty();
    assertThat(node.state()).isEqualTo(NodeState.STARTING);

    look();
    assertThat(node.state()).isEqualTo(NodeState.READY);
    assertThat(claims()).isEqualTo(ALL);
    assertThat(node.settled()).isFalse();
    claimed(ALL);
    assertThat(node.settled()).isTrue();
  }

  @Test
  void aNodeClaimsOnlyItsPart() {
    alive("a", "b");
    hear("a", NodeState.READY, Map.of());
    join();
    look(row("a", "a", "b"));

    assertThat(claims()).isEqualTo(placed("b", "a", "b")).isNotEqualTo(ALL);
  }

  @Test
  void nothingIsPlacedOnANodeThatWasNeverHeardOrIsNotReady() {
    alive("a", "b", "c");
    hear("c", NodeState.STARTING, Map.of());
    join();
    look();

    assertThat(claims()).isEqualTo(ALL);
  }

  @Test
  void aPlannedMoveLeavesNoHole() {
    serve(Map.of());
    alive("a", "b");
    hear("a", NodeState.READY, Map.of());
    Set<Integer> moving = placed("a", "a", "b");
    assertThat(drops()).isEmpty();
    assertThat(view().owners()).containsOnly("b");

    hear("a", NodeState.READY, epochs(moving, 2));
    assertThat(drops()).isEqualTo(moving);
    assertThat(moving).allSatisfy(shard -> assertThat(view().owner(shard)).isEqualTo("a"));
  }

  @Test
  void shardsOfANodeThatLeftAreClaimedAtOnce() {
    serveBesideA();
    alive("b");
    look();
    assertThat(claims()).isEqualTo(placed("a", "a", "b"));
    assertThat(view().owners()).containsOnly("b");
  }

  @Test
  void aNodeThatIsAliveAndSilentIsNotSeen() {
    serveBesideA();
    for (int i = 0; i < 16; i++) {
      tick();
      look();
    }
    assertThat(claims()).isEqualTo(placed("a", "a", "b"));
    assertThat(node.entry(nowNs).sees()).containsExactly("b");
    assertThat(view().nodes()).doesNotContainKey("a");
    hear("a", NodeState.READY, Map.of());
    assertThat(node.entry(nowNs).sees()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void aDeposedShardIsClaimedAgainAfterASecondAndLaterEachTime() {
    serve(Map.of());
    long first = ticksUntilClaimed(3);
    long second = ticksUntilClaimed(3);

    assertThat(first * 250).isBetween(1_000L, 2_000L);
    assertThat(second * 250).isBetween(2_000L, 3_000L);
  }

  @Test
  void aFailedClaimIsTriedAgainAfterASecond() {
    join();
    look();
    node.claimFailed(claims(), nowNs);
    effects.clear();
    ticks(3);
    assertThat(claims()).isEmpty();
    tickAndLook(8);
    assertThat(claims()).isEqualTo(ALL);
  }

  @Test
  void whoLeavesClaimsNothingAndServesUntilOthersDo() {
    serveBesideA();
    effects.addAll(node.leave(nowNs));
    assertThat(node.handedOver()).isFalse();
    assertThat(drops()).isEmpty();
    tickAndLook(12);
    assertThat(claims()).isEmpty();

    hear("a", NodeState.READY, epochs(ALL, 5));
    assertThat(node.handedOver()).isTrue();
    assertThat(node.owned()).isEmpty();
  }

  @Test
  void whoLeavesAloneHasNobodyToWaitFor() {
    serve(Map.of());
    effects.addAll(node.leave(nowNs));

    assertThat(node.handedOver()).isTrue();
    assertThat(node.owned()).isEqualTo(ALL);
  }

  @Test
  void theSmallerSideOfACutGivesEverythingUpAndComesBackAfterTheMerge() {
    serve(Map.of());
    NodeEntry[] others = {row("c", "c", "d"), row("d", "c", "d")};
    look(others);
    assertThat(node.state()).as("too early to tell").isEqualTo(NodeState.READY);
    lookFor(2_500, others);
    assertThat(node.state()).isEqualTo(NodeState.ISOLATED);
    assertThat(node.owned()).isEmpty();
    assertThat(drops()).isEqualTo(ALL);
    assertThat(node.entry(nowNs).serving()).isFalse();

    alive("b", "c", "d");
    hear("c", NodeState.READY, epochs(ALL, 5));
    hear("d", NodeState.READY, Map.of());
    NodeEntry[] merged = {row("c", "b", "c", "d"), row("d", "b", "c", "d")};
    look(merged);
    assertThat(node.state()).as("not settled yet").isEqualTo(NodeState.ISOLATED);
    hear("c", NodeState.READY, epochs(ALL, 5));
    hear("d", NodeState.READY, Map.of());
    lookFor(1_250, merged);
    assertThat(node.state()).isEqualTo(NodeState.READY);
    assertThat(claims()).isEqualTo(placed("b", "b", "c", "d"));
  }

  @Test
  void theWinningSideClaimsOnlyWhenItIsSure() {
    serve(Map.of());
    effects.addAll(node.deposed(ALL, nowNs));
    NodeEntry rival = row("c", "c");
    lookFor(1_750, rival);
    assertThat(claims()).as("too early to tell").isEmpty();
    lookFor(1_000, rival);
    assertThat(claims()).isEqualTo(ALL);
    assertThat(node.state()).isEqualTo(NodeState.READY);
  }

  @Test
  void theRowOfADeadNodeHoldsNothingUp() {
    serveBesideA();
    alive("b");
    look(row("a", "a", "b"));

    assertThat(claims()).isEqualTo(placed("a", "a", "b"));
    assertThat(node.state()).isEqualTo(NodeState.READY);
  }

  @Test
  void afterAPauseNothingIsClaimedUntilTheStoreAnswers() {
    serveBesideA();
    nowNs += 20_000 * MS;
    effects.addAll(node.tick(nowNs));
    assertThat(claims()).isEmpty();
    assertThat(effects).anyMatch(effect -> effect instanceof Effect.Look);
    long askedBefore = nowNs - 4_000 * MS;
    effects.addAll(node.roster(new Roster(List.of(), Map.of()), askedBefore, nowNs));
    assertThat(claims()).as("an answer from before the pause").isEmpty();
    look();
    assertThat(claims()).isEqualTo(placed("a", "a", "b"));
  }

  @Test
  void aClaimThatComesTooLateIsGivenUp() {
    join();
    look();
    lookFor(2_500, row("c", "c", "d"), row("d", "c", "d"));
    assertThat(node.state()).isEqualTo(NodeState.ISOLATED);
    claimed(Set.of(1, 2));

    assertThat(drops()).contains(1, 2);
    assertThat(node.owned()).isEmpty();
  }

  @Test
  void aClaimThatWasOvertakenIsGivenUp() {
    alive("a", "b");
    join();
    look();
    hear("a", NodeState.STARTING, Map.of(3, 9L));
    claimed(ALL);

    assertThat(drops()).containsExactly(3);
    assertThat(view().owner(3)).isEqualTo("a");
    assertThat(view().epochs().get(3)).isEqualTo(9);
  }

  @Test
  void beatsGoOutEachSecondAndAtEachChange() {
    serve(Map.of());
    int said = 0;
    for (int i = 0; i < 40; i++) {
      tick();
      said += effects.contains(new Effect.Say()) ? 1 : 0;
      effects.clear();
    }
    assertThat(said).isEqualTo(10);
    alive("a", "b");
    assertThat(effects).contains(new Effect.Say(), new Effect.Look());
    effects.clear();
    hear("a", NodeState.STARTING, Map.of());
    assertThat(effects).as("so that the other one hears us too").contains(new Effect.Say());
    assertThat(node.beat().node()).isEqualTo(new Node("b", NodeState.READY, "host:1"));
    assertThat(node.beat().shards()).hasSize(SHARDS);
  }

  // ---- what happens

  private void serve(Map<Integer, Long> known) {
    epochs.putAll(known);
    join();
    look();
    claimed(claims());
    effects.clear();
  }

  /** This node serves its part, and {@code a}, which is READY, has claimed the rest. */
  private void serveBesideA() {
    alive("a", "b");
    hear("a", NodeState.READY, epochs(placed("a", "a", "b"), 1));
    join();
    look(row("a", "a", "b"));
    claimed(claims());
    effects.clear();
  }

  private void join() {
    effects.addAll(node.join("host:1", nowNs));
  }

  private void alive(String... live) {
    effects.addAll(node.members(Set.of(live), nowNs));
  }

  private void hear(String from, NodeState state, Map<Integer, Long> owned) {
    List<Integer> shards = List.copyOf(owned.keySet());
    effects.addAll(node.heard(
        new Beat(new Node(from, state, ""), shards, shards.stream().map(owned::get).toList()), nowNs));
  }

  private void look(NodeEntry... rows) {
    effects.addAll(node.roster(new Roster(List.of(rows), Map.of()), nowNs, nowNs));
  }

  private void lookFor(long ms, NodeEntry... rows) {
    for (long past = 0; past < ms; past += 250) {
      tick();
      look(rows);
    }
  }

  private void tick() {
    nowNs += 250 * MS;
    effects.addAll(node.tick(nowNs));
  }

  private void ticks(int count) {
    for (int i = 0; i < count; i++) {
      tick();
    }
  }

  private void tickAndLook(int count) {
    for (int i = 0; i < count; i++) {
      tick();
      look();
    }
  }

  private void claimed(Set<Integer> shards) {
    Map<Integer, Long> raised = new HashMap<>();
    shards.forEach(shard -> raised.put(shard, epochs.merge(shard, 1L, Long::sum)));
    effects.addAll(node.claimed(raised, nowNs));
  }

  private long ticksUntilClaimed(int shard) {
    effects.clear();
    effects.addAll(node.deposed(List.of(shard), nowNs));
    assertThat(drops()).containsExactly(shard);
    int ticks = 0;
    while (claims().isEmpty() && ticks < 100) {
      tickAndLook(1);
      ticks++;
    }
    claimed(Set.of(shard));
    return ticks;
  }

  // ---- what came of it

  private Set<Integer> claims() {
    Set<Integer> claimed = new TreeSet<>();
    effects.forEach(effect -> {
      if (effect instanceof Effect.Claim claim) {
        claimed.addAll(claim.shards());
      }
    });
    return claimed;
  }

  private Set<Integer> drops() {
    Set<Integer> dropped = new TreeSet<>();
    effects.forEach(effect -> {
      if (effect instanceof Effect.Drop drop) {
        dropped.addAll(drop.shards());
      }
    });
    return dropped;
  }

  private View view() {
    View last = null;
    for (Effect effect : effects) {
      last = effect instanceof Effect.Publish publish ? publish.view() : last;
    }
    assertThat(last).as("a view was published").isNotNull();
    return last;
  }

  private static NodeEntry row(String name, String... sees) {
    return new NodeEntry(name, true, Set.of(sees));
  }

  private static Set<Integer> placed(String on, String... nodes) {
    return ALL.stream()
        .filter(shard -> ShardMap.choose(shard, Arrays.asList(nodes)).equals(on))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<Integer, Long> epochs(Set<Integer> shards, long epoch) {
    return shards.stream().collect(Collectors.toMap(shard -> shard, shard -> epoch));
  }
}
