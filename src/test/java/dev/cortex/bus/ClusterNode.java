package dev.cortex.bus;

import com.hazelcast.config.Config;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import dev.cortex.testing.process.FreePorts;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Vert.x of its own in a cluster on loopback, within this process. To be started one after the other. */
final class ClusterNode implements AutoCloseable {

  private static final String HOST = "127.0.0.1";

  private final HazelcastClusterManager manager;
  private final Vertx vertx;

  /**
   * Starts a node.
   *
   * @param port its own port, one of {@code ports}
   * @param ports the ports of all nodes there may be
   * @param bus how its bus listens
   */
  ClusterNode(String cluster, int port, List<Integer> ports, EventBusOptions bus) throws Exception {
    Config config = new Config().setClusterName(cluster);
    config.setProperty("hazelcast.logging.type", "none");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.getNetworkConfig().setPort(port).setPortAutoIncrement(false);
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface(HOST);
    var join = config.getNetworkConfig().getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setMembers(ports.stream().map(p -> HOST + ':' + p).toList());
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs")
            .setBackupCount(1)
            .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
    config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
    manager = new HazelcastClusterManager(config);
    vertx =
        Vertx.builder()
            .with(new VertxOptions().setEventBusOptions(bus.setHost(HOST)).setEventLoopPoolSize(1))
            .withClusterManager(manager)
            .buildClustered()
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    Codecs.register(vertx.eventBus());
  }

  Vertx vertx() {
    return vertx;
  }

  /** As many free ports. */
  static List<Integer> freePorts(int count) throws IOException {
    return FreePorts.find(count, 0);
  }

  @Override
  public void close() {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    } finally {
      manager.getHazelcastInstance().getLifecycleService().terminate();
    }
  }
}
