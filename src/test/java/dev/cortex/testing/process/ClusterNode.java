package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** One node of a cluster, as a process of its own on ports of its own; it may be started again after its end. */
public final class ClusterNode extends Machine {

  private static final Http INSIDE = new Http();

  /** Where a node listens on 127.0.0.1; messages between nodes use the port 1000 above that of membership. */
  public record Ports(int open, int internal, int membership) {

    /** The port of messages between nodes. */
    public int messages() {
      return membership + 1_000;
    }

    /** All four. */
    public List<Integer> all() {
      return List.of(open, internal, membership, messages());
    }
  }

  private final Ports ports;
  private final List<String> sets;
  private String id = "";

  /**
   * A node that does not run yet.
   *
   * @param sets its configuration as {@code key=value}
   */
  ClusterNode(String name, Ports ports, Path dataDir, List<String> sets) {
    super(name, dataDir);
    this.ports = ports;
    this.sets = List.copyOf(sets);
  }

  /**
   * Starts the process and waits for nothing.
   *
   * @param more configuration of this start alone, as {@code key=value}
   */
  public ClusterNode launch(String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--data-dir", dataDir().toString()));
    List<String> all = new ArrayList<>(sets);
    all.addAll(List.of(more));
    for (String set : all) {
      arguments.addAll(List.of("--set", set));
    }
    runs(ServerProcess.launchNode(arguments.toArray(String[]::new)));
    return this;
  }

  /** Waits until it is ready; fails with what it said when it is not. */
  public ClusterNode awaitReady() throws InterruptedException {
    whenReady();
    id = new JsonObject(process().firstLine().substring("CORTEX_READY ".length())).getString("node");
    return this;
  }

  /** Its name on the bus, another one after each start; empty before it was ready. */
  public String id() {
    return id;
  }

  /** Where it listens. */
  public Ports ports() {
    return ports;
  }

  /** The address of a path on its internal listener. */
  public URI internal(String path) {
    return URI.create("http://127.0.0.1:" + ports.internal() + path);
  }

  /** Its internal listener as clients of the cast address servers. */
  public Ready inside() {
    return new Ready(internal("").toString(), ports.internal(), ready().pid(), ready().version(), ready().dataDir());
  }

  /** The owner of each shard as this node knows it: names on the bus, empty for none. */
  public List<String> owners() throws IOException, InterruptedException {
    JsonArray shards = INSIDE.get(inside(), "/api/cluster").body().getJsonArray("shards");
    return IntStream.range(0, shards.size())
        .mapToObj(shard -> String.valueOf(shards.getJsonObject(shard).getString("owner", "")))
        .toList();
  }
}
