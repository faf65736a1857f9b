package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.ops.Metrics;
import dev.cortex.ops.Metrics.PollSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Polling: the events after a position, or 204 when there are none, at once or after waiting for one. A desktop that
 * polls its cloud does not get its own events back.
 */
final class SinceRoute {

  private static final int LIMIT_DEFAULT = 500;
  private static final int LIMIT_MAX = 1_000;
  private static final int WAIT_MAX_SECONDS = 30;

  /** Requests that may be held at the same time; one more is answered at once. */
  private static final int HELD_MAX = 2_000;

  /** An org in which nothing happened for longer than this has nothing to wait for. */
  private static final long ACTIVE_MS = TimeUnit.MINUTES.toMillis(5);

  private final Vertx vertx;
  private final Reading reading;
  private final Feeds feeds;
  private final Beginnings beginnings;
  private final PollAnswers answers;
  private final Clock clock;
  private final Metrics metrics;
  private final boolean cloud;
  private final BooleanSupplier draining;
  private final Set<HeldPoll> polls = new HashSet<>();

  /**
   * Creates the route.
   *
   * @param nextPollMs when to come again, as clients are told while few come
   * @param cloud whether whole fleets poll here, so that only orgs where something happens may make a request wait
   * @param draining whether the server is going away, so that nothing is held
   */
  SinceRoute(
      Vertx vertx,
      Reading reading,
      Metrics metrics,
      Clock clock,
      int nextPollMs,
      boolean cloud,
      BooleanSupplier draining) {
    this.vertx = vertx;
    this.reading = reading;
    this.feeds = reading.feeds();
    this.beginnings = reading.beginnings();
    this.answers = new PollAnswers(vertx, clock, nextPollMs);
    this.metrics = metrics;
    this.clock = clock;
    this.cloud = cloud;
    this.draining = draining;
  }

  /** Serves one request. */
  void handle(HttpServerRequest request, Principal principal) {
    try {
      Query query = Query.of(request);
      int limit = query.integer("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
      int waitSeconds = query.integer("wait", 0, 0, WAIT_MAX_SECONDS);
      Since since = Beginnings.parse(query.text("cursor").or(() -> query.text("since")).orElse("0"));
      String own = cloud ? DesktopHeaders.desktop(request.headers()).map(Desktop::text).orElse("") : "";
      channel(query, since, principal)
          .compose(channel -> {
            Poll poll = new Poll(reading, answers::isFull, channel, since, limit, own);
            return poll.look()
                .compose(page -> waitSeconds > 0 && HeldPoll.isNothing(page) && mayWait(page)
                    ? hold(request, principal, poll, waitSeconds)
                    : Future.succeededFuture(page))
                .onSuccess(page -> answer(request, poll, page));
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

  private boolean mayWait(Page page) {
    boolean active = !cloud || clock.wallMs() - page.head().receivedAt() < ACTIVE_MS;
    return active && polls.size() < HELD_MAX && !draining.getAsBoolean();
  }

  private Future<Page> hold(HttpServerRequest request, Principal principal, Poll poll, int waitSeconds) {
    HeldPoll held = new HeldPoll(vertx, poll);
    polls.add(held);
    long untilExpiryMs = principal.expiresAtMs() - clock.wallMs();
    long waitMs = Math.max(1, Math.min(waitSeconds * 1_000L, untilExpiryMs));
    return feeds
        .feed(poll.channel().orgId())
        .compose(feed -> held.hold(feed, request.response(), waitMs))
        .compose(page -> clock.wallMs() < principal.expiresAtMs()
            ? Future.succeededFuture(page)
            : Future.failedFuture(new RefusedException(ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_EXPIRED.sentence())))
        .onComplete(done -> polls.remove(held));
  }

  private void answer(HttpServerRequest request, Poll poll, Page page) {
    metrics.polled(poll.source());
    feeds.polled(poll.channel().orgId(), poll.source() == PollSource.LOG);
    answers.send(request, page);
  }
}
