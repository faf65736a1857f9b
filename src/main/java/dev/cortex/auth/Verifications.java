package dev.cortex.auth;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Checks the signatures of published keys beside the event loops, which one check would hold up for as long as hundreds
 * of events take. On threads of its own, so that neither a storm of reconnecting clients nor a flood of forged tokens
 * takes the store's.
 */
final class Verifications {

  private static final int THREADS = 2;

  /** More than these do not wait: their clients come again. */
  private static final int WAITING_MAX = 2_000;

  private final WorkerExecutor executor;
  private final AtomicInteger waiting = new AtomicInteger();

  Verifications(Vertx vertx) {
    this.executor = vertx.createSharedWorkerExecutor("cortex-verify", THREADS);
  }

  /** What the signature is worth by these keys; fails, temporarily, when too many wait. */
  Future<KeyRing.Verdict> verdict(KeyRing keys, UserToken token) {
    if (waiting.incrementAndGet() > WAITING_MAX) {
      waiting.decrementAndGet();
      return Future.failedFuture(new RefusedException(ErrorCode.OVERLOADED, "Too many tokens wait to be checked"));
    }
    return executor.executeBlocking(() -> keys.verify(token), false).onComplete(done -> waiting.decrementAndGet());
  }
}
