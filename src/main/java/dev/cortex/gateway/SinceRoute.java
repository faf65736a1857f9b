package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.ops.Metrics;
import dev.cortex.ops.Metrics.PollSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Polling: the events after a position, or 204 when there are none, at once or after waiting for one. */
final class SinceRoute {

  private static final String CURSOR_HEADER = "Cortex-Cursor";
  private static final String NEXT_POLL_HEADER = "Cortex-Next-Poll-After-Ms";
  private static final int LIMIT_DEFAULT = 500;
  private static final int LIMIT_MAX = 1_000;
  private static final int WAIT_MAX_SECONDS = 30;
  /** A poll holds no floor: one that came again for ever would keep the log from being trimmed. */
  private static final String NO_READER = "";

  private static final int PAGE_BYTES = 1 << 20;

  /** Bytes of answers whose clients have not taken them yet; beyond it a poll is told to come again. */
  private static final long UNREAD_MAX = Math.max(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** A client that has not taken its answer by then is gone. */
  private static final long UNREAD_MS = 30_000;

  /** Requests that may be held at the same time; one more is answered at once. */
  private static final int HELD_MAX = 2_000;

  private final Vertx vertx;
  private final Feeds feeds;
  private final Beginnings beginnings;
  private final Clock clock;
  private final Metrics metrics;
  private final String nextPollMs;
  private final BooleanSupplier draining;
  private final Set<HeldPoll> polls = new HashSet<>();
  private long unreadBytes;

  /**
   * Creates the route.
   *
   * @param nextPollMs when to come again, as clients are told
   * @param draining whether the server is going away, so that nothing is held
   */
  SinceRoute(
      Vertx vertx, Reading reading, Metrics metrics, Clock clock, int nextPollMs, BooleanSupplier draining) {
    this.vertx = vertx;
    this.feeds = reading.feeds();
    this.beginnings = reading.beginnings();
    this.metrics = metrics;
    this.clock = clock;
    this.nextPollMs = Integer.toString(nextPollMs);
    this.draining = draining;
  }

  /** Serves one request. */
  void handle(HttpServerRequest request, Principal principal) {
    try {
      Query query = Query.of(request);
      int limit = query.integer("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
      int waitSeconds = query.integer("wait", 0, 0, WAIT_MAX_SECONDS);
      Since since = Beginnings.parse(query.text("cursor").or(() -> query.text("since")).orElse("0"));
      channel(query, since, principal)
          .compose(channel -> {
            Optional<Located> known = beginnings.known(channel, since);
            return known.map(Future::succeededFuture)
                .orElseGet(() -> beginnings.locate(channel, since))
                .compose(located -> waitSeconds > 0 && located.missed() == 0
                    ? hold(request, principal, new HeldPoll(vertx, beginnings, channel, located), waitSeconds)
                    : Future.succeededFuture(located))
                .compose(located -> answer(request, channel, located, limit, known.isPresent()));
          })
          .onFailure(failure -> {
            if (!(failure instanceof CancellationException)) { // nobody waits for that answer, and nothing is wrong
              Problems.answer(request, failure);
            }
          });
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Answers every poll that is held, as if its time were up; later ones are not held. */
  void drain() {
    List.copyOf(polls).forEach(HeldPoll::release);
  }

  private Future<Channel> channel(Query query, Since since, Principal principal) {
    Optional<Channel> named = Reach.only(principal, query);
    if (named.isPresent()) {
      return Future.succeededFuture(named.get());
    }
    if (!Reach.isEverything(principal)) {
      return Future.succeededFuture(Reach.home(principal));
    }
    if (since instanceof Since.Cursor cursor) {
      return beginnings.owner(cursor.position()).map(Channel::root);
    }
    throw new RefusedException(ErrorCode.BAD_REQUEST, "orgId is required with a time or without a cursor");
  }

  private Future<Located> hold(HttpServerRequest request, Principal principal, HeldPoll poll, int waitSeconds) {
    if (polls.size() >= HELD_MAX || draining.getAsBoolean()) {
      return Future.succeededFuture(poll.nothing());
    }
    polls.add(poll);
    long untilExpiryMs = principal.expiresAtMs() - clock.wallMs();
    long waitMs = Math.max(1, Math.min(waitSeconds * 1_000L, untilExpiryMs));
    return feeds
        .feed(poll.channel().orgId())
        .compose(feed -> poll.hold(feed, request.response(), waitMs))
        .compose(located -> clock.wallMs() < principal.expiresAtMs()
            ? Future.succeededFuture(located)
            : Future.failedFuture(new RefusedException(ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_EXPIRED.sentence())))
        .onComplete(done -> polls.remove(poll));
  }

  private Future<Void> answer(
      HttpServerRequest request, Channel channel, Located located, int limit, boolean known) {
    feeds.polled(channel.orgId());
    Position head = located.head().position();
    if (located.missed() == 0) {
      metrics.polled(known ? PollSource.MEMORY : PollSource.ROOM);
      headers(request.response(), head.cursor()).setStatusCode(204).end();
      return Future.succeededFuture();
    }
    if (unreadBytes > UNREAD_MAX) {
      return Future.failedFuture(
          new RefusedException(ErrorCode.OVERLOADED, "too many answers wait for clients that do not read them"));
    }
    Position from = new Position(head.logId(), located.after());
    Optional<Page> recent =
        feeds.existing(channel.orgId())
            .flatMap(feed -> feed.page(channel, from, limit, PAGE_BYTES))
            // something is there: a feed that has not heard of it yet does not know better
            .filter(page -> !page.events().isEmpty());
    if (recent.isPresent()) {
      metrics.polled(known ? PollSource.MEMORY : PollSource.ROOM);
      send(request.response(), request.connection(), recent.get());
      return Future.succeededFuture();
    }
    metrics.polled(PollSource.LOG);
    Read read = new Read(NO_READER, channel, head.logId(), located.after(), limit, PAGE_BYTES);
    return feeds.ask(channel.orgId(), read, Page.class).map(page -> {
      send(request.response(), request.connection(), page);
      return null;
    });
  }

  private void send(HttpServerResponse response, HttpConnection connection, Page page) {
    Position head = page.head().position();
    String cursor = new Position(head.logId(), page.through()).cursor();
    Buffer body = Buffer.buffer("{\"events\":[");
    String separator = "";
    for (StoredEvent event : page.events()) {
      body.appendString(separator).appendBytes(event.json());
      separator = ",";
    }
    body.appendString("],\"cursor\":\"" + cursor + "\",\"hasMore\":" + (page.through() < head.offset()) + "}");
    headers(response, cursor).putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    unreadBytes += body.length();
    long patience = vertx.setTimer(UNREAD_MS, unread -> connection.close());
    response.end(body).onComplete(taken -> {
      unreadBytes -= body.length();
      vertx.cancelTimer(patience);
    });
  }

  private HttpServerResponse headers(HttpServerResponse response, String cursor) {
    return response
        .putHeader(CURSOR_HEADER, cursor)
        .putHeader(NEXT_POLL_HEADER, nextPollMs)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
  }
}
