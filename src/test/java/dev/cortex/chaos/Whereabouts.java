package dev.cortex.chaos;

import dev.cortex.testing.process.ServerProcess.Ready;
import java.util.Optional;

/** Where the server is right now, for clients that outlive it. */
final class Whereabouts {

  private Optional<Ready> server = Optional.empty();
  private boolean ended;

  /** A server is there. */
  synchronized void at(Ready running) {
    server = Optional.of(running);
    notifyAll();
  }

  /** The server is gone. */
  synchronized void nowhere() {
    server = Optional.empty();
  }

  /** There will be no server any more. */
  synchronized void end() {
    ended = true;
    server = Optional.empty();
    notifyAll();
  }

  /** Waits for a server; empty when there will be none any more. */
  synchronized Optional<Ready> await() throws InterruptedException {
    while (server.isEmpty() && !ended) {
      wait();
    }
    return server;
  }
}
