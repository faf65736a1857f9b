package dev.cortex.cli;

import dev.cortex.boot.CortexServer;
import dev.cortex.boot.Demo;
import io.vertx.core.Future;
import java.time.Duration;

/** What this process runs and has to stop at its end. */
interface Running {

  /** How long a stop may take. */
  Duration stopBudget();

  /** Stops within that time. */
  Future<Void> close(Duration budget);

  /** One server. */
  static Running of(CortexServer server) {
    return new Running() {
      @Override
      public Duration stopBudget() {
        return server.stopBudget();
      }

      @Override
      public Future<Void> close(Duration budget) {
        return server.close(budget);
      }
    };
  }

  /** A demo's servers. */
  static Running of(Demo demo) {
    return new Running() {
      @Override
      public Duration stopBudget() {
        return demo.stopBudget();
      }

      @Override
      public Future<Void> close(Duration budget) {
        return demo.close(budget);
      }
    };
  }
}
