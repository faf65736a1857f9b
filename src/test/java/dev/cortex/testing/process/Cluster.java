package dev.cortex.testing.process;

import dev.cortex.testing.LocalPostgres;
import dev.cortex.testing.process.ClusterNode.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Nodes of one cluster as real processes on loopback, with a database of their own. They are started one after the
 * other, because nodes that start at the same moment argue for long about who was first. {@link #close} ends them all.
 */
public final class Cluster implements AutoCloseable {

  /** Signs the tokens of users. */
  public static final String SECRET = "test-secret-test-secret-test-secret-1";

  /** The token of a back-end service that may do everything in every org. */
  public static final String SERVICE_TOKEN = "test-service-token-0123456789abcdef";

  private static final long TOKEN_SECONDS = 3_600;

  private final LocalPostgres.Database database;
  private final List<ClusterNode> nodes = new ArrayList<>();

  private Cluster(LocalPostgres.Database database) {
    this.database = database;
  }

  /**
   * Nodes that do not run yet, on free ports.
   *
   * @param folder where each gets its data directory
   * @param sets what all of them are told beside what they need, as {@code key=value}
   */
  public static Cluster of(int count, Path folder, String... sets) throws IOException {
    Cluster cluster = new Cluster(LocalPostgres.shared().database());
    List<Integer> membership = FreePorts.find(count, 1_000);
    List<Integer> doors = FreePorts.find(4 * count, 0);
    doors.removeAll(membership);
    List<String> members = membership.stream().map(port -> "127.0.0.1:" + port).toList();
    for (int i = 0; i < count; i++) {
      Ports ports = new Ports(doors.get(2 * i), doors.get(2 * i + 1), membership.get(i));
      List<String> all = new ArrayList<>(List.of(sets));
      all.addAll(
          List.of(
              "server.host=127.0.0.1",
              "server.port=" + ports.open(),
              "server.internal_port=" + ports.internal(),
              "cluster.port=" + ports.membership(),
              "cluster.members=" + String.join(",", members),
              "store.url=" + cluster.database.url(),
              "store.user=" + cluster.database.user(),
              "store.password=" + cluster.database.password(),
              "auth.jwt_secret=" + SECRET,
              "auth.service_tokens=" + SERVICE_TOKEN));
      cluster.nodes.add(new ClusterNode("node-" + (i + 1), ports, folder.resolve("node-" + (i + 1)), all));
    }
    return cluster;
  }

  /** Starts every node, each after the one before it is ready. */
  public Cluster start() throws IOException, InterruptedException {
    for (ClusterNode node : nodes) {
      node.launch().awaitReady();
    }
    return this;
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
    LocalPostgres.shared().drop(database);
  }
}
