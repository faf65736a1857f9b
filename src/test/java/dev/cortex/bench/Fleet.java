package dev.cortex.bench;

import dev.cortex.bus.ShardMap;
import dev.cortex.testing.LocalPostgres;
import dev.cortex.testing.process.ClusterNode.Ports;
import dev.cortex.testing.process.FreePorts;
import dev.cortex.testing.process.SignedToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A cluster under load: nodes as processes on loopback, and a PostgreSQL server of this run with a fresh database. */
final class Fleet implements AutoCloseable {

  /** What back-end services show. */
  static final String SERVICE_TOKEN = "bench-service-token-0123456789abcdef";

  private static final String SECRET = "bench-secret-bench-secret-bench-secret-1";
  private static final long TOKEN_SECONDS = 6 * 3_600;
  private static final int SHARDS = 256;
  private static final long PLACED_MS = 60_000;

  /** The load is one org's and one service's, far beyond what the limits are for. */
  private static final List<String> UNLIMITED =
      List.of("limits.events_per_second=0", "limits.burst=0", "limits.bytes_per_second=0", "limits.connections=0");

  private final LocalPostgres.Database database;
  private final Path folder;
  private final List<Node> nodes = new ArrayList<>();
  private final ShardMap shards = new ShardMap(SHARDS, false);

  private Fleet(LocalPostgres.Database database, Path folder) {
    this.database = database;
    this.folder = folder;
  }

  /**
   * Starts the nodes, one after the other, and waits until every shard is where it is to stay.
   *
   * @param command what starts a node, without its settings
   * @param scratch where data directories and logs go
   */
  static Fleet start(List<String> command, int count, Path scratch)
      throws IOException, InterruptedException, TimeoutException {
    Files.createDirectories(scratch);
    Fleet fleet =
        new Fleet(LocalPostgres.shared().database(), Files.createTempDirectory(scratch.toAbsolutePath(), "data-"));
    try {
      fleet.launch(command, count);
      fleet.awaitPlaced();
      return fleet;
    } catch (IOException | TimeoutException | InterruptedException | RuntimeException e) {
      fleet.close();
      throw e;
    }
  }

  private void launch(List<String> command, int count) throws IOException {
    List<Integer> membership = FreePorts.find(count, 1_000);
    List<Integer> doors = FreePorts.find(4 * count, 0);
    doors.removeAll(membership);
    List<String> members = membership.stream().map(port -> "127.0.0.1:" + port).toList();
    for (int i = 0; i < count; i++) {
      Ports ports = new Ports(doors.get(2 * i), doors.get(2 * i + 1), membership.get(i));
      List<String> sets =
          List.of(
              "server.host=127.0.0.1",
              "server.port=" + ports.open(),
              "server.internal_port=" + ports.internal(),
              "server.drain_seconds=1",
              "cluster.port=" + ports.membership(),
              "cluster.members=" + (count == 1 ? "" : String.join(",", members)),
              "room.shards=" + SHARDS,
              "store.url=" + database.url(),
              "store.user=" + database.user(),
              "store.password=" + database.password(),
              "auth.jwt_secret=" + SECRET,
              "auth.service_tokens=" + SERVICE_TOKEN,
              "callbacks.allow_private=true");
      List<String> all = Stream.concat(sets.stream(), UNLIMITED.stream()).toList();
      nodes.add(Node.start("node-" + (i + 1), command, all, ports, folder));
    }
  }

  private void awaitPlaced() throws IOException, InterruptedException, TimeoutException {
    List<String> ids = nodes.stream().map(Node::id).toList();
    List<String> wanted = IntStream.range(0, SHARDS).mapToObj(shard -> ShardMap.choose(shard, ids)).toList();
    long endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(PLACED_MS);
    for (Node node : nodes) {
      while (!owners(node).equals(wanted)) {
        if (Ticks.nowUs() > endUs) {
          throw new TimeoutException("the shards did not settle on the nodes within " + PLACED_MS + " ms");
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private static List<String> owners(Node node) throws IOException, InterruptedException {
    return node.cluster().getJsonArray("shards").stream()
        .map(shard -> ((JsonObject) shard).getString("owner", ""))
        .map(owner -> owner == null ? "" : owner)
        .toList();
  }

  /** A node by its place, from 0. */
  Node node(int index) {
    return nodes.get(index);
  }

  /** Every node. */
  List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** Processor time of all nodes so far, in microseconds. */
  double cpuUs() {
    return nodes.stream().mapToDouble(node -> node.proc().cpuUs()).sum();
  }

  /** Names of that many orgs whose rooms are on a node. */
  List<String> orgsOn(Node node, int count) {
    List<String> ids = nodes.stream().map(Node::id).toList();
    return IntStream.iterate(1, number -> number + 1)
        .mapToObj(number -> "bench-" + number)
        .filter(org -> ShardMap.choose(shards.shardOf(org), ids).equals(node.id()))
        .limit(count)
        .toList();
  }

  /** The token of a user of an org. */
  String token(String org) {
    return token(org, "bench");
  }

  /** The token of that user of an org. */
  String token(String org, String user) {
    return SignedToken.of(SECRET, org, user, "publish subscribe", TOKEN_SECONDS);
  }

  /** Transactions that the database has committed so far, as its sessions have told by now: within a second. */
  long transactions() throws SQLException {
    String asked = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(asked)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The database of its log. */
  LocalPostgres.Database database() {
    return database;
  }

  @Override
  public void close() throws IOException {
    nodes.forEach(Node::close);
    LocalPostgres.shared().drop(database);
    Target.delete(folder);
  }
}
