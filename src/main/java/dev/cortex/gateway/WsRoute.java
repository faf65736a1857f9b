package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.AskHeads;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Heads;
import dev.cortex.bus.Message.Located;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.FrameWriter;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

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
      Opening opening = new Opening(request, Query.of(request));
      // unread while we prepare: a request that was read to its end cannot be upgraded any more
      request.pause();
      opening.prepare().onComplete(ready -> opening.upgrade(ready.cause()));
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

  /** Subscribes a connection to the root of every org that appears, be it while its socket is still opening. */
  private static final class OrgWatch implements Consumer<Feed> {

    private final Map<Feed, Long> early = new LinkedHashMap<>();
    private final List<Runnable> holds = new ArrayList<>();
    private Optional<Subscriptions> subscriptions = Optional.empty();

    @Override
    public void accept(Feed feed) {
      if (subscriptions.isEmpty()) {
        holds.add(feed.hold());
        early.put(feed, feed.flushed());
      } else if (!subscriptions.get().has(Channel.root(feed.orgId()))) {
        subscriptions.get().add(feed, Channel.root(feed.orgId())).startLive();
      }
    }

    /** The socket is open: what appeared meanwhile starts where it stood then. */
    private void open(Subscriptions opened) {
      subscriptions = Optional.of(opened);
      early.forEach((feed, after) -> {
        if (!opened.has(Channel.root(feed.orgId()))) {
          opened.add(feed, Channel.root(feed.orgId())).startAfter(after);
        }
      });
      letGo();
    }

    private void letGo() {
      holds.forEach(Runnable::run);
      holds.clear();
      early.clear();
    }
  }

  /** A place to begin: where, or from now on. */
  private record Start(Feed feed, Channel channel, Optional<Located> located) {}

  /** One client between its request and its first event. */
  private final class Opening {

    private final HttpServerRequest request;
    private final boolean controlFrames;
    private final List<Channel> channels;
    private final boolean everyOrg;
    private final List<Since> since = new ArrayList<>();
    private final Map<String, Since> sinceByOrg = new HashMap<>();
    private Optional<Since> sinceForAll = Optional.empty();
    private final List<Start> starts = new ArrayList<>();
    private final List<Runnable> holds = new ArrayList<>();
    private final OrgWatch watch = new OrgWatch();

    private Opening(HttpServerRequest request, Query query) {
      this.request = request;
      String offered = request.getHeader("Sec-WebSocket-Protocol");
      this.controlFrames = offered != null && List.of(offered.split("\\s*,\\s*")).contains(SUBPROTOCOL);
      this.channels = query.channels();
      boolean none = query.text("subscribe").map(value -> {
        if (!value.equals("none")) {
          throw new RefusedException(ErrorCode.BAD_REQUEST, "subscribe may only be none");
        }
        return true;
      }).orElse(controlFrames);
      this.everyOrg = channels.isEmpty() && !none;
      for (String text : query.all("since")) {
        since.add(Beginnings.parse(text));
      }
      int most = config.limits().subscriptionsPerConnection();
      if (most > 0 && channels.size() > most) {
        throw new RefusedException(ErrorCode.RATE_LIMITED, "a connection may have " + most + " subscriptions");
      }
    }

    /** Finds every place to begin and makes sure that nothing committed from now on is missed. */
    private Future<Void> prepare() {
      return sinceByOrg()
          .compose(done -> everyOrg ? feeds.watchAll(watch).compose(watching -> channelsOfEveryOrg()) : Future.succeededFuture(channels))
          .compose(wanted -> {
            List<Future<?>> prepared = new ArrayList<>();
            for (Channel channel : wanted) {
              prepared.add(start(channel));
            }
            return Future.all(prepared).mapEmpty();
          });
    }

    private Future<?> sinceByOrg() {
      List<Future<?>> owners = new ArrayList<>();
      for (Since one : since) {
        if (one instanceof Since.Cursor cursor) {
          owners.add(owner(cursor).onSuccess(org -> sinceByOrg.put(org, one)));
        } else {
          sinceForAll = Optional.of(one);
        }
      }
      return Future.all(owners);
    }

    private Future<String> owner(Since.Cursor cursor) {
      List<String> orgs = channels.stream().map(Channel::orgId).distinct().toList();
      // with a single org in question its room judges the cursor, and knows more reasons than "no such log"
      return orgs.size() == 1 ? Future.succeededFuture(orgs.get(0)) : beginnings.owner(cursor.position());
    }

    private Future<List<Channel>> channelsOfEveryOrg() {
      Set<String> orgs = new HashSet<>(sinceByOrg.keySet());
      if (sinceForAll.isEmpty()) {
        return Future.succeededFuture(orgs.stream().map(Channel::root).toList());
      }
      return feeds.ask(new AskHeads(), Heads.class).map(heads -> {
        heads.heads().stream().map(Head::orgId).forEach(orgs::add);
        return orgs.stream().map(Channel::root).toList();
      });
    }

    private Future<?> start(Channel channel) {
      Optional<Since> from = Optional.ofNullable(sinceByOrg.get(channel.orgId())).or(() -> sinceForAll);
      Future<Optional<Located>> located =
          from.isEmpty() || from.get() instanceof Since.Live
              ? Future.succeededFuture(Optional.empty())
              : beginnings.locate(channel, from.get()).map(Optional::of);
      return located.compose(place -> feeds.feed(channel.orgId()).onSuccess(feed -> {
        holds.add(feed.hold());
        starts.add(new Start(feed, channel, place));
      }));
    }

    /** Answers the upgrade and starts, or closes at once with the reason why not. */
    private void upgrade(Throwable failure) {
      ErrorCode code = failure instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
      if (failure != null && code.closeCode() == 0) {
        letGo();
        Problems.answer(request, failure);
        return;
      }
      request.toWebSocket()
          .onSuccess(webSocket -> {
            if (failure != null) {
              webSocket.close((short) code.closeCode(), code.code());
            } else {
              open(webSocket);
            }
          })
          .onFailure(refused -> Problems.answer(request, ErrorCode.BAD_REQUEST, "not a WebSocket handshake of version 13"))
          .onComplete(done -> letGo());
    }

    private void letGo() {
      holds.forEach(Runnable::run);
      if (watch.subscriptions.isEmpty()) {
        feeds.unwatchAll(watch);
        watch.letGo();
      }
    }

    private void open(ServerWebSocket webSocket) {
      ChannelHandlerContext vertxHandler = ((WebSocketInternal) webSocket).channelHandlerContext();
      WsSocket socket =
          new WsSocket(webSocket, vertxHandler, controlFrames, limits.queueEvents(), LOCAL_USER, clock);
      String reader = feeds.readerName() + ".ws." + opened++;
      Subscriptions subs =
          new Subscriptions(socket, limits, reader, config.limits().subscriptionsPerConnection());
      WsConnection client = new WsConnection(socket, subs, beginnings, publisher, feeds);
      vertxHandler
          .pipeline()
          .addBefore(vertxHandler.name(), "frame-guard", new FrameGuard(messageBytesMax(config), client, clock));
      sockets.add(socket);
      webSocket.closeHandler(closing(socket, subs, watch));
      webSocket.exceptionHandler(broken -> vertxHandler.close());
      if (controlFrames) {
        socket.send(welcome());
      }
      start(subs);
    }

    private void start(Subscriptions subs) {
      for (Start start : starts) {
        Subscriber subscriber = subs.add(start.feed(), start.channel());
        if (start.located().isPresent()) {
          subscriber.startAfter(start.located().get().after());
        } else {
          subscriber.startLive();
        }
      }
      watch.open(subs);
      if (everyOrg) {
        feeds.all().forEach(watch);
      }
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
}
