package dev.cortex.prune;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Asks the rooms to trim what outlived its retention. */
public final class PrunerVerticle extends VerticleBase {

  /** Creates the verticle; nothing happens before it is deployed. */
  public PrunerVerticle(CortexConfig config, Metrics metrics, Clock clock, String node) {}

  @Override
  public Future<?> start() {
    return Future.succeededFuture();
  }
}
