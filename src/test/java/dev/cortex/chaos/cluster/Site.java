package dev.cortex.chaos.cluster;

import dev.cortex.testing.LocalPostgres;
import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.FreePorts;
import dev.cortex.testing.process.ServerProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Three nodes as real processes and their database: to be killed, frozen, cut off, drained and started again. */
final class Site implements AutoCloseable {

  /** How many nodes there are. */
  static final int NODES = 3;

  private static final int DRAIN_SECONDS = 6;

  private final Path folder;
  private final boolean cuts;
  private final LocalPostgres postgres = LocalPostgres.own();
  private final LocalPostgres.Database database = postgres.database();
  private final List<Integer> doors;
  private final List<Integer> membership;
  private final ServerProcess[] nodes = new ServerProcess[NODES];
  private final String[] ids = new String[NODES];
  private final Inside inside = new Inside();
  private int launches;
  private volatile boolean closed;

  /**
   * A site whose nodes do not run yet.
   *
   * @param cuts whether nodes can be cut off from each other
   */
  Site(Path folder, boolean cuts) throws IOException, InterruptedException {
    this.folder = folder;
    this.cuts = cuts;
    membership = FreePorts.find(NODES, 1_000);
    List<Integer> free = FreePorts.find(4 * NODES, 0);
    free.removeAll(membership);
    doors = free;
    if (cuts) {
      Cut.prepare();
    }
  }

  /** Starts every node, each after the one before it is ready. */
  void start() throws IOException, InterruptedException {
    for (int node = 0; node < NODES; node++) {
      launch(node);
      awaitReady(node);
    }
  }

  /** Starts a node and waits for nothing. */
  void launch(int node) throws IOException, InterruptedException {
    Path data = folder.resolve("node-" + (node + 1));
    Files.createDirectories(data);
    if (cuts) {
      Cut.own(node, data);
    }
    List<String> members = new ArrayList<>();
    for (int each = 0; each < NODES; each++) {
      members.add(host(each) + ':' + membership.get(each));
    }
    List<String> line = new ArrayList<>(List.of("--data-dir", data.toString()));
    for (String set :
        List.of(
            "server.host=127.0.0.1",
            "server.port=" + doors.get(node),
            "server.internal_port=" + internal(node),
            "server.drain_seconds=" + DRAIN_SECONDS,
            "cluster.host=" + host(node),
            "cluster.port=" + membership.get(node),
            "cluster.members=" + String.join(",", members),
            "store.url=" + database.url(),
            "store.user=" + database.user(),
            "store.password=" + database.password(),
            "auth.jwt_secret=" + Cluster.SECRET,
            "auth.service_tokens=" + Cluster.SERVICE_TOKEN)) {
      line.addAll(List.of("--set", set));
    }
    synchronized (this) {
      if (closed) {
        throw new IOException("the site is closed");
      }
      nodes[node] = ServerProcess.launchNode(cuts ? Cut.as(node) : List.of(), line.toArray(String[]::new));
    }
    launches++;
  }

  /** Waits until a node is ready. */
  void awaitReady(int node) throws InterruptedException {
    nodes[node].ready();
    ids[node] = new JsonObject(nodes[node].firstLine().substring("CORTEX_READY ".length())).getString("node");
  }

  /** The process of a node. */
  ServerProcess process(int node) {
    return nodes[node];
  }

  /** Ends what is left of a node's process and keeps its log. */
  void bury(int node) throws IOException {
    ServerProcess process = nodes[node];
    process.close();
    Files.write(folder.resolve("node-" + (node + 1) + '.' + launches + ".log"), process.stderr());
  }

  /** The database server. */
  LocalPostgres postgres() {
    return postgres;
  }

  /** Kills the database's first process; the others follow it. */
  void killPostgres() throws InterruptedException {
    ProcessHandle first = ProcessHandle.of(postgres.pid()).orElseThrow();
    List<ProcessHandle> all = new ArrayList<>(first.descendants().toList());
    all.add(first);
    first.destroyForcibly();
    all.forEach(each -> each.onExit().orTimeout(60, TimeUnit.SECONDS).join());
    postgres.crash(); // tidies up what the server's process left to its owner
  }

  private String host(int node) {
    return cuts ? Cut.address(node) : "127.0.0.1";
  }

  /** The public ports, one a node. */
  List<Integer> doors() {
    return doors.subList(0, NODES);
  }

  int internal(int node) {
    return doors.get(NODES + node);
  }

  /** The owner of every shard as a node sees it, by place of the node; -1 where it knows none. Empty without answer. */
  List<Integer> owners(int node) throws InterruptedException {
    Optional<JsonObject> view = inside.json(internal(node), "/api/cluster");
    if (view.isEmpty()) {
      return List.of();
    }
    JsonArray shards = view.get().getJsonArray("shards");
    return IntStream.range(0, shards.size())
        .mapToObj(shard -> List.of(ids).indexOf(shards.getJsonObject(shard).getString("owner", "")))
        .toList();
  }

  /** Whether all nodes are ready, know each other and agree who owns what. */
  boolean settled() throws InterruptedException {
    Set<List<Integer>> views = new HashSet<>();
    for (int node = 0; node < NODES; node++) {
      views.add(owners(node));
    }
    if (views.size() != 1) {
      return false;
    }
    Set<Integer> owners = new HashSet<>(views.iterator().next());
    return owners.equals(Set.of(0, 1, 2));
  }

  /** How every node sees the cluster, for a report. */
  String views() throws InterruptedException {
    StringBuilder views = new StringBuilder();
    for (int node = 0; node < NODES; node++) {
      Optional<JsonObject> view = inside.json(internal(node), "/api/cluster");
      views.append("\n  node ").append(node + 1).append(' ').append(ids[node]).append(": ");
      views.append(view.map(json -> json.getJsonArray("nodes").encode()).orElse("no answer"));
    }
    return views.toString();
  }

  /** Waits until a node's process has ended by itself; kills it when it does not. */
  boolean endsWithin(int node, Duration atMost) throws InterruptedException {
    return nodes[node].endsWithin(atMost);
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
    }
    try {
      for (int node = 0; node < NODES; node++) {
        if (nodes[node] != null) {
          nodes[node].close();
        }
      }
      for (int node = 0; node < NODES; node++) {
        if (nodes[node] != null) {
          launches++;
          bury(node);
        }
      }
    } finally {
      postgres.close();
    }
  }
}
