package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.FrameWriter;
import dev.cortex.event.RefusedException;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Opens WebSockets. Everything a client's query asks for is settled before the upgrade is answered: a client that sees
 * its socket open misses no event that is published after that.
 */
final class WsRoute {

  /** The subprotocol of clients that want to be told of their state. */
  static final String SUBPROTOCOL = "cortex.v1";

  private static final int MESSAGE_BYTES_MIN = 256 * 1024;
  private static final int BESIDE_PAYLOAD_BYTES = 64 * 1024;

  private static final String LOCAL_USER = "local";

  private final Feeds feeds;
  private final Beginnings beginnings;
  private final PublishRoute publisher;
  private final TransportLimits limits;
  private final CortexConfig config;
  private final String version;
  private final Clock clock;
  private final Set<WsSocket> sockets = new HashSet<>();
  private long opened;

  WsRoute(
      Feeds feeds,
      Beginnings beginnings,
      PublishRoute publisher,
      TransportLimits limits,
      CortexConfig config,
      String version,
      Clock clock) {
    this.feeds = feeds;
    this.beginnings = beginnings;
    this.publisher = publisher;
    this.limits = limits;
    this.config = config;
    this.version = version;
    this.clock = clock;
  }

  /** Largest message of a client, bytes: above the payload limit, so that a payload too large is answered politely. */
  static int messageBytesMax(CortexConfig config) {
    return Math.max(MESSAGE_BYTES_MIN, config.messageContract().maxPayloadBytes() + BESIDE_PAYLOAD_BYTES);
  }

  /** Open sockets. */
  int size() {
    return sockets.size();
  }

  /** Sends pings that are due. To be called about once a second. */
  void tick() {
    List.copyOf(sockets).forEach(WsSocket::tick);
  }

  /** Tells every client to come back within that time, and closes. */
  void drain(int reconnectWithinMs) {
    byte[] drain = FrameWriter.frame("drain").put("reconnectWithinMs", reconnectWithinMs).bytes();
    for (WsSocket socket : List.copyOf(sockets)) {
      if (socket.controlFrames()) {
        socket.send(drain);
      }
      socket.close(ErrorCode.SHUTTING_DOWN.closeCode(), ErrorCode.SHUTTING_DOWN.sentence());
    }
  }

  /** Serves one upgrade request. */
  void handle(HttpServerRequest request) {
    try {
      if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "this path is for WebSocket upgrades");
      }
      int connectionsMax = config.limits().connections();
      if (connectionsMax > 0 && sockets.size() >= connectionsMax) {
        throw new RefusedException(ErrorCode.RATE_LIMITED, "this server has as many connections as it may");
      }
      WsPreparation asked = new WsPreparation(feeds, beginnings, request, config.limits().subscriptionsPerConnection());
      // unread while we prepare: a request that was read to its end cannot be upgraded any more
      request.pause();
      asked.prepare().onComplete(ready -> upgrade(request, asked, ready.cause()));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** What remains to be done when a socket closes; holds nothing of the request, which is garbage by then. */
  private Handler<Void> closing(WsSocket socket, Subscriptions subscriptions, OrgWatch watch) {
    return closed -> {
      sockets.remove(socket);
      feeds.unwatchAll(watch);
      subscriptions.close();
    };
  }

  /** Answers the upgrade and starts, or closes at once with the reason why not. */
  private void upgrade(HttpServerRequest request, WsPreparation asked, Throwable failure) {
    ErrorCode code = failure instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    if (failure != null && code.closeCode() == 0) {
      asked.letGo();
      Problems.answer(request, failure);
      return;
    }
    request.toWebSocket()
        .onSuccess(webSocket -> {
          if (failure != null) {
            webSocket.close((short) code.closeCode(), code.code());
          } else {
            open(webSocket, asked);
          }
        })
        .onFailure(refused -> Problems.answer(
            request, ErrorCode.BAD_REQUEST, "not a WebSocket handshake of version 13"))
        .onComplete(done -> asked.letGo());
  }

  private void open(ServerWebSocket webSocket, WsPreparation asked) {
    ChannelHandlerContext vertxHandler = ((WebSocketInternal) webSocket).channelHandlerContext();
    WsSocket socket =
        new WsSocket(webSocket, vertxHandler, asked.controlFrames(), limits.queueEvents(), LOCAL_USER, clock);
    String reader = feeds.readerName() + ".ws." + opened++;
    Subscriptions subscriptions =
        new Subscriptions(socket, limits, reader, config.limits().subscriptionsPerConnection());
    Pace pace = new Pace(config.limits().connectionEvents(), clock);
    WsConnection client = new WsConnection(socket, subscriptions, beginnings, publisher, feeds, pace);
    vertxHandler
        .pipeline()
        .addBefore(vertxHandler.name(), "frame-guard", new FrameGuard(messageBytesMax(config), client, clock));
    sockets.add(socket);
    webSocket.closeHandler(closing(socket, subscriptions, asked.watch()));
    webSocket.exceptionHandler(broken -> vertxHandler.close());
    if (asked.controlFrames()) {
      socket.send(welcome());
    }
    asked.start(socket, subscriptions);
  }

  private byte[] welcome() {
    FrameWriter told = FrameWriter.object()
        .put("messageBytes", messageBytesMax(config))
        .put("payloadBytes", config.messageContract().maxPayloadBytes())
        .put("queueEvents", limits.queueEvents())
        .put("subscriptions", config.limits().subscriptionsPerConnection());
    return FrameWriter.frame("welcome")
        .put("connection", UUID.randomUUID().toString())
        .putNull("resumeToken")
        .put("server", "cortex/" + version)
        .put("profile", config.profile())
        .put("limits", told)
        .bytes();
  }
}
