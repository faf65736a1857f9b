package dev.cortex.testing.process;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Runs a cluster on this machine for people to try: a PostgreSQL server, unless a database is given, and nodes on
 * loopback. Results go to standard output, progress to standard error; everything started here is stopped again.
 */
public final class LocalCluster {

  private static final int READY_SECONDS_MAX = 180;
  private static final int STOP_SECONDS_MAX = 60;
  private static final int DRAIN_SECONDS = 5;
  private static final long TOKEN_SECONDS = 12 * 3_600;
  private static final String ORG = "acme";

  private final ClusterRequest request;
  private final Path folder;
  private final List<Child> nodes = new ArrayList<>();
  private final String secret = random();
  private final String serviceToken = random();
  private Child postgres;
  private volatile boolean stopping;

  private LocalCluster(ClusterRequest request, Path folder) {
    this.request = request;
    this.folder = folder;
  }

  /** Runs until it is told to end, or until no node is left. */
  public static void main(String[] args) throws Exception {
    ClusterRequest request;
    try {
      request = ClusterRequest.parse(List.of(args));
    } catch (IllegalArgumentException e) {
      System.err.println("tools/cluster: " + e.getMessage() + "; --help says what there is");
      System.exit(2);
      return;
    }
    LocalCluster cluster = new LocalCluster(request, Files.createTempDirectory("cortex-cluster-"));
    Runtime.getRuntime().addShutdownHook(new Thread(cluster::stop, "stop"));
    try {
      cluster.start();
    } catch (IOException | IllegalStateException e) {
      say(e.getMessage());
      System.exit(1);
    }
    cluster.awaitEveryEnd();
    if (!cluster.stopping) {
      say("no node is left");
    }
    System.exit(1);
  }

