package dev.cortex.sim;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Members;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.room.RoomModel;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** A node of a simulated cluster: its rooms, its gateway, and whom it sees alive. */
final class SimulatedNode implements Members {

  final String name;
  final Directory directory;

  RoomModel room;
  GatewayModel gateway;
  boolean dead;
  boolean leaving;
  /** Whether it can be heard by the others, and hears them. */
  boolean cut;

  private Set<String> live;

  SimulatedNode(String name, int shards) {
    this.name = name;
    this.live = Set.of(name);
    Node self = new Node(name, NodeState.STARTING, "");
    this.directory = new Directory(new ShardMap(shards, false), new View(
        self, Map.of(name, self), Collections.nCopies(shards, ""), Collections.nCopies(shards, 0L)));
  }

  /** The address of its gateway. */
  String address() {
    return Addresses.gateway(name, 0);
  }

  /** It sees others alive than before. */
  void sees(Set<String> nodes) {
    live = Set.copyOf(nodes);
    room.members(live);
  }

  @Override
  public Set<String> live() {
    return live;
  }

  @Override
  public void onChange(Consumer<Set<String>> listener) {
    throw new UnsupportedOperationException("the simulation tells the rooms itself");
  }
}
