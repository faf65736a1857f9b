package dev.cortex.callback;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The resolver of this machine. It blocks for as long as a name's servers are silent, so it has threads of its own;
 * those who want the same name share a look-up, and only so many names are looked up or wait for it. All of it is to be
 * asked on one event loop.
 */
final class SystemLookup implements HostLookup {

  /** Asks for a name and blocks until there is an answer. */
  interface Resolver {
    InetAddress[] addresses(String name) throws UnknownHostException;
  }

  /** Names at a time, those in doubt included that wait for a thread. */
  static final int NAMES_MAX = 512;

  private static final int THREADS = 8;
  /** More than an org may have challenges at a time, so that names of one that never answer leave some to others. */
  private static final int DOUBTFUL_THREADS = Registrations.PENDING_ORG + 16;

  private final Resolver resolver;
  private final Kind sure;
  private final Kind inDoubt;

  /** Look-ups that share threads. */
  private record Kind(WorkerExecutor threads, Map<String, Future<List<byte[]>>> underWay) {}

  SystemLookup(Vertx vertx) {
    this(vertx, InetAddress::getAllByName);
  }

  /** Look-ups by a resolver of the caller's making. */
  SystemLookup(Vertx vertx, Resolver resolver) {
    this.resolver = resolver;
    this.sure = new Kind(vertx.createSharedWorkerExecutor("callback-lookup", THREADS), new HashMap<>());
    this.inDoubt = new Kind(
        vertx.createSharedWorkerExecutor("callback-lookup-doubtful", DOUBTFUL_THREADS), new HashMap<>());
  }

  @Override
  public Future<List<byte[]>> addresses(String name, boolean doubtful) {
    Kind kind = doubtful ? inDoubt : sure;
    Future<List<byte[]>> shared = kind.underWay().get(name);
    if (shared != null) {
      return shared;
    }
    if (kind.underWay().size() >= NAMES_MAX) {
      return Future.failedFuture(new UnknownHostException("too many names are being looked up"));
    }
    Future<List<byte[]>> begun = kind.threads().executeBlocking(
        () -> Arrays.stream(resolver.addresses(name)).map(InetAddress::getAddress).toList(), false);
    kind.underWay().put(name, begun);
    begun.onComplete(done -> kind.underWay().remove(name, begun));
    return begun;
  }
}
