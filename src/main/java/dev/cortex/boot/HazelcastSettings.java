package dev.cortex.boot;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.InterfacesConfig;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.ListenerConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import dev.cortex.config.CortexConfig;
import java.util.EventListener;
import java.util.List;
import java.util.Map;

/**
 * Hazelcast as a node uses it: who is alive, and which of them listens at which address of the bus. It speaks to the
 * listed members only, on one address and one port, and to nobody else.
 */
final class HazelcastSettings {

  /** Few partitions, since next to nothing is stored; every member must have the same number. */
  private static final int PARTITIONS = 61;

  private HazelcastSettings() {}

  /**
   * The settings of a node.
   *
   * @param host its own address, an IP address
   * @param fit what it tells the others of itself
   * @param listener hears of members from the first moment
   */
  static Config of(CortexConfig.Cluster cluster, String host, MemberFit fit, EventListener listener) {
    Config config = new Config();
    config.setClusterName(cluster.name());
    config.setClassLoader(HazelcastSettings.class.getClassLoader());
    config.setAdvancedNetworkConfig(network(cluster));
    config.addListenerConfig(new ListenerConfig(listener));
    fit.attributes().forEach(config.getMemberAttributeConfig()::setAttribute);
    properties(host).forEach(config::setProperty);
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);
    // the port takes objects from whoever reaches it: no classes but those that members exchange
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.getWhitelist().addPrefixes("io.vertx.spi.cluster.hazelcast.");
    config.getSerializationConfig().setJavaSerializationFilterConfig(filter);
    // as in the file that comes with the cluster manager and is not read when the settings are given
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs").setBackupCount(1).setValueCollectionType("SET"));
    config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
    return config;
  }

  /** An endpoint for members and none for clients, REST or memcache. */
  private static AdvancedNetworkConfig network(CortexConfig.Cluster cluster) {
    // which addresses of a member's name count: all; where this node listens is said by its local address
    InterfacesConfig everyAddress = new InterfacesConfig().setEnabled(true);
    everyAddress.setInterfaces(List.of("*.*.*.*", "*:*:*:*:*:*:*:*"));
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(cluster.port()).setPortAutoIncrement(false).setReuseAddress(true);
    endpoint.setInterfaces(everyAddress);
    JoinConfig join = new JoinConfig();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(2).setMembers(cluster.members());
    AdvancedNetworkConfig network = new AdvancedNetworkConfig().setEnabled(true);
    network.setMemberEndpointConfig(endpoint);
    return network.setJoin(join);
  }

  private static Map<String, String> properties(String host) {
    return Map.ofEntries(
        Map.entry("hazelcast.local.localAddress", host),
        Map.entry("hazelcast.socket.bind.any", "false"),
        Map.entry("hazelcast.socket.client.bind.any", "false"),
        Map.entry("hazelcast.phone.home.enabled", "false"),
        Map.entry("hazelcast.logging.type", "jdk"),
        Map.entry("hazelcast.shutdownhook.enabled", "false"),
        // a silent member is given up after 5 s instead of 60
        Map.entry("hazelcast.heartbeat.interval.seconds", "1"),
        Map.entry("hazelcast.max.no.heartbeat.seconds", "5"),
        // after a cut the sides look for each other every 3 s instead of every 2 to 5 minutes
        Map.entry("hazelcast.merge.first.run.delay.seconds", "3"),
        Map.entry("hazelcast.merge.next.run.delay.seconds", "3"),
        Map.entry("hazelcast.wait.seconds.before.join", "0"),
        Map.entry("hazelcast.graceful.shutdown.max.wait", "3"),
        Map.entry("hazelcast.partition.count", String.valueOf(PARTITIONS)),
        Map.entry("hazelcast.operation.thread.count", "2"),
        Map.entry("hazelcast.operation.generic.thread.count", "2"),
        Map.entry("hazelcast.io.thread.count", "1"),
        Map.entry("hazelcast.event.thread.count", "2"),
        Map.entry("hazelcast.health.monitoring.level", "OFF"));
  }
}
