package dev.cortex.sync;

import io.vertx.core.Vertx;

/** One timer: setting it anew forgets when it was set to before. */
final class Alarm {

  private final Vertx vertx;
  private final Runnable work;
  private long timer = -1;

  /** An alarm that is not set. */
  Alarm(Vertx vertx, Runnable work) {
    this.vertx = vertx;
    this.work = work;
  }

  /** Does the work after so many ms, at least 1. */
  void setIn(long ms) {
    cancel();
    timer = vertx.setTimer(Math.max(1, ms), fired -> {
      timer = -1;
      work.run();
    });
  }

  /** It is not set any more. */
  void cancel() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }
}
