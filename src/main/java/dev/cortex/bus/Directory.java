package dev.cortex.bus;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Where the rooms are, as far as this node knows. A node has one, shared by its verticles: the room verticle keeps it
 * up to date, everyone else asks. It may be behind the truth, which is in the store; whoever asks the wrong node is
 * told so.
 */
public final class Directory {

  /**
   * A node as it last described itself.
   *
   * @param node its name on the bus
   * @param state how it takes part
   * @param address where its public listener is reached, {@code host:port}; empty while it is not known
   */
  public record Node(String node, NodeState state, String address) {}

  /**
   * Where an org's room is, or is to be.
   *
   * @param node the owner of its shard; empty text when nobody is known
   * @param epoch the highest epoch announced for the shard, 0 when none was
   */
  public record Place(String node, long epoch) {}

  /**
   * One state of knowledge; immutable.
   *
   * @param self this node as it takes part now
   * @param nodes the live nodes by name, this one included
   * @param owners owner of each shard, by shard: the live node that announced the highest epoch, else the one on which
   *     the shard is to be placed; empty text when nobody is known
   * @param epochs the highest epoch announced for each shard, 0 when none was
   */
  public record View(Node self, Map<String, Node> nodes, List<String> owners, List<Long> epochs) {

    /** The owner of a shard; empty text when nobody is known. */
    public String owner(int shard) {
      return owners.get(shard);
    }

    /** Where the rooms of a shard are. */
    public Place place(int shard) {
      return new Place(owners.get(shard), epochs.get(shard));
    }
  }

  private final ShardMap shardMap;
  private final List<Consumer<View>> listeners = new CopyOnWriteArrayList<>();
  private final boolean fixed;
  private volatile View view;

  /** A directory that begins with that knowledge. */
  public Directory(ShardMap shardMap, View first) {
    this(shardMap, first, false);
  }

  private Directory(ShardMap shardMap, View first, boolean fixed) {
    this.shardMap = shardMap;
    this.view = first;
    this.fixed = fixed;
  }

  /** The directory of a node that owns every shard for good. */
  public static Directory alone(String node, ShardMap shardMap) {
    Node self = new Node(node, NodeState.READY, "");
    List<String> owners = Collections.nCopies(shardMap.shards(), node);
    List<Long> epochs = Collections.nCopies(shardMap.shards(), 0L);
    return new Directory(shardMap, new View(self, Map.of(node, self), owners, epochs), true);
  }

  /** This node's name on the bus. */
  public String self() {
    return view.self().node();
  }

  /** Which shard an org belongs to. */
  public ShardMap shardMap() {
    return shardMap;
  }

  /** What is known now. */
  public View view() {
    return view;
  }

  /** The node that owns, or is to own, an org's room; empty text when nobody is known. */
  public String ownerOf(String orgId) {
    return view.owner(shardMap.shardOf(orgId));
  }

  /** Where an org's room is, or is to be. */
  public Place placeOf(String orgId) {
    return view.place(shardMap.shardOf(orgId));
  }

  /** Whether every room is here for good: the directory of a node without a cluster. */
  public boolean isFixed() {
    return fixed;
  }

  /** Replaces what is known and tells everyone who listens, on this thread. For the room verticle. */
  public void update(View next) {
    view = next;
    listeners.forEach(listener -> listener.accept(next));
  }

  /** Calls {@code listener} on the updating thread after each change; returns how to stop. */
  public Runnable onChange(Consumer<View> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