  private void start() throws IOException, InterruptedException {
    Map<String, String> environment = new TreeMap<>();
    environment.put("CORTEX_AUTH_JWT_SECRET", secret);
    environment.put("CORTEX_AUTH_SERVICE_TOKENS", serviceToken);
    environment.putAll(request.store().isEmpty() ? ownStore() : request.store());
    List<ClusterNode.Ports> ports = ports();
    List<String> members = ports.stream().map(each -> "127.0.0.1:" + each.membership()).toList();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < request.nodes(); i++) {
      String name = "node-" + (i + 1);
      say("starting " + name);
      Child node = Child.start(name, nodeCommand(name, ports.get(i), members), environment, log(name));
      nodes.add(node);
      JsonObject ready = node.await("CORTEX_READY", READY_SECONDS_MAX);
      node.onEnd(code -> {
        if (!stopping) {
          say(name + " (pid " + node.pid() + ") ended with code " + code + "; its log: " + log(name));
        }
      });
      lines.add(
          String.format("%-7s %-22s %-22s %-8d %s", name, ready.getString("url"), ready.getString("internalUrl"),
              node.pid(), ready.getString("node")));
    }
    show(lines, ports);
  }

  private Map<String, String> ownStore() throws IOException, InterruptedException {
    say("starting PostgreSQL");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        List.of(java, "-Xmx64m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            "dev.cortex.testing.LocalPostgres");
    postgres = Child.start("postgres", command, Map.of(), log("postgres"));
    JsonObject ready = postgres.await("POSTGRES_READY", READY_SECONDS_MAX);
    return Map.of(
        "CORTEX_STORE_URL", ready.getString("url"),
        "CORTEX_STORE_USER", ready.getString("user"),
        "CORTEX_STORE_PASSWORD", ready.getString("password"));
  }

  private List<String> nodeCommand(String name, ClusterNode.Ports ports, List<String> members) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(request.flags());
    command.addAll(List.of("-jar", System.getProperty("cortex.jar"), "--profile", "cloud", "--exit-with-parent"));
    command.addAll(List.of("--no-banner", "--data-dir", folder.resolve(name).toString()));
    List<String> sets =
        new ArrayList<>(
            List.of(
                "server.host=127.0.0.1",
                "server.port=" + ports.open(),
                "server.internal_port=" + ports.internal(),
                "server.drain_seconds=" + DRAIN_SECONDS,
                "cluster.port=" + ports.membership(),
                "cluster.members=" + String.join(",", members)));
    sets.addAll(request.sets());
    sets.forEach(set -> command.addAll(List.of("--set", set)));
    return command;
  }

  /** The well-known ports and those that follow, as far as nobody has them. */
  private List<ClusterNode.Ports> ports() throws IOException {
    List<Integer> free = new ArrayList<>(FreePorts.find(request.nodes(), 1_000));
    List<Integer> doors = new ArrayList<>(FreePorts.find(4 * request.nodes(), 0));
    doors.removeAll(free);
    List<ClusterNode.Ports> ports = new ArrayList<>();
    for (int i = 0; i < request.nodes(); i++) {
      int membership = 5_701 + i;
      boolean usual = FreePorts.isFree(membership) && FreePorts.isFree(membership + 1_000);
      ports.add(
          new ClusterNode.Ports(
              FreePorts.isFree(8_080 + i) ? 8_080 + i : doors.remove(0),
              FreePorts.isFree(3_694 + i) ? 3_694 + i : doors.remove(0),
              usual ? membership : free.get(i)));
    }
    return ports;
  }

  private void show(List<String> lines, List<ClusterNode.Ports> ports) {
    String token = SignedToken.of(secret, ORG, "user-1", "publish subscribe consume admin", TOKEN_SECONDS);
    System.out.printf("%-7s %-22s %-22s %-8s %s%n", "node", "public", "internal", "pid", "name on the bus");
    lines.forEach(System.out::println);
    String last = "http://127.0.0.1:" + ports.get(ports.size() - 1).open();
    System.out.println();
    System.out.println("TOKEN=" + token);
    System.out.println("SERVICE_TOKEN=" + serviceToken);
    System.out.println();
    System.out.println("curl -N -H \"Authorization: Bearer $TOKEN\" '" + last + "/api/stream?channel=" + ORG + "'");
    System.out.println("curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\");
    System.out.println("  -d '{\"type\":\"hello.said\",\"payload\":{\"text\":\"hello\"}}' http://127.0.0.1:"
        + ports.get(0).open() + "/api/events");
    System.out.flush();
    say("ready; logs in " + folder + "; end with Ctrl-C");
  }

  private void awaitEveryEnd() throws InterruptedException {
    for (Child node : nodes) {
      node.awaitEnd();
    }
  }

  /** The nodes first, each while the next is there to take over, and the database when none needs it. */
  private void stop() {
    stopping = true;
    nodes.forEach(node -> {
      if (node.isAlive()) {
        say("stopping " + node.name());
        node.stop(STOP_SECONDS_MAX);
      }
    });
    if (postgres != null) {
      say("stopping PostgreSQL");
      postgres.stop(STOP_SECONDS_MAX);
    }
    if (request.keepData()) {
      say("kept: " + folder);
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      say("not removed: " + folder + " (" + e.getMessage() + ')');
    }
  }

  private Path log(String name) {
    return folder.resolve(name + ".log");
  }

  private static String random() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static void say(String text) {
    System.err.println("tools/cluster: " + text);
  }

  /** A process that was started here; a Ctrl-C on the terminal does not reach it, so that it is stopped in its turn. */
  private record Child(String name, Process process, Output out) {

    static Child start(String name, List<String> command, Map<String, String> environment, Path log)
        throws IOException {
      List<String> line = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", name));
      line.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(line).redirectError(log.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      return new Child(name, process, new Output(name, process.getInputStream()));
    }

    JsonObject await(String word, int seconds) throws InterruptedException {
      String line = out.first(Duration.ofSeconds(seconds));
      if (!line.startsWith(word + ' ')) {
        throw new IllegalStateException(name + " did not start: " + (line.isEmpty() ? "it said nothing" : line));
      }
      return new JsonObject(line.substring(word.length() + 1));
    }

    void onEnd(IntConsumer told) {
      process.onExit().thenAccept(ended -> told.accept(ended.exitValue()));
    }

    long pid() {
      return process.pid();
    }

    boolean isAlive() {
      return process.isAlive();
    }

    void awaitEnd() throws InterruptedException {
      process.waitFor();
    }

    void stop(int seconds) {
      process.toHandle().destroy();
      try {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
          say(name + " does not end and is killed");
          process.toHandle().destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
