package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.auth.LocalGuard;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.function.IntFunction;

/** Owns the port and every route: client connections and nothing else. */
public final class WsServerVerticle extends VerticleBase {

  /** Creates the verticle; nothing happens before it is deployed. */
  public WsServerVerticle(
      CortexConfig config, IntFunction<LocalGuard> guard, Metrics metrics, Clock clock, String node, int instance) {}

  @Override
  public Future<?> start() {
    return Future.succeededFuture();
  }

  /** The port in use once started. */
  public int port() {
    return 0;
  }
}
