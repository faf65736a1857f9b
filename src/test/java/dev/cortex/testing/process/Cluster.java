package dev.cortex.testing.process;

import dev.cortex.bus.ShardMap;
import dev.cortex.testing.LocalPostgres;
import dev.cortex.testing.process.ClusterNode.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Nodes of one cluster as real processes on loopback, with a store of their own. They are started one after the
 * other, because nodes that start at the same moment argue for long about who was first. {@link #close} ends them all.
 */
public final class Cluster implements AutoCloseable {

  /** Signs the tokens of users. */
  public static final String SECRET = "test-secret-test-secret-test-secret-1";

  /** The token of a back-end service that may do everything in every org. */
  public static final String SERVICE_TOKEN = "test-service-token-0123456789abcdef";

  private static final long TOKEN_SECONDS = 3_600;
  private static final ShardMap SHARDS = new ShardMap(256, false);

  private final Optional<LocalPostgres.Database> database;
  private final List<ClusterNode> nodes = new ArrayList<>();

  private Cluster(Optional<LocalPostgres.Database> database) {
    this.database = database;
  }

  /**
   * Nodes that do not run yet, on free ports, with a PostgreSQL database.
   *
   * @param folder where each gets its data directory
   * @param sets what all of them are told beside what they need, as {@code key=value}
   */
  public static Cluster of(int count, Path folder, String... sets) throws IOException {
    LocalPostgres.Database database = LocalPostgres.shared().database();
    Cluster cluster = new Cluster(Optional.of(database));
    List<Ports> ports = ports(count);
    String members =
        ports.stream().map(each -> "127.0.0.1:" + each.membership()).collect(Collectors.joining(","));
    for (int i = 0; i < count; i++) {
      List<String> all = new ArrayList<>(List.of(sets));
      all.addAll(
          List.of(
              "cluster.members=" + members,
              "store.url=" + database.url(),
              "store.user=" + database.user(),
              "store.password=" + database.password()));
      cluster.add("node-" + (i + 1), ports.get(i), folder, all);
    }
    return cluster;
  }

  /**
   * One node that has no others, does not run yet, and stores in its data directory.
   *
   * @param folder where that is made, under the node's name
   * @param sets as above
   */
  public static Cluster alone(String name, Path folder, String... sets) throws IOException {
    Cluster cluster = new Cluster(Optional.empty());
    cluster.add(name, ports(1).get(0), folder, List.of(sets));
    return cluster;
  }

  private static List<Ports> ports(int count) throws IOException {
    List<Integer> membership = FreePorts.find(count, 1_000);
    List<Integer> doors = FreePorts.find(2 * count, 0);
    List<Ports> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(new Ports(doors.get(2 * i), doors.get(2 * i + 1), membership.get(i)));
    }
    return ports;
  }

  private void add(String name, Ports ports, Path folder, List<String> sets) {
    List<String> all = new ArrayList<>(sets);
    all.addAll(
        List.of(
            "server.host=127.0.0.1",
            "server.port=" + ports.open(),
            "server.internal_port=" + ports.internal(),
            "cluster.port=" + ports.membership(),
            "auth.jwt_secret=" + SECRET,
            "auth.service_tokens=" + SERVICE_TOKEN));
    nodes.add(new ClusterNode(name, ports, folder.resolve(name), all));
  }

  /** Starts every node, each after the one before it is ready. */
  public Cluster start() throws IOException, InterruptedException {
    for (ClusterNode node : nodes) {
      node.launch().awaitReady();
    }
    return this;
  }

  /** Waits until every node knows that all of them, and nobody else, own shards. */
  public void awaitShared(Duration atMost) throws Exception {
    Set<String> all = nodes.stream().map(ClusterNode::id).collect(Collectors.toCollection(TreeSet::new));
    Await.until("all nodes share the shards", atMost, () -> {
      for (ClusterNode node : nodes) {
        if (!new TreeSet<>(node.owners()).equals(all)) {
          return false;
        }
      }
      return true;
    });
  }

  /** The node whose room an org has, as the first node knows it. */
  public ClusterNode owner(String org) throws IOException, InterruptedException {
    String id = nodes.get(0).owners().get(SHARDS.shardOf(org));
    return nodes.stream().filter(node -> node.id().equals(id)).findAny()
        .orElseThrow(() -> new AssertionError("nobody owns the room of " + org));
  }

  /** A node by its place, from 0. */
  public ClusterNode node(int index) {
    return nodes.get(index);
  }

  /** Every node. */
  public List<ClusterNode> nodes() {
    return List.copyOf(nodes);
  }

  /** A token of a user. */
  public static String token(String org, String user, String scope) {
    return SignedToken.of(SECRET, org, user, scope, TOKEN_SECONDS);
  }

  @Override
  public void close() {
    nodes.forEach(ClusterNode::close);
    database.ifPresent(LocalPostgres.shared()::drop);
  }
}
