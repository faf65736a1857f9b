package dev.cortex.boot;

import dev.cortex.bus.Codecs;
import dev.cortex.bus.Members;
import dev.cortex.config.CortexConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What the stages of one server run on and speak by.
 *
 * @param vertx its event loops and its event bus
 * @param node this node's name on the bus; in the cloud another one after each start
 * @param members who else is there
 */
record NodeBus(Vertx vertx, String node, Members members) {

  private static final String DESKTOP = "local";
  private static final int CLOUD_WORKERS = 20;

  /**
   * Makes it. A desktop, and a cloud node that runs alone, load nothing that belongs to a cluster.
   *
   * @param cache folder for files that mean nothing after this run
   * @return the bus, with every message known to it; fails with a {@link StartException} when the cluster is none to
   *     join
   */
  static Future<NodeBus> open(CortexConfig config, Path cache) {
    try {
      return opened(config, options(config, cache)).map(bus -> {
        Codecs.register(bus.vertx().eventBus());
        return bus;
      });
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private static Future<NodeBus> opened(CortexConfig config, VertxOptions options) {
    if (config.cloud() && config.cluster().joins()) {
      return HazelcastCluster.join(config, options);
    }
    String node = config.cloud() ? UUID.randomUUID().toString() : DESKTOP;
    return Future.succeededFuture(new NodeBus(Vertx.vertx(options), node, Members.alone(node)));
  }

  private static VertxOptions options(CortexConfig config, Path cache) {
    FileSystemOptions files =
        new FileSystemOptions().setFileCacheDir(cache.toString()).setFileCacheDirAsExactPath(true);
    VertxOptions options = new VertxOptions().setFileSystemOptions(files);
    return config.cloud()
        // workers serve the database and, in a cluster, the look-ups of addresses
        ? options
            .setEventLoopPoolSize(Math.max(2, Runtime.getRuntime().availableProcessors()))
            .setWorkerPoolSize(CLOUD_WORKERS)
        : options.setEventLoopPoolSize(2).setWorkerPoolSize(4).setInternalBlockingPoolSize(2);
  }
}
