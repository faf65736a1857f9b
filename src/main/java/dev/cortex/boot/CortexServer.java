package dev.cortex.boot;

import dev.cortex.auth.InstallToken;
import dev.cortex.base.Version;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.config.ConfigException;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Outcome;
import dev.cortex.event.Principal;
import dev.cortex.store.SqliteDriver;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A running Cortex server, for programs that embed one and for the command line. It owns its threads, its data
 * directory and its ports until {@link #close}; it ends no process, installs no hook and sets no system property.
 */
public final class CortexServer {

  private static final Logger LOG = LoggerFactory.getLogger(CortexServer.class);
  private static final int STOP_SECONDS_MAX = 4;
  private static final long PUBLISH_TIMEOUT_MS = 30_000;

  private final CortexConfig config;
  private final Vertx vertx;
  private final DataDirectory directory;
  private final Stages stages;
  private final Optional<String> token;
  private final int port;
  private final Promise<Void> closed = Promise.promise();
  private boolean closing;

  private CortexServer(
      CortexConfig config, Vertx vertx, DataDirectory directory, Stages stages, Optional<String> token, int port) {
    this.config = config;
    this.vertx = vertx;
    this.directory = directory;
    this.stages = stages;
    this.token = token;
    this.port = port;
  }

  /**
   * Starts a server. Small files are read and written on the calling thread.
   *
   * @return the server once it accepts connections and can commit an event; fails with a {@link StartException}
   */
  public static Future<CortexServer> start(CortexOptions options) {
    try {
      return start(ConfigLoader.load(options.source()).config());
    } catch (ConfigException e) {
      return Future.failedFuture(new StartException(StartFailure.BAD_CONFIG, e.getMessage(), e));
    }
  }

  /** Starts a server with a configuration that is loaded already; see {@link #start(CortexOptions)}. */
  public static Future<CortexServer> start(CortexConfig config) {
    return start(config, SqlLog::open);
  }

  static Future<CortexServer> start(CortexConfig config, LogOpener opener) {
    DataDirectory directory;
    try {
      directory = DataDirectory.open(config.dataDir());
    } catch (StartException e) {
      return Future.failedFuture(e);
    }
    CompletionStage<Void> driver =
        config.store().inDataDir()
            ? SqliteDriver.load(directory.scratch("native"))
            : CompletableFuture.completedFuture(null);
    return NodeBus.open(config, directory.scratch("vertx"))
        .recover(cause ->
            giveBack(directory).transform(given -> Future.failedFuture(StartException.of(cause, ""))))
        .compose(bus -> start(config, opener, directory, driver, bus));
  }

  private static Future<CortexServer> start(
      CortexConfig config, LogOpener opener, DataDirectory directory, CompletionStage<Void> driver, NodeBus bus) {
    Vertx vertx = bus.vertx();
    Stages stages = new Stages(bus, config);
    String address = config.server().host() + ':' + config.server().port();
    return installToken(config, directory)
        .compose(token -> Future.fromCompletionStage(driver, vertx.getOrCreateContext()).map(token))
        .compose(token ->
            stages
                .start(opener, directory.path(), token)
                .map(port -> new CortexServer(config, vertx, directory, stages, token, port)))
        .compose(CortexServer::announced)
        .recover(cause -> {
          StartException failure = StartException.of(cause, address);
          return stopAll(stages, vertx, directory, Duration.ofSeconds(STOP_SECONDS_MAX))
              .transform(stopped -> Future.failedFuture(failure));
        });
  }

  /** The public port in use. */
  public int port() {
    return port;
  }

  /** Where the server is reached. */
  public String url() {
    return url(config.server().host(), port);
  }

  private static String url(String host, int port) {
    // whoever is told this is on the same machine, where every address is reached by the loopback one
    String reached =
        switch (host) {
          case "0.0.0.0" -> "127.0.0.1";
          case "::" -> "::1";
          default -> host;
        };
    return "http://" + (reached.contains(":") ? '[' + reached + ']' : reached) + ':' + port;
  }

  /**
   * What only those who run a cloud node see of it.
   *
   * @param url where its internal listener is reached
   * @param node its name on the bus
   */
  public record Inside(String url, String node) {}

  /** The inside of a cloud node; a desktop has none. */
  public Optional<Inside> inside() {
    return stages.internalPort().map(port -> new Inside(url(config.server().internalHost(), port), stages.node()));
  }

  /** The data directory, with symbolic links resolved. */
  public Path dataDir() {
    return directory.path();
  }

  /**
   * Publishes one event or an array of events, as JSON text, by the same path as every other door.
   *
   * @return the fate of each event, in order, after its commit; a failure means that the fate is not known: repeat it
   *     with the same ids
   */
  public Future<List<Outcome>> publish(String json) {
    Message.Ingest ingest =
        new Message.Ingest(json.getBytes(StandardCharsets.UTF_8), Message.Format.JSON, Map.of(), Principal.LOCAL, "");
    return vertx
        .eventBus()
        .<Message.Ingested>request(Addresses.INGEST, ingest, new DeliveryOptions().setSendTimeout(PUBLISH_TIMEOUT_MS))
        .map(answer -> answer.body().outcomes());
  }

  /**
   * Subscribes over a WebSocket to this server itself, so an in-process subscriber gets exactly what a remote one gets:
   * the same order, bounds and close codes. On a desktop only: a cloud node wants a token from everyone.
   *
   * @param channel org, {@code org:agent} or {@code org:agent:session}; empty means every org
   * @param since a cursor or Unix milliseconds; empty means from now
   * @param onEvent called with each envelope, on an event loop: it must not block
   */
  public Future<Subscription> subscribe(String channel, String since, Consumer<String> onEvent) {
    if (config.cloud()) {
      return Future.failedFuture(new IllegalStateException("a cloud node is subscribed to at /api/ws, with a token"));
    }
    int bytesMax = config.messageContract().maxPayloadBytes() * 2 + 65_536;
    StringBuilder uri = new StringBuilder("/ws?");
    parameter(uri, "channel", channel);
    parameter(uri, "since", since);
    WebSocketConnectOptions options = new WebSocketConnectOptions();
    options.setHost(config.server().host()).setPort(port).setURI(uri.substring(0, uri.length() - 1));
    token.ifPresent(secret -> options.putHeader("Authorization", "Bearer " + secret));
    var socket =
        vertx
            .createWebSocketClient(new WebSocketClientOptions().setMaxFrameSize(bytesMax).setMaxMessageSize(bytesMax))
            .webSocket();
    Promise<Short> ended = Promise.promise();
    socket.textMessageHandler(onEvent::accept);
    return socket
        .connect(options)
        .map(open -> {
          open.closeHandler(
              done -> ended.tryComplete(Optional.ofNullable(open.closeStatusCode()).orElse((short) 1006)));
          return new Subscription(open, ended.future());
        });
  }

  /** Stops: no new connections, clients told to go, everything accepted committed, then the log closed. Idempotent. */
  public Future<Void> close() {
    return close(stopBudget());
  }

  /** How long {@link #close()} may take: on a desktop 4 s, in the cloud a second less than it may drain. */
  public Duration stopBudget() {
    int drainSeconds = config.server().drainSeconds();
    return Duration.ofSeconds(
        Math.max(1, config.cloud() ? drainSeconds - 1 : Math.min(STOP_SECONDS_MAX, drainSeconds)));
  }

  /** Stops as {@link #close()} does, with all stages together given at most that long. */
  public Future<Void> close(Duration budget) {
    synchronized (closed) {
      if (closing) {
        return closed.future();
      }
      closing = true;
    }
    stopAll(stages, vertx, directory, budget).onComplete(closed);
    return closed.future();
  }

  private Future<CortexServer> announced() {
    try {
      new RunFile(url(), port, ProcessHandle.current().pid(), Version.TEXT, System.currentTimeMillis(), token)
          .write(directory.path());
      return Future.succeededFuture(this);
    } catch (IOException e) {
      return Future.failedFuture(
          new StartException(StartFailure.CANNOT_CREATE_DATA, "cannot write the run file: " + e, e));
    }
  }

  private static Future<Void> stopAll(Stages stages, Vertx vertx, DataDirectory directory, Duration budget) {
    return stages
        .stop(budget.toMillis())
        .transform(stopped -> vertx.close())
        .transform(ended ->
            giveBack(directory)
                .compose(given -> ended.succeeded() ? Future.succeededFuture() : Future.failedFuture(ended.cause())));
  }

  /** Removes the run file and the lock; a failure is logged, for the server is gone either way. */
  private static Future<Void> giveBack(DataDirectory directory) {
    try (directory) {
      RunFile.remove(directory.path());
    } catch (IOException e) {
      LOG.warn("the data directory was not left clean", e);
    }
    return Future.succeededFuture();
  }

  private static Future<Optional<String>> installToken(CortexConfig config, DataDirectory directory) {
    try {
      return Future.succeededFuture(
          !config.cloud() && config.auth().localAuth() == CortexConfig.Auth.LocalAuth.TOKEN
              ? Optional.of(InstallToken.loadOrCreate(directory.path()))
              : Optional.empty());
    } catch (IOException e) {
      return Future.failedFuture(
          new StartException(StartFailure.CANNOT_CREATE_DATA, "cannot use the token file: " + e.getMessage(), e));
    }
  }

  private static void parameter(StringBuilder uri, String name, String value) {
    if (!value.isEmpty()) {
      uri.append(name).append('=').append(URLEncoder.encode(value, StandardCharsets.UTF_8)).append('&');
    }
  }
}
