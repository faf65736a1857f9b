package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One node of a cluster, as a process of its own on ports of its own; it may be started again after its end. */
public final class ClusterNode implements AutoCloseable {

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

  private final String name;
  private final Ports ports;
  private final Path dataDir;
  private final List<String> sets;
  private ServerProcess process;
  private Ready ready;
  private String id = "";

  /**
   * A node that does not run yet.
   *
   * @param sets its configuration as {@code key=value}
   */
  ClusterNode(String name, Ports ports, Path dataDir, List<String> sets) {
    this.name = name;
    this.ports = ports;
    this.dataDir = dataDir;
    this.sets = List.copyOf(sets);
  }

  /**
   * A node that has no others, does not run yet, and stores in its data directory unless it is told otherwise; desktops
   * on this machine may register with it.
   *
   * @param sets what it is told beside what it needs, as {@code key=value}
   */
  public static ClusterNode alone(Path dataDir, List<String> sets) throws IOException {
    List<Integer> free = FreePorts.find(2, 0);
    Ports ports = new Ports(free.get(0), free.get(1), FreePorts.find(1, 1_000).get(0));
    List<String> all = new ArrayList<>(sets);
    all.addAll(
        List.of(
            "server.host=127.0.0.1",
            "server.port=" + ports.open(),
            "server.internal_port=" + ports.internal(),
            "cluster.port=" + ports.membership(),
            "auth.jwt_secret=" + Cluster.SECRET,
            "auth.service_tokens=" + Cluster.SERVICE_TOKEN,
            "callbacks.allow_private=true"));
    return new ClusterNode("cloud", ports, dataDir, all);
  }

  /** Starts the process and waits for nothing. */
  public ClusterNode launch(String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--data-dir", dataDir.toString()));
    for (String set : sets) {
      arguments.addAll(List.of("--set", set));
    }
    for (String set : more) {
      arguments.addAll(List.of("--set", set));
    }
    process = ServerProcess.launchNode(arguments.toArray(String[]::new));
    return this;
  }

  /** Waits until it is ready; fails with what it said when it is not. */
  public ClusterNode awaitReady() throws InterruptedException {
    ready = process.ready();
    id = new JsonObject(process.firstLine().substring("CORTEX_READY ".length())).getString("node");
    return this;
  }

  /** What it is called in messages. */
  public String name() {
    return name;
  }

  /** Its name on the bus, another one after each start; empty before it was ready. */
  public String id() {
    return id;
  }

  /** Where it listens. */
  public Ports ports() {
    return ports;
  }

  /** What it said when it was ready. */
  public Ready ready() {
    return ready;
  }

  /** The address of a path on its internal listener. */
  public URI internal(String path) {
    return URI.create("http://127.0.0.1:" + ports.internal() + path);
  }

  /** Its internal listener as clients of the cast address servers. */
  public Ready inside() {
    return new Ready(internal("").toString(), ports.internal(), ready.pid(), ready.version(), ready.dataDir());
  }

  /** The process: to be killed, frozen, thawed, asked to end, or listened to. */
  public ServerProcess process() {
    return process;
  }

  /** Asks it to end and waits; gives the exit code. */
  public int stop(Duration atMost) throws InterruptedException {
    process.terminate();
    return process.exitCode(atMost);
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
