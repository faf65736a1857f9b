package dev.cortex.callback;

import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The way to one callback, which its orgs share: whether it works, and since when not. */
final class Line {

  private static final int FAILURES_MAX = 5;
  /** Failures further apart than this are not of one outage. */
  private static final long WINDOW_MS = 300_000;

  private final Vertx vertx;
  private final String name;
  private final long resetMs;
  private final Set<Pusher> pushers = new LinkedHashSet<>();
  private CircuitBreaker breaker;
  private long successes;
  private boolean doubtful;
  private boolean dead;

  /**
   * A way that is thought to work.
   *
   * @param resetMs how long an open breaker lets nothing pass
   */
  Line(Vertx vertx, String name, long resetMs) {
    this.vertx = vertx;
    this.name = name;
    this.resetMs = resetMs;
    this.breaker = closed();
  }

  private CircuitBreaker closed() {
    return CircuitBreaker.create(name, vertx, new CircuitBreakerOptions()
        .setMaxFailures(FAILURES_MAX)
        .setFailuresRollingWindow(WINDOW_MS)
        .setResetTimeout(resetMs)
        .setTimeout(-1)
        // else each breaker would tell the bus of itself every two seconds
        .setNotificationAddress(null));
  }

  /** Sends something; fails with {@code OpenCircuitException}, unsent, while the breaker is open. */
  <T> Future<T> send(Supplier<Future<T>> request) {
    return breaker.<T>execute(request).onSuccess(answer -> {
      successes++;
      doubtful = false;
    }).onFailure(failure -> doubtful = true);
  }

  /** How often it worked. */
  long successes() {
    return successes;
  }

  /** Whether it did not work last time. */
  boolean isDoubtful() {
    return doubtful;
  }

  /** Whether it is given up until it is registered again. */
  boolean isDead() {
    return dead;
  }

  /** One more uses it. */
  void join(Pusher pusher) {
    pushers.add(pusher);
  }

  /** One uses it no more; answers whether nobody does, which ends it. */
  boolean leave(Pusher pusher) {
    pushers.remove(pusher);
    if (pushers.isEmpty()) {
      breaker.close();
    }
    return pushers.isEmpty();
  }

  /** Gives it up, with everyone who uses it; false when it was given up before. */
  boolean die() {
    boolean first = !dead;
    dead = true;
    List.copyOf(pushers).forEach(Pusher::stop);
    return first;
  }

  /** It was registered again, and has just worked; answers whether it was given up before. */
  boolean revive() {
    boolean wasDead = dead;
    if (dead || doubtful) {
      dead = false;
      doubtful = false;
      breaker.close();
      breaker = closed(); // an open one does not close by itself before its time
    }
    return wasDead;
  }

  /** Everyone who uses it and stopped with it goes on. */
  void resume() {
    List.copyOf(pushers).forEach(Pusher::resume);
  }
}
