package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Decides between two sides of a cut that both reach the store. A serving node that is in the roster and does not see
 * us, or is not seen by us, is a rival. The side of a node is the serving nodes with which it sees each other: the
 * larger side wins, then the one with the smallest name among those that are on one side only. Both sides compare
 * alike, so one of them loses.
 *
 * <p>Nodes that come and go are for a moment in one list and not in the other. So a verdict needs a rival that stays
 * for {@link #LASTING_NS}. The row of a node that died still names us, and goes by itself within seconds.
 */
@Pure
final class Arbitration {

  /** How long a rival has to stay before sides are taken. */
  static final long LASTING_NS = TimeUnit.SECONDS.toNanos(2);

  /** A node that has left and whose row still names us is taken for dead so long: longer than its row can stay. */
  static final long DEAD_ROW_NS = TimeUnit.SECONDS.toNanos(5);

  /** What the last look at the roster means. */
  enum Verdict {
    /** There is no rival. */
    CLEAR,
    /** There is a rival and it is too early to tell: nothing more may be claimed. */
    CONTESTED,
    /** The rival stays, and our side wins. */
    WON,
    /** The rival stays, and its side wins. */
    LOST
  }

  private final String self;
  private final Map<String, Long> strangersSinceNs = new HashMap<>();
  private boolean contested;
  private long contestedSinceNs;

  Arbitration(String self) {
    this.self = self;
  }

  /**
   * Looks at a roster.
   *
   * @param seen the nodes this one sees now, itself included
   * @param peers who is alive by the failure detector
   */
  Verdict look(Roster roster, Set<String> seen, Peers peers, long nowNs) {
    Map<String, NodeEntry> rows = new HashMap<>();
    roster.nodes().forEach(row -> rows.put(row.node(), row));
    rows.put(self, new NodeEntry(self, true, seen));
    strangersSinceNs.keySet().retainAll(rows.keySet());
    boolean rivals = false;
    boolean losing = false;
    for (NodeEntry row : rows.values()) {
      if (row.node().equals(self) || !row.serving() || seeEachOther(rows, self, row.node())) {
        strangersSinceNs.remove(row.node());
      } else if (!looksDead(row, peers, nowNs)) {
        rivals = true;
        losing |= beats(rows, row.node());
      }
    }
    if (!rivals) {
      contested = false;
      return Verdict.CLEAR;
    }
    if (!contested) {
      contested = true;
      contestedSinceNs = nowNs;
    }
    if (nowNs - contestedSinceNs < LASTING_NS) {
      return Verdict.CONTESTED;
    }
    return losing ? Verdict.LOST : Verdict.WON;
  }

  /** After a pause of our own everything noted before is too old to count. */
  void forget() {
    contested = false;
    strangersSinceNs.clear();
  }

  private boolean looksDead(NodeEntry row, Peers peers, long nowNs) {
    long sinceNs = strangersSinceNs.computeIfAbsent(row.node(), node -> nowNs);
    return !peers.isLive(row.node()) && row.sees().contains(self) && nowNs - sinceNs < DEAD_ROW_NS;
  }

  private boolean beats(Map<String, NodeEntry> rows, String rival) {
    Set<String> ours = side(rows, self);
    Set<String> theirs = side(rows, rival);
    if (ours.size() != theirs.size()) {
      return theirs.size() > ours.size();
    }
    TreeSet<String> oursOnly = new TreeSet<>(ours);
    oursOnly.removeAll(theirs);
    TreeSet<String> theirsOnly = new TreeSet<>(theirs);
    theirsOnly.removeAll(ours);
    return theirsOnly.first().compareTo(oursOnly.first()) < 0;
  }

  private static Set<String> side(Map<String, NodeEntry> rows, String of) {
    Set<String> side = new HashSet<>();
    side.add(of);
    for (NodeEntry row : rows.values()) {
      if (row.serving() && seeEachOther(rows, of, row.node())) {
        side.add(row.node());
      }
    }
    return side;
  }

  private static boolean seeEachOther(Map<String, NodeEntry> rows, String one, String other) {
    return rows.get(one).sees().contains(other) && rows.get(other).sees().contains(one);
  }
}
