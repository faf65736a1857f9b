package dev.cortex.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How the process of a server ends. A termination signal closes the server and ends with code 0: a shutdown hook is the
 * only portable way to hear one, and it halts at its end because the virtual machine would otherwise report the signal.
 */
final class Lifetime {

  private static final Duration ORPHAN_BUDGET = Duration.ofMillis(500);

  private final AtomicReference<Optional<Running>> running = new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Duration>> hurry = new AtomicReference<>(Optional.empty());
  private final AtomicInteger exitCode = new AtomicInteger();

  /** Listens for the end from now on. */
  void watch() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "cortex-shutdown"));
  }

  /** What to stop at the end. */
  void holds(Running started) {
    running.set(Optional.of(started));
  }

  /** Ends the process with that code. */
  void exit(int code) {
    exitCode.set(code);
    Runtime.getRuntime().exit(code);
  }

  /** Ends the process because its parent is gone: quickly, for nobody waits for an answer. */
  void exitOrphaned() {
    hurry.set(Optional.of(ORPHAN_BUDGET));
    exit(0);
  }

  private void close() {
    running.get().ifPresent(this::close);
    System.err.flush();
    Runtime.getRuntime().halt(exitCode.get());
  }

  private void close(Running started) {
    long budgetMs = hurry.get().orElseGet(started::stopBudget).toMillis();
    try {
      started
          .close(Duration.ofMillis(budgetMs))
          .toCompletionStage()
          .toCompletableFuture()
          .get(budgetMs + 300, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      System.err.println("warning: not stopped cleanly: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
