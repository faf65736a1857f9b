package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import dev.cortex.room.Arbitration.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ArbitrationTest {

  private static final long START_NS = Long.MAX_VALUE - 1;

  @Test
  void theLargerSideWins() {
    NodeEntry[] rows = {row("a", "a"), row("b", "b", "c"), row("c", "b", "c")};

    assertThat(verdict("a", rows)).isEqualTo(Verdict.LOST);
    assertThat(verdict("b", rows)).isEqualTo(Verdict.WON);
    assertThat(verdict("c", rows)).isEqualTo(Verdict.WON);
  }

  @Test
  void ofEqualSidesTheOneWithTheSmallestNameWins() {
    NodeEntry[] rows = {row("a", "a", "d"), row("b", "b", "c"), row("c", "b", "c"), row("d", "a", "d")};

    assertThat(verdict("a", rows)).isEqualTo(Verdict.WON);
    assertThat(verdict("d", rows)).isEqualTo(Verdict.WON);
    assertThat(verdict("b", rows)).isEqualTo(Verdict.LOST);
    assertThat(verdict("c", rows)).isEqualTo(Verdict.LOST);
  }

  @Test
  void ofTwoThatShareTheirFriendsOneLoses() {
    NodeEntry[] rows = {row("a", "a", "b", "d"), row("b", "a", "b", "c", "d"), row("c", "b", "c", "d"),
        row("d", "a", "b", "c", "d")};

    assertThat(verdict("a", rows)).isEqualTo(Verdict.WON);
    assertThat(verdict("c", rows)).isEqualTo(Verdict.LOST);
    assertThat(verdict("b", rows)).isEqualTo(Verdict.CLEAR);
  }

  @Test
  void onlyNodesThatServeCount() {
    NodeEntry[] rows = {row("a", "a"), new NodeEntry("b", false, Set.of("b", "c")), row("c", "b", "c")};

    assertThat(verdict("a", rows)).isEqualTo(Verdict.WON);
  }

  @Test
  void whoIsNotSeenByOthersIsCutOffEvenIfItSeesThem() {
    NodeEntry[] rows = {row("a", "a", "b", "c"), row("b", "b", "c"), row("c", "b", "c")};

    assertThat(verdict("a", rows)).isEqualTo(Verdict.LOST);
    assertThat(verdict("b", rows)).isEqualTo(Verdict.WON);
  }

  @Test
  void aRivalThatStaysForAMomentOnlyMeansNothing() {
    Arbitration arbitration = new Arbitration("b");
    Roster rivals = new Roster(List.of(row("a", "a")), Map.of());
    Roster nobody = new Roster(List.of(), Map.of());
    Peers peers = new Peers("b");

    assertThat(arbitration.look(rivals, Set.of("b"), peers, 0)).isEqualTo(Verdict.CONTESTED);
    assertThat(arbitration.look(nobody, Set.of("b"), peers, Arbitration.LASTING_NS)).isEqualTo(Verdict.CLEAR);
    assertThat(arbitration.look(rivals, Set.of("b"), peers, 2 * Arbitration.LASTING_NS)).isEqualTo(Verdict.CONTESTED);
  }

  @Test
  void whoHasLeftAndStillNamesUsIsDeadUnlessItsRowStays() {
    Arbitration arbitration = new Arbitration("b");
    Roster roster = new Roster(List.of(row("a", "a", "b")), Map.of());
    Peers peers = new Peers("b");

    assertThat(arbitration.look(roster, Set.of("b"), peers, 0)).isEqualTo(Verdict.CLEAR);
    assertThat(arbitration.look(roster, Set.of("b"), peers, TimeUnit.SECONDS.toNanos(4))).isEqualTo(Verdict.CLEAR);
    assertThat(arbitration.look(roster, Set.of("b"), peers, TimeUnit.SECONDS.toNanos(5))).isEqualTo(Verdict.CONTESTED);
  }

  /** What a node concludes when that roster stays; those that name it are alive to it. */
  private static Verdict verdict(String self, NodeEntry... rows) {
    Arbitration arbitration = new Arbitration(self);
    Peers peers = new Peers(self);
    Set<String> sees = Set.of();
    for (NodeEntry row : rows) {
      sees = row.node().equals(self) ? row.sees() : sees;
    }
    peers.live(Set.of("a", "b", "c", "d"));
    Roster roster = new Roster(List.of(rows), Map.of());
    arbitration.look(roster, sees, peers, START_NS);
    return arbitration.look(roster, sees, peers, START_NS + Arbitration.LASTING_NS);
  }

  private static NodeEntry row(String name, String... sees) {
    return new NodeEntry(name, true, Set.of(sees));
  }
}
