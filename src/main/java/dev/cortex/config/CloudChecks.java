package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.stream.Stream;

/** The rules of a cloud node: what it must be told before it may hold other people's events. */
@Pure
final class CloudChecks {

  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final List<String> TLS = List.of("cluster.tls_cert", "cluster.tls_key", "cluster.tls_ca");
  private static final List<String> EVERY_ADDRESS = List.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0");

  private final Settings settings;

  /** Checks of these settings; problems are noted there. */
  CloudChecks(Settings settings) {
    this.settings = settings;
  }

  /** Notes every rule that is broken. */
  void check() {
    new AuthChecks(settings).check();
    checkStore();
    checkPorts();
    if (!settings.list("cluster.members").isEmpty()) {
      checkCluster();
    }
    List<String> given = TLS.stream().filter(key -> !settings.text(key).isEmpty()).toList();
    if (!given.isEmpty() && given.size() < TLS.size()) {
      settings.refuse(given.get(0), "needs all of " + String.join(", ", TLS) + ", or none");
    }
  }

  /** What an operator should know of the node's doors; one line each. */
  Stream<String> warnings() {
    return Stream.concat(new AuthChecks(settings).warnings(), clusterWarnings());
  }

  private Stream<String> clusterWarnings() {
    String host = settings.text("cluster.host");
    if (settings.list("cluster.members").isEmpty() || isLoopback(host)) {
      return Stream.empty();
    }
    int port = settings.whole("cluster.port");
    return Stream.of(
        settings.text("cluster.tls_cert").isEmpty()
            ? "cluster.tls_cert: without TLS whoever reaches " + host + " on ports " + port + " and " + busPort()
                + " can read and send whatever nodes tell each other; let only members reach them"
            : "cluster.tls_cert: covers port " + busPort() + " (messages), not port " + port
                + " (membership); let only members reach that one");
  }

  private void checkStore() {
    String url = settings.text("store.url");
    if (!url.isEmpty() && !url.startsWith(POSTGRESQL)) {
      settings.refuse("store.url", "must begin with " + POSTGRESQL + ", or be empty for SQLite in the data directory");
    } else if (!url.equals(Shapes.withoutCredentials(url))) {
      settings.refuse("store.url", "must hold no credentials; use store.user and store.password");
    }
    if (url.isEmpty() && !settings.list("cluster.members").isEmpty()) {
      settings.refuse("store.url", "nodes of a cluster share a PostgreSQL database: it must be set", "cluster.members");
    }
    if (settings.text("store.durability").equals("relaxed")) {
      settings.refuse("store.durability", "a cloud node confirms only what survives power loss; allowed: full");
    }
  }

  private void checkPorts() {
    differ("server.internal_port", settings.whole("server.internal_port"), "server.port");
    if (!settings.list("cluster.members").isEmpty()) {
      for (String other : List.of("server.port", "server.internal_port")) {
        differ("cluster.port", settings.whole("cluster.port"), other);
        differ("cluster.port", busPort(), other);
      }
    }
  }

  /** One port serves one purpose; 0 is any free port and differs from every other. */
  private void differ(String key, int port, String other) {
    if (port != 0 && port == settings.whole(other)) {
      settings.refuse(key, "would use port " + port + ", which is " + other, other);
    }
  }

  private void checkCluster() {
    String host = settings.text("cluster.host");
    List<String> members = settings.list("cluster.members");
    if (EVERY_ADDRESS.contains(host)) {
      settings.refuse("cluster.host", "must be the one address the other members reach this node at");
      return;
    }
    String own = (host.contains(":") ? '[' + host + ']' : host) + ':' + settings.whole("cluster.port");
    if (!members.contains(own) && members.stream().allMatch(Shapes::addressPort) && !host.equals("localhost")) {
      String rule = "this node is " + own + ", which is not in the list; add it, or set cluster.host and cluster.port";
      settings.refuse("cluster.members", rule, "cluster.host", "cluster.port");
    }
  }

  private int busPort() {
    return settings.whole("cluster.port") + CortexConfig.Cluster.BUS_PORT_ABOVE;
  }

  private static boolean isLoopback(String host) {
    return Shapes.loopback(host) || host.startsWith("127.");
  }
}
