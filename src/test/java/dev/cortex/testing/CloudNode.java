package dev.cortex.testing;

import dev.cortex.auth.Tokens;
import dev.cortex.base.Clock;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import dev.cortex.config.CortexConfig;
import dev.cortex.gateway.WsServerVerticle;
import dev.cortex.ingest.IngestVerticle;
import dev.cortex.log.EventLog;
import dev.cortex.log.sql.SqliteEventLog;
import dev.cortex.ops.Metrics;
import dev.cortex.room.OrgRoomVerticle;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryContext;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The doors of a cloud node in this process, on free ports: alone, with its log in SQLite, and HS256 tokens. */
public final class CloudNode implements AutoCloseable {

  private static final int PATIENCE_SECONDS = 60;
  private static final byte[] RESUME_SECRET = "signs-resume-tokens-of-the-tests".getBytes(StandardCharsets.US_ASCII);
  private static final String NODE = "n1";

  private final Vertx vertx;
  private final EventLog log;
  private final Directory directory;
  private final WsServerVerticle gateway;

  private CloudNode(Vertx vertx, EventLog log, Directory directory, WsServerVerticle gateway) {
    this.vertx = vertx;
    this.log = log;
    this.directory = directory;
    this.gateway = gateway;
  }

  /**
   * Starts one.
   *
   * @param sets configuration as {@code key=value}
   */
  public static CloudNode start(Path dataDir, String... sets) throws TimeoutException {
    CortexConfig config = config(dataDir, sets);
    Clock clock = Clock.SYSTEM;
    Vertx vertx = Vertx.vertx();
    Codecs.register(vertx.eventBus());
    Directory directory = Directory.alone(NODE, new ShardMap(config.room().shards(), false));
    Metrics metrics = new Metrics(Set.of(), clock);
    EventLog log = await(SqliteEventLog.open(vertx, dataDir, true, clock, SqliteEventLog.Owner.CLOUD));
    await(vertx.deployVerticle(
        new OrgRoomVerticle(config, log, metrics, clock, directory, Members.alone(NODE))));
    await(vertx.deployVerticle(new IngestVerticle(config, metrics, clock, directory)));
    Tokens tokens = await(Tokens.open(vertx, config.auth(), clock));
    WsServerVerticle gateway = WsServerVerticle.cloud(config, tokens, RESUME_SECRET, metrics, clock, directory);
    await(vertx.deployVerticle(gateway));
    return new CloudNode(vertx, log, directory, gateway);
  }

  private static CortexConfig config(Path dataDir, String... sets) {
    List<Assignment> assignments = new ArrayList<>(List.of(
        new Assignment("dataDir", "data_dir", dataDir.toString()),
        new Assignment("set", "server.host", "127.0.0.1"),
        new Assignment("set", "server.port", "0"),
        new Assignment("set", "server.internal_port", "0"),
        new Assignment("set", "auth.jwt_secret", UserToken.SECRET)));
    for (String set : sets) {
      int equals = set.indexOf('=');
      assignments.add(new Assignment("set", set.substring(0, equals), set.substring(equals + 1)));
    }
    return ConfigLoader.load(new ConfigSource("cloud", Optional.empty(), Map.of(), assignments)).config();
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The public port. */
  public int port() {
    return gateway.port();
  }

  /** The port of the internal listener. */
  public int internalPort() {
    return gateway.internalPort();
  }

  /** Sends one request to the public port, on a connection of its own. */
  public RawHttp.Answer ask(String method, String target, String body, String... headers) throws IOException {
    try (RawHttp http = RawHttp.connect(port())) {
      return http.ask(method, target, body, headers);
    }
  }

  /** Sends one GET to the internal port, on a connection of its own. */
  public RawHttp.Answer askInside(String target, String... headers) throws IOException {
    try (RawHttp http = RawHttp.connect(internalPort())) {
      return http.ask("GET", target, "", headers);
    }
  }

  /** Publishes one event with that token and returns its result; fails when it was not accepted or a duplicate. */
  public JsonObject publish(String token, String json) throws IOException {
    RawHttp.Answer answer =
        ask("POST", "/api/events", json, "Content-Type: application/json", "Authorization: Bearer " + token);
    if (answer.status() != 200) {
      throw new IOException("not published: " + answer.status() + ' ' + answer.text());
    }
    return answer.json().getJsonArray("results").getJsonObject(0);
  }

  /** Opens a WebSocket with that token; {@code query} is empty or begins with a question mark. */
  public RawWebSocket webSocket(String token, String query) throws IOException {
    return RawWebSocket.open(port(), "/api/ws" + query, "Authorization: Bearer " + token);
  }

  /** Opens a WebSocket that speaks {@code cortex.v1}; its welcome is still to be read. */
  public RawWebSocket richClient(String token) throws IOException {
    return RawWebSocket.open(
        port(), "/api/ws", "Authorization: Bearer " + token, "Sec-WebSocket-Protocol: cortex.v1");
  }

  /** Opens a stream and reads the head of its answer. */
  public RawHttp stream(String token, String query) throws IOException {
    RawHttp http = RawHttp.connect(port());
    http.send(http.request("GET", "/api/stream" + query, "", "Authorization: Bearer " + token));
    RawHttp.Answer head = http.head();
    if (head.status() != 200) {
      http.close();
      throw new IOException("no stream: " + head.status());
    }
    return http;
  }

  /** Lets every client go. */
  public Future<Void> drain(long spreadMs) {
    return gateway.drain(spreadMs);
  }

  /** Tells the node how it takes part in its cluster now. */
  public void becomes(NodeState state) {
    Directory.View view = directory.view();
    Directory.Node self = new Directory.Node(NODE, state, view.self().address());
    directory.update(new Directory.View(self, Map.of(NODE, self), view.owners(), view.epochs()));
  }

  /** Lets the test see, keep and lose what is sent on the bus. */
  public void onBus(Handler<DeliveryContext<Object>> interceptor) {
    vertx.eventBus().addOutboundInterceptor(interceptor);
  }

  /** Lets the node know where the rooms are, or not: they are here. */
  public void finds(boolean rooms) {
    Directory.View view = directory.view();
    List<String> owners = Collections.nCopies(view.owners().size(), rooms ? NODE : "");
    directory.update(new Directory.View(view.self(), view.nodes(), owners, view.epochs()));
  }

  @Override
  public void close() throws TimeoutException {
    await(vertx.close().eventually(log::close));
  }
}
