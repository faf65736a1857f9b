package dev.cortex.boot;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The threads of one of several servers in a process. A thread belongs to the group of the one that made it, so what a
 * server that was started in a group says later can be told from what the others say.
 */
public final class ServerGroup extends ThreadGroup {

  private ServerGroup(String server) {
    super(server);
  }

  /** The server that this thread works for, where it was started in a group. */
  public static Optional<String> current() {
    return Thread.currentThread().getThreadGroup() instanceof ServerGroup group
        ? Optional.of(group.getName())
        : Optional.empty();
  }

  /** Starts a server on a thread of its own group. */
  static <T> Future<T> start(String server, Supplier<Future<T>> start) {
    Promise<T> started = Promise.promise();
    Runnable work = () -> {
      try {
        start.get().onComplete(started);
      } catch (RuntimeException e) {
        started.fail(e);
      }
    };
    new Thread(new ServerGroup(server), work, server + "-start").start();
    return started.future();
  }
}
