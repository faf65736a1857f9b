package dev.cortex.boot;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * A running demo: a cloud node and the desktops of two users that sync with it, in one process. Each is a whole server
 * with its own threads and data directory, and they speak with each other through their doors only.
 */
public final class Demo {

  /** What the cloud node is called. */
  public static final String CLOUD = "cloud";

  private static final Logger LOG = LoggerFactory.getLogger(Demo.class);
  private static final List<String> USERS = List.of("ada", "bob");
  private static final int SECRET_BYTES = 32;
  private static final Duration STOP = Duration.ofSeconds(4);

  /** Of the time for a stop, what desktops may take: they take leave of the cloud, which must still be there. */
  private static final double DESKTOPS_SHARE = 0.6;

  /**
   * A user and the desktop that is theirs.
   *
   * @param token lets the user into the cloud
   */
  public record Desktop(String user, CortexServer server, String token) {}

  private final DemoHome home;
  private final CortexServer cloud;
  private final List<Desktop> desktops;

  private Demo(DemoHome home, CortexServer cloud, List<Desktop> desktops) {
    this.home = home;
    this.cloud = cloud;
    this.desktops = desktops;
  }

  /**
   * Starts the cloud node, then the desktops.
   *
   * @param config of profile {@code demo}
   * @return the demo once every server accepts connections; fails with a {@link StartException} and leaves nothing
   */
  public static Future<Demo> start(CortexConfig config, DemoHome home) {
    String secret = config.auth().jwtSecret().isEmpty() ? randomSecret() : config.auth().jwtSecret();
    DemoPlan plan = new DemoPlan(config, home, secret);
    return ServerGroup.start(CLOUD, () -> CortexServer.start(plan.cloud()))
        .recover(cause -> leave(home).transform(left -> Future.failedFuture(cause)))
        .compose(cloud -> {
          List<Desktop> started = Collections.synchronizedList(new ArrayList<>());
          return startDesktops(plan, cloud, started)
              .map(done -> new Demo(home, cloud, inOrder(started)))
              .recover(cause ->
                  new Demo(home, cloud, inOrder(started))
                      .close(STOP)
                      .transform(closed -> Future.failedFuture(cause)));
        });
  }

  private static Future<?> startDesktops(DemoPlan plan, CortexServer cloud, List<Desktop> started) {
    List<Integer> ports;
    try {
      ports = freePorts(USERS.size());
    } catch (IOException e) {
      return Future.failedFuture(new StartException(StartFailure.PORT_IN_USE, "no free port: " + e.getMessage(), e));
    }
    List<Future<?>> starts = new ArrayList<>();
    for (int i = 0; i < USERS.size(); i++) {
      String user = USERS.get(i);
      String token = plan.token(user, Clock.SYSTEM.wallMs());
      CortexConfig config = plan.desktop(user, token, cloud.url(), ports.get(i));
      starts.add(
          ServerGroup.start(user, () -> CortexServer.start(config))
              .onSuccess(server -> started.add(new Desktop(user, server, token))));
    }
    return Future.join(starts);
  }

  private static List<Desktop> inOrder(List<Desktop> started) {
    synchronized (started) {
      return USERS.stream().flatMap(user -> started.stream().filter(each -> each.user().equals(user))).toList();
    }
  }

  /** The org that everybody in the demo belongs to. */
  public String org() {
    return DemoPlan.ORG;
  }

  /** The cloud node. */
  public CortexServer cloud() {
    return cloud;
  }

  /** The desktops, two of them. */
  public List<Desktop> desktops() {
    return desktops;
  }

  /** Where the data is. */
  public DemoHome home() {
    return home;
  }

  /** How long {@link #close(Duration)} takes at most when nobody is in a hurry. */
  public Duration stopBudget() {
    return STOP;
  }

  /**
   * Stops the desktops, then the cloud node, and removes data that nobody asked to keep.
   *
   * @param budget for everything together
   */
  public Future<Void> close(Duration budget) {
    long desktopsMs = (long) (budget.toMillis() * DESKTOPS_SHARE);
    Stream<Future<?>> closing =
        desktops.stream().map(desktop -> desktop.server().close(Duration.ofMillis(desktopsMs)));
    return Future.join(closing.toList())
        .transform(closed -> cloud.close(budget.minusMillis(desktopsMs)))
        .transform(closed ->
            leave(home).compose(left -> closed.succeeded() ? left() : Future.failedFuture(closed.cause())));
  }

  private static Future<Void> left() {
    return Future.succeededFuture();
  }

  private static Future<Void> leave(DemoHome home) {
    try {
      home.leave();
    } catch (IOException e) {
      LOG.warn("the demo's data in " + home.path() + " was not removed", e);
    }
    return left();
  }

  /** Ports that were free a moment ago, all different; the desktops tell them to the cloud before they listen. */
  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private static String randomSecret() {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }
}
