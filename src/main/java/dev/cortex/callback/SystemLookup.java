package dev.cortex.callback;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/** The resolver of this machine. It blocks for as long as a name's servers are silent, so it has threads of its own. */
final class SystemLookup implements HostLookup {

  private static final int THREADS = 8;
  private static final int DOUBTFUL_THREADS = 16;

  private final WorkerExecutor threads;
  private final WorkerExecutor doubtfulThreads;

  SystemLookup(Vertx vertx) {
    threads = vertx.createSharedWorkerExecutor("callback-lookup", THREADS);
    doubtfulThreads = vertx.createSharedWorkerExecutor("callback-lookup-doubtful", DOUBTFUL_THREADS);
  }

  @Override
  public Future<List<byte[]>> addresses(String name, boolean doubtful) {
    return (doubtful ? doubtfulThreads : threads).executeBlocking(
        () -> Arrays.stream(InetAddress.getAllByName(name)).map(InetAddress::getAddress).toList(), false);
  }
}
