package dev.cortex.boot;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import dev.cortex.config.CortexConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * A node's membership: Hazelcast says who is alive, and the event bus reaches every live node. Messages between nodes
 * travel by mutual TLS when certificates are configured; any certificate of the configured authority is a member's,
 * whatever host it names, so that authority must sign for members only.
 */
final class HazelcastCluster {

  private static final Logger LOG = LoggerFactory.getLogger(HazelcastCluster.class);
  private static final int CONNECT_TIMEOUT_MS = 2_000;
  private static final long PING_MS = 1_000;
  private static final long PONG_MS_MAX = 4_000;

  /** Members ping each other all the time; whoever connects to the bus and stays silent that long is none. */
  private static final int IDLE_SECONDS_MAX = 30;

  private HazelcastCluster() {}

  /**
   * Joins the cluster, or founds it when no other member answers.
   *
   * @param options of this node's event loops; those of its bus are filled in
   * @return this node among the others; fails with a {@link StartException} when a member that was there before does
   *     not go with this node, or a port is taken
   */
  static Future<NodeBus> join(CortexConfig config, VertxOptions options) {
    CortexConfig.Cluster cluster = config.cluster();
    String host;
    try {
      host = InetAddress.getByName(cluster.host()).getHostAddress();
    } catch (UnknownHostException e) {
      return Future.failedFuture(
          new StartException(StartFailure.BAD_CONFIG, "cluster.host: " + cluster.host() + " has no address", e));
    }
    try {
      Ports.requireFree("cluster.port", host, cluster.port());
      Ports.requireFree("cluster.port + " + CortexConfig.Cluster.BUS_PORT_ABOVE, host, cluster.busPort());
    } catch (StartException e) {
      return Future.failedFuture(e);
    }
    MemberFit mine = MemberFit.of(config);
    LiveMembers members = new LiveMembers();
    HazelcastClusterManager manager =
        new HazelcastClusterManager(HazelcastSettings.of(cluster, host, mine, members));
    return Vertx.builder()
        .with(options.setEventBusOptions(busOptions(cluster, host)))
        .withClusterManager(manager)
        .buildClustered()
        .compose(vertx -> {
          HazelcastInstance hazelcast = manager.getHazelcastInstance();
          StartException misfit = misfit(hazelcast, mine);
          if (misfit != null) {
            return vertx.close().transform(closed -> Future.failedFuture(misfit));
          }
          followMerges(hazelcast, members);
          return vertx.executeBlocking(() -> warnIfUnlisted(cluster, host))
              .map(looked -> new NodeBus(vertx, manager.getNodeId(), members));
        });
  }

  private static EventBusOptions busOptions(CortexConfig.Cluster cluster, String host) {
    EventBusOptions bus =
        new EventBusOptions()
            .setHost(host)
            .setPort(cluster.busPort())
            .setClusterPublicHost(host)
            .setClusterPublicPort(cluster.busPort())
            .setConnectTimeout(CONNECT_TIMEOUT_MS)
            .setReconnectAttempts(0)
            .setIdleTimeout(IDLE_SECONDS_MAX)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setClusterPingInterval(PING_MS)
            .setClusterPingReplyInterval(PONG_MS_MAX);
    if (cluster.tls()) {
      bus.setSsl(true)
          .setKeyCertOptions(new PemKeyCertOptions().addCertPath(cluster.tlsCert()).addKeyPath(cluster.tlsKey()))
          .setTrustOptions(new PemTrustOptions().addCertPath(cluster.tlsCa()))
          .setTrustAll(false)
          .setClientAuth(ClientAuth.REQUIRED);
    }
    return bus;
  }

  /** Whoever was there first is right: the newcomer goes. Members are listed in the order they joined. */
  private static StartException misfit(HazelcastInstance hazelcast, MemberFit mine) {
    for (Member member : hazelcast.getCluster().getMembers()) {
      if (member.localMember()) {
        return null;
      }
      MemberFit theirs = MemberFit.read(member.getAttributes());
      if (!mine.goesWith(theirs)) {
        return new StartException(
            StartFailure.INCOMPATIBLE_CLUSTER,
            "this node does not go with the cluster it joined: it has " + mine.text() + "; the member at "
                + member.getAddress().getHost() + ':' + member.getAddress().getPort() + " has " + theirs.text());
      }
    }
    return null;
  }

  /** A side of a cut that merges into the other one is told of no members it had not seen before. */
  private static void followMerges(HazelcastInstance hazelcast, LiveMembers members) {
    hazelcast.getLifecycleService().addLifecycleListener(event -> {
      if (event.getState() == LifecycleState.MERGED) {
        LOG.info("merged with the other side of a cut");
        members.replace(hazelcast.getCluster().getMembers());
      }
    });
  }

  /** Others that are told of this node only by a list it is not in may found a cluster of their own. */
  private static Void warnIfUnlisted(CortexConfig.Cluster cluster, String host) {
    Set<String> listed = new TreeSet<>();
    for (String member : cluster.members()) {
      int colon = member.lastIndexOf(':');
      String name = member.substring(0, colon).replace("[", "").replace("]", "");
      try {
        for (InetAddress address : InetAddress.getAllByName(name)) {
          listed.add(address.getHostAddress() + ' ' + member.substring(colon + 1));
        }
      } catch (UnknownHostException e) {
        LOG.warn("cluster.members: " + name + " has no address now");
      }
    }
    if (!listed.contains(host + ' ' + cluster.port())) {
      LOG.warn("cluster.members does not list this node, " + host + " port " + cluster.port());
    }
    return null;
  }
}
