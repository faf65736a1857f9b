package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.NodeState;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The other nodes as this one sees them: alive by the failure detector, and heard. A node that is alive and silent is
 * not seen: whatever keeps its beats from us would keep its answers from us too.
 */
@Pure
final class Peers {

  /** A node that said nothing for so long is not seen. */
  static final long SILENT_NS = TimeUnit.SECONDS.toNanos(3);

  private record Heard(Beat beat, long atNs) {}

  private final String self;
  private final Map<String, Heard> heard = new HashMap<>();
  private Set<String> live = Set.of();

  Peers(String self) {
    this.self = self;
  }

  /** Takes the live nodes; whether they are others than before. */
  boolean live(Set<String> now) {
    if (live.equals(now)) {
      return false;
    }
    live = Set.copyOf(now);
    // a name is never used again: who has left said its last
    heard.keySet().retainAll(live);
    return true;
  }

  /** What was heard is too old to count. */
  void forget() {
    heard.clear();
  }

  boolean isLive(String node) {
    return live.contains(node);
  }

  /** The live nodes other than this one. */
  Set<String> others() {
    Set<String> others = new TreeSet<>(live);
    others.remove(self);
    return others;
  }

  /** Takes a beat of another node; whether it says anything new. A node that is not alive is not listened to. */
  boolean hear(Beat beat, long nowNs) {
    String node = beat.node().node();
    if (node.equals(self) || !live.contains(node)) {
      return false;
    }
    Heard before = heard.put(node, new Heard(beat, nowNs));
    return before == null || !before.beat().equals(beat) || nowNs - before.atNs() > SILENT_NS;
  }

  /** This node, and those that are alive and not silent. */
  Set<String> seen(long nowNs) {
    Set<String> seen = new TreeSet<>();
    seen.add(self);
    heard.forEach((node, last) -> {
      if (nowNs - last.atNs() <= SILENT_NS) {
        seen.add(node);
      }
    });
    return seen;
  }

  /** Those of the seen nodes on which shards may be placed; this one is not among them. */
  Set<String> ready(Set<String> seen) {
    Set<String> ready = new TreeSet<>();
    for (String node : seen) {
      Heard last = heard.get(node);
      if (last != null && last.beat().node().state() == NodeState.READY) {
        ready.add(node);
      }
    }
    return ready;
  }

  /** The nodes that are seen, as they last described themselves, and those that have not spoken yet. */
  Map<String, Node> nodes(Node me, Set<String> seen) {
    Map<String, Node> nodes = new TreeMap<>();
    for (String node : live) {
      Heard last = heard.get(node);
      if (last == null) {
        nodes.put(node, new Node(node, NodeState.STARTING, ""));
      } else if (seen.contains(node)) {
        nodes.put(node, last.beat().node());
      }
    }
    nodes.put(self, me);
    return nodes;
  }

  /** The last beat of each seen node. */
  Map<String, Beat> beats(Set<String> seen) {
    Map<String, Beat> beats = new TreeMap<>();
    for (String node : seen) {
      Heard last = heard.get(node);
      if (last != null) {
        beats.put(node, last.beat());
      }
    }
    return beats;
  }
}
