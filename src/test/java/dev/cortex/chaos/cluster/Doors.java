package dev.cortex.chaos.cluster;

import dev.cortex.testing.process.Cluster;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The public ports of all nodes as clients know them; which of them answers is for the client to find out. */
final class Doors {

  /** The library's lines about broken connections tell nothing here. Held, or its loggers are made anew. */
  private static final List<Logger> QUIET =
      List.of(Logger.getLogger("io.vertx.core.http.impl"), Logger.getLogger("io.vertx.core.net.impl"));

  private static final int CONNECT_MS = 1_500;
  private static final int FRAME_BYTES_MAX = 1 << 20;

  private final Vertx vertx;
  private final List<Integer> ports;
  private final HttpClient http;
  private final WebSocketClient sockets;

  Doors(Vertx vertx, List<Integer> ports) {
    QUIET.forEach(logger -> logger.setLevel(Level.OFF));
    this.vertx = vertx;
    this.ports = ports;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions().setConnectTimeout(CONNECT_MS), new PoolOptions().setHttp1MaxSize(1_000));
    this.sockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setConnectTimeout(CONNECT_MS)
                .setMaxConnections(2_000)
                .setMaxFrameSize(FRAME_BYTES_MAX)
                .setMaxMessageSize(FRAME_BYTES_MAX));
  }

  /** The whole answer to a request. */
  record Answer(int status, Buffer body) {}

  Vertx vertx() {
    return vertx;
  }

  /** How many nodes there are. */
  int count() {
    return ports.size();
  }

  /** A token of a user of that org who may do everything. */
  static String token(String org, String user) {
    return Cluster.token(org, user, "publish subscribe consume admin");
  }

  /** A request to the door of a node; fails when there is no answer within that time. */
  Future<Answer> ask(int node, HttpMethod method, String path, String token, Buffer body, long atMostMs) {
    RequestOptions options = options(node, method, path, token).setTimeout(atMostMs);
    if (body.length() > 0) {
      options.addHeader("Content-Type", "application/json");
    }
    Future<Answer> answer =
        http.request(options)
            .compose(request -> request.send(body))
            .compose(response -> response.body().map(all -> new Answer(response.statusCode(), all)));
    return answer.timeout(2 * atMostMs, TimeUnit.MILLISECONDS);
  }

  /** The client for what {@link #ask} is not made for. */
  HttpClient http() {
    return http;
  }

  RequestOptions options(int node, HttpMethod method, String path, String token) {
    return new RequestOptions()
        .setMethod(method)
        .setHost("127.0.0.1")
        .setPort(ports.get(node))
        .setURI(path)
        .setConnectTimeout(CONNECT_MS)
        .addHeader("Authorization", "Bearer " + token);
  }

  /** A WebSocket to a node; fails when it does not open within that time. */
  Future<WebSocket> open(int node, String query, String token, boolean rich, long atMostMs) {
    WebSocketConnectOptions options = new WebSocketConnectOptions();
    options.setHost("127.0.0.1").setPort(ports.get(node)).setURI("/api/ws" + query).setConnectTimeout(CONNECT_MS);
    options.addHeader("Authorization", "Bearer " + token).setTimeout(atMostMs);
    options.setAllowOriginHeader(false); // no browser
    if (rich) {
      options.addSubProtocol("cortex.v1");
    }
    return sockets.connect(options);
  }
}
