package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.base.Version;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.FrameWriter;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
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

  private final Reading reading;
  private final PublishRoute publisher;
  private final Turnstile turnstile;
  private final Optional<Resumption> resumption;
  private final TransportLimits limits;
  private final CortexConfig config;
  private final OrgLimits orgLimits;
  private final Clock clock;
  private final Set<WsSocket> sockets = new HashSet<>();
  private long opened;

  /**
   * Creates the route.
   *
   * @param turnstile counts connections; refuses those that are too many, or all while the node is going away
   * @param resumption makes resume tokens; empty where connections cannot be resumed by one
   */
  WsRoute(
      Reading reading,
      PublishRoute publisher,
      Turnstile turnstile,
      Optional<Resumption> resumption,
      TransportLimits limits,
      CortexConfig config,
      Clock clock) {
    this.reading = reading;
    this.publisher = publisher;
    this.turnstile = turnstile;
    this.resumption = resumption;
    this.limits = limits;
    this.config = config;
    this.orgLimits = new OrgLimits(config.limits());
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

  /** Sends pings that are due and closes what has expired. To be called about once a second. */
  void tick() {
    long wallMs = clock.wallMs();
    List.copyOf(sockets).forEach(socket -> socket.tick(wallMs));
  }

  /** Tells every client that can be told to come back within that time, elsewhere. */
  void announce(long withinMs) {
    byte[] drain = FrameWriter.frame("drain").put("reconnectWithinMs", withinMs).bytes();
    List.copyOf(sockets).stream().filter(WsSocket::controlFrames).forEach(socket -> socket.send(drain));
  }

  /** What closes each socket whose client can, or cannot, be told of its state: because the node is going away. */
  List<Runnable> departures(boolean controlFrames) {
    List<Runnable> departures = new ArrayList<>();
    for (WsSocket socket : sockets) {
      if (socket.controlFrames() == controlFrames) {
        departures.add(() ->
            socket.close(ErrorCode.SHUTTING_DOWN.closeCode(), ErrorCode.SHUTTING_DOWN.sentence()));
      }
    }
    return departures;
  }

  /** Serves one upgrade request. */
  void handle(HttpServerRequest request, Principal principal) {
    try {
      if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "this path is for WebSocket upgrades");
      }
      WsPreparation asked =
          new WsPreparation(
              reading, request, principal, orgLimits.of(principal.orgs()).subscriptionsPerConnection());
      // unread while we prepare: a request that was read to its end cannot be upgraded any more
      request.pause();
      turnstile
          .enter(asked.orgs(principal), sockets.size())
          .onFailure(refused -> Problems.answer(request, refused))
          .onSuccess(leave -> asked.prepare().compose(done -> turnstile.stillOpen()).onComplete(ready ->
              upgrade(request, new Visit(principal, asked, leave), ready.cause())));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** A client on its way in, and how it leaves. */
  private record Visit(Principal principal, WsPreparation asked, Runnable leave) {}

  /** What remains to be done when a socket closes; holds nothing of the request, which is garbage by then. */
  private Handler<Void> closing(WsSocket socket, Subscriptions subscriptions, OrgWatch watch, Runnable leave) {
    return closed -> {
      sockets.remove(socket);
      reading.feeds().everyOrg().unwatch(watch);
      subscriptions.close();
      leave.run();
    };
  }

  /** Answers the upgrade and starts, or closes at once with the reason why not. */
  private void upgrade(HttpServerRequest request, Visit visit, Throwable failure) {
    ErrorCode code = failure instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    if (failure != null && code.closeCode() == 0) {
      visit.asked().letGo();
      visit.leave().run();
      Problems.answer(request, failure);
      return;
    }
    request.toWebSocket()
        .onSuccess(webSocket -> {
          if (failure != null) {
            visit.leave().run();
            webSocket.close((short) code.closeCode(), code.code());
          } else {
            open(webSocket, visit);
          }
        })
        .onFailure(refused -> {
          visit.leave().run();
          Problems.answer(request, ErrorCode.BAD_REQUEST, "not a WebSocket handshake of version 13");
        })
        .onComplete(done -> visit.asked().letGo());
  }

  private void open(ServerWebSocket webSocket, Visit visit) {
    WsPreparation asked = visit.asked();
    CortexConfig.Limits own = orgLimits.of(visit.principal().orgs());
    ChannelHandlerContext vertxHandler = ((WebSocketInternal) webSocket).channelHandlerContext();
    Visitor visitor = new Visitor(UUID.randomUUID().toString(), visit.principal());
    WsSocket socket =
        new WsSocket(webSocket, vertxHandler, asked.controlFrames(), limits.queueEvents(), visitor, clock);
    String reader = reading.feeds().readerName() + ".ws." + opened++;
    Subscriptions subscriptions =
        new Subscriptions(socket, limits, reader, own.subscriptionsPerConnection());
    Pace pace = new Pace(own.connectionEvents(), clock);
    WsConnection client = new WsConnection(socket, subscriptions, reading, publisher, resumption, pace);
    vertxHandler
        .pipeline()
        .addBefore(vertxHandler.name(), "frame-guard", new FrameGuard(messageBytesMax(config), client, clock));
    sockets.add(socket);
    webSocket.closeHandler(closing(socket, subscriptions, asked.watch(), visit.leave()));
    webSocket.exceptionHandler(broken -> vertxHandler.close());
    if (asked.controlFrames()) {
      socket.send(welcome(visitor));
    }
    asked.start(socket, subscriptions);
  }

  private byte[] welcome(Visitor visitor) {
    FrameWriter told = FrameWriter.object()
        .put("messageBytes", messageBytesMax(config))
        .put("payloadBytes", config.messageContract().maxPayloadBytes())
        .put("queueEvents", limits.queueEvents())
        .put("subscriptions", orgLimits.of(visitor.principal().orgs()).subscriptionsPerConnection());
    FrameWriter welcome = FrameWriter.frame("welcome").put("connection", visitor.connection());
    resumption.ifPresentOrElse(
        tokens -> welcome.put("resumeToken", tokens.issue(visitor)), () -> welcome.putNull("resumeToken"));
    return welcome
        .put("server", "cortex/" + Version.TEXT)
        .put("profile", config.profile())
        .put("limits", told)
        .bytes();
  }
}
