package dev.cortex.sim;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.room.RoomModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A node of a simulated cluster: its rooms, its gateway, and what it believes of the others. */
final class ClusterNode {

  final String name;
  final Directory directory;
  /** Shards this node believes to own, and under which epochs. */
  final Map<Integer, Long> owned = new TreeMap<>();
  /** Orgs its rooms deliver to each gateway. */
  final Map<String, Set<String>> attached = new TreeMap<>();
  /** When an org was last delivered to a gateway, by both names. */
  final Map<String, Long> delivered = new TreeMap<>();
  final Map<Integer, Map<String, Long>> announced = new HashMap<>();

  RoomModel room;
  GatewayModel gateway;
  boolean dead;

  private final int shards;
  private Set<String> live = new HashSet<>();

  ClusterNode(String name, int shards) {
    this.name = name;
    this.shards = shards;
    this.live.add(name);
    this.directory = new Directory(new ShardMap(shards, false), view());
  }

  /** The address of its gateway. */
  String address() {
    return "gateway." + name;
  }

  /** Another node said that it owns a shard. */
  void hears(String owner, int shard, long epoch) {
    announced.computeIfAbsent(shard, s -> new HashMap<>()).merge(owner, epoch, Math::max);
    directory.update(view());
  }

  /** The nodes that are alive, as it looks from here. */
  void sees(Set<String> nodes) {
    live = new HashSet<>(nodes);
    directory.update(view());
  }

  private View view() {
    Map<String, Node> nodes = new TreeMap<>();
    live.forEach(node -> nodes.put(node, new Node(node, NodeState.READY, "")));
    List<String> owners = new ArrayList<>();
    List<Long> epochs = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      String owner = ShardMap.choose(shard, new TreeSet<>(live));
      long epoch = 0;
      for (Map.Entry<String, Long> claim : announced.getOrDefault(shard, Map.of()).entrySet()) {
        if (claim.getValue() > epoch && live.contains(claim.getKey())) {
          owner = claim.getKey();
          epoch = claim.getValue();
        }
      }
      owners.add(owner);
      epochs.add(epoch);
    }
    return new View(new Node(name, NodeState.READY, ""), nodes, owners, epochs);
  }
}
