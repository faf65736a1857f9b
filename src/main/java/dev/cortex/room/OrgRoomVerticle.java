package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Owns rooms: the one place where an org's events are ordered, deduplicated and appended. */
public final class OrgRoomVerticle extends VerticleBase {

  /** Creates the verticle; nothing happens before it is deployed. */
  public OrgRoomVerticle(CortexConfig config, EventLog log, Metrics metrics, Clock clock, String node) {}

  @Override
  public Future<?> start() {
    return Future.succeededFuture();
  }
}
