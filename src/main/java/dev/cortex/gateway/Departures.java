package dev.cortex.gateway;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;

/** Clients that go one after the other, evenly over a time, so that they do not arrive elsewhere as one. */
final class Departures {

  private static final long STEP_MS = 25;

  private Departures() {}

  /**
   * Runs every departure, the last one when the time is up; done then, however few there are.
   *
   * @param spreadMs the time, 0 or less for at once
   */
  static Future<Void> over(Vertx vertx, long spreadMs, List<Runnable> departures) {
    long steps = Math.max(0, spreadMs) / STEP_MS;
    if (steps == 0) {
      departures.forEach(Runnable::run);
      return Future.succeededFuture();
    }
    Promise<Void> gone = Promise.promise();
    Walk walk = new Walk(departures, steps);
    vertx.setPeriodic(STEP_MS, timer -> {
      if (walk.step()) {
        vertx.cancelTimer(timer);
        gone.complete();
      }
    });
    return gone.future();
  }

  private static final class Walk {

    private final List<Runnable> departures;
    private final long steps;
    private long step;
    private int departed;

    private Walk(List<Runnable> departures, long steps) {
      this.departures = departures;
      this.steps = steps;
    }

    /** Lets those go whose turn has come; true after the last one. */
    private boolean step() {
      step++;
      long due = departures.size() * step / steps;
      while (departed < due) {
        departures.get(departed++).run();
      }
      return step == steps;
    }
  }
}
