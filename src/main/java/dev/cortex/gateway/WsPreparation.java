package dev.cortex.gateway;

import dev.cortex.bus.Message.AskHeads;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Heads;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.gateway.Beginnings.Beginning;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a client's upgrade request asks for, settled while the request waits for its answer. */
final class WsPreparation {

  private record Start(Feed feed, Channel channel, Beginning beginning) {}

  private final Reading reading;
  private final Feeds feeds;
  private final Beginnings beginnings;
  private final boolean controlFrames;
  private final List<Channel> channels;
  private final boolean everyOrg;
  private final List<Since> since = new ArrayList<>();
  private final Map<String, Since> sinceByOrg = new HashMap<>();
  private Optional<Since> sinceForAll = Optional.empty();
  private final List<Start> starts = new ArrayList<>();
  private final List<Runnable> holds = new ArrayList<>();
  private final OrgWatch watch = new OrgWatch();

  /**
   * Reads the request, or refuses.
   *
   * @param principal who asks
   * @param channelsMax how many channels one connection may have, 0 for no bound
   */
  WsPreparation(Reading reading, HttpServerRequest request, Principal principal, int channelsMax) {
    this.reading = reading;
    this.feeds = reading.feeds();
    this.beginnings = reading.beginnings();
    Query query = Query.of(request);
    String offered = request.getHeader("Sec-WebSocket-Protocol");
    this.controlFrames = offered != null && List.of(offered.split("\\s*,\\s*")).contains(WsRoute.SUBPROTOCOL);
    List<Channel> named = Reach.checked(principal, query.channels());
    // who speaks the subprotocol says what it wants; who does not cannot, and gets everything it may see
    boolean asksForAll = named.isEmpty() && !controlFrames && !asksForNothing(query);
    this.everyOrg = asksForAll && Reach.isEverything(principal);
    this.channels = asksForAll && !everyOrg ? List.of(Reach.home(principal)) : named;
    if (channelsMax > 0 && channels.size() > channelsMax) {
      throw new RefusedException(ErrorCode.RATE_LIMITED, "a connection may have " + channelsMax + " subscriptions");
    }
    for (String text : query.all("since")) {
      since.add(Beginnings.parse(text));
    }
  }

  /** Whether the client speaks {@code cortex.v1}. */
  boolean controlFrames() {
    return controlFrames;
  }

  /** Whose connection it is: the orgs it asks for, or the caller's own. */
  List<String> orgs(Principal principal) {
    List<String> asked = channels.stream().map(Channel::orgId).distinct().toList();
    return asked.isEmpty() ? List.copyOf(principal.orgs()) : asked;
  }

  /** What follows every org for the client, once its socket is open. */
  OrgWatch watch() {
    return watch;
  }

  /** Finds every place to begin and makes sure that nothing committed from now on is missed. */
  Future<Void> prepare() {
    return sinceByOrg()
        .compose(done -> everyOrg
            ? feeds.everyOrg().watch(watch).compose(watching -> channelsOfEveryOrg())
            : Future.succeededFuture(channels))
        .compose(wanted -> {
          List<Future<?>> prepared = new ArrayList<>();
          wanted.forEach(channel -> prepared.add(start(channel)));
          return Future.all(prepared).mapEmpty();
        });
  }

  /** Starts every subscription on the open socket. */
  void start(WsSocket socket, Subscriptions subscriptions) {
    for (Start start : starts) {
      Subscriber subscriber = subscriptions.add(start.feed(), start.channel());
      start.beginning().gone().ifPresent(reason -> socket.send(WsSocket.resync(start.channel(), reason)));
      if (start.beginning().located().isPresent()) {
        subscriber.startAfter(start.beginning().located().get().after());
      } else {
        subscriber.startLive();
      }
    }
    watch.open(subscriptions);
    if (everyOrg) {
      feeds.all().forEach(watch);
    }
  }

  /** Ends what was held for a socket that is open now, or never will be. */
  void letGo() {
    holds.forEach(Runnable::run);
    if (!watch.isOpen()) {
      feeds.everyOrg().unwatch(watch);
      watch.letGo();
    }
  }

  private static boolean asksForNothing(Query query) {
    Optional<String> subscribe = query.text("subscribe");
    if (subscribe.isPresent() && !subscribe.get().equals("none")) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "subscribe may only be none");
    }
    return subscribe.isPresent();
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
    if (orgs.size() == 1) {
      // with a single org in question its room judges the cursor, and knows more reasons than "no such log"
      return Future.succeededFuture(orgs.get(0));
    }
    return beginnings.owner(cursor.position()).compose(org -> orgs.isEmpty() || orgs.contains(org)
        ? Future.succeededFuture(org)
        : Future.failedFuture(new RefusedException(
            ErrorCode.CURSOR_INVALID, "a cursor belongs to none of the orgs asked for")));
  }

  private Future<List<Channel>> channelsOfEveryOrg() {
    Set<String> orgs = new HashSet<>(sinceByOrg.keySet());
    if (sinceForAll.isEmpty()) {
      return Future.succeededFuture(orgs.stream().map(Channel::root).toList());
    }
    String self = reading.rooms().directory().self();
    return reading.rooms().askNode(self, new AskHeads(), Heads.class, Reading.ROOM_BUDGET_MS).map(heads -> {
      heads.heads().stream().map(Head::orgId).forEach(orgs::add);
      return orgs.stream().map(Channel::root).toList();
    });
  }

  private Future<?> start(Channel channel) {
    Since from = sinceByOrg.getOrDefault(channel.orgId(), sinceForAll.orElseGet(Since.Live::new));
    return beginnings.begin(channel, from).compose(beginning -> {
      if (beginning.gone().isPresent() && !controlFrames) {
        ErrorCode reason = beginning.gone().get();
        return Future.failedFuture(new RefusedException(reason, reason.sentence()));
      }
      return feeds.feed(channel.orgId()).onSuccess(feed -> {
        holds.add(feed.hold());
        starts.add(new Start(feed, channel, beginning));
      });
    });
  }
}
