package dev.cortex.ingest;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** The one door every publish passes: reads, validates and routes events to their rooms. */
public final class IngestVerticle extends VerticleBase {

  /** Creates the verticle; nothing happens before it is deployed. */
  public IngestVerticle(CortexConfig config, Metrics metrics, Clock clock, String node) {}

  @Override
  public Future<?> start() {
    return Future.succeededFuture();
  }
}
