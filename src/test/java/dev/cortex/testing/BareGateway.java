package dev.cortex.testing;

import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.Tokens;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Probe;
import dev.cortex.bus.Message.Ready;
import dev.cortex.bus.Requests;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.gateway.WsServerVerticle;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** The doors of a server in this process, on free ports, with nothing behind them but what the test plays. */
public final class BareGateway implements AutoCloseable {

  private static final int PATIENCE_SECONDS = 60;
  private static final byte[] RESUME_SECRET = "signs-resume-tokens-of-the-tests".getBytes(StandardCharsets.US_ASCII);
  /** The name of the node behind these doors. */
  public static final String NODE = "n1";

  private final Vertx vertx;
  private final WsServerVerticle gateway;
  private final Metrics metrics;

  private BareGateway(Vertx vertx, WsServerVerticle gateway, Metrics metrics) {
    this.vertx = vertx;
    this.gateway = gateway;
    this.metrics = metrics;
  }

  /** The doors of a desktop. */
  public static BareGateway desktop(String... sets) throws TimeoutException {
    CortexConfig config = config("local", sets);
    Vertx vertx = Vertx.vertx();
    Metrics metrics = new Metrics(Set.of(), Clock.SYSTEM);
    Directory directory = Directory.alone(NODE, new ShardMap(8, false));
    WsServerVerticle gateway = WsServerVerticle.local(
        config,
        port -> new LocalGuard(config.server().allowedOrigins(), port, Optional.empty()),
        metrics,
        Clock.SYSTEM,
        directory);
    return start(vertx, gateway, metrics);
  }

  /** The doors of a cloud node. */
  public static BareGateway cloud(String... sets) throws TimeoutException {
    CortexConfig config = config("cloud", sets);
    Vertx vertx = Vertx.vertx();
    Metrics metrics = new Metrics(Set.of(), Clock.SYSTEM);
    Directory directory = Directory.alone(NODE, new ShardMap(8, false));
    Tokens tokens = await(Tokens.open(vertx, config.auth(), Clock.SYSTEM));
    WsServerVerticle gateway =
        WsServerVerticle.cloud(config, tokens, RESUME_SECRET, metrics, Clock.SYSTEM, directory);
    return start(vertx, gateway, metrics);
  }

  private static BareGateway start(Vertx vertx, WsServerVerticle gateway, Metrics metrics) throws TimeoutException {
    Codecs.register(vertx.eventBus());
    await(vertx.deployVerticle(gateway));
    return new BareGateway(vertx, gateway, metrics);
  }

  private static CortexConfig config(String profile, String... sets) {
    List<Assignment> assignments = new ArrayList<>(List.of(
        new Assignment("dataDir", "data_dir", "unused"),
        new Assignment("set", "server.host", "127.0.0.1"),
        new Assignment("set", "server.port", "0")));
    if (profile.equals("cloud")) {
      assignments.add(new Assignment("set", "server.internal_port", "0"));
      assignments.add(new Assignment("set", "auth.jwt_secret", UserToken.SECRET));
    }
    for (String set : sets) {
      int equals = set.indexOf('=');
      assignments.add(new Assignment("set", set.substring(0, equals), set.substring(equals + 1)));
    }
    return ConfigLoader.load(new ConfigSource(profile, Optional.empty(), Map.of(), assignments)).config();
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Plays who listens at an address.
   *
   * @param role the answer to each message; a {@link RefusedException} refuses it
   */
  public void plays(String address, Function<Message, Future<? extends Message>> role) throws TimeoutException {
    var consumer = vertx.eventBus().<Message>localConsumer(address);
    consumer.handler(received -> {
      Future<? extends Message> answer;
      try {
        answer = role.apply(received.body());
      } catch (RefusedException refused) {
        answer = Future.failedFuture(refused);
      }
      answer.onSuccess(received::reply).onFailure(failure -> {
        ErrorCode code = failure instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
        Requests.refuse(received, code, failure.getMessage());
      });
    });
    await(consumer.completion());
  }

  /** Plays the rooms of this node, which can commit whenever they are asked. */
  public void playsRoom(Function<Message, Future<? extends Message>> role) throws TimeoutException {
    plays(Addresses.room(NODE), asked ->
        asked instanceof Probe ? Future.succeededFuture(new Ready()) : role.apply(asked));
  }

  /** Delivers what rooms of this node tell. */
  public void delivers(Delivery delivery) {
    vertx.eventBus().send(Addresses.gateway(NODE, 0), delivery);
  }

  /** The public port. */
  public int port() {
    return gateway.port();
  }

  /** The port of the internal listener; on a desktop the public one. */
  public int internalPort() {
    return gateway.internalPort();
  }

  /** The port for signed pushes alone; 0 when there is none. */
  public int callbackPort() {
    return gateway.callbackPort();
  }

  /** What is counted. */
  public Metrics metrics() {
    return metrics;
  }

  /** Sends one request to a port, on a connection of its own. */
  public static RawHttp.Answer ask(int port, String method, String target, String body, String... headers)
      throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.ask(method, target, body, headers);
    }
  }

  /** Sends one request to the public port, on a connection of its own. */
  public RawHttp.Answer ask(String method, String target, String body, String... headers) throws IOException {
    return ask(port(), method, target, body, headers);
  }

  @Override
  public void close() throws TimeoutException {
    await(vertx.close());
  }
}
