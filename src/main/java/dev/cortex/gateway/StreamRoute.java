package dev.cortex.gateway;

import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.gateway.Beginnings.Beginning;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Server-sent events (WHATWG HTML, section 9.2): a channel as {@code text/event-stream}. The id of every event is its
 * cursor, so a browser's own {@code Last-Event-ID} resumes where it stopped.
 */
final class StreamRoute {

  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final long COMMENT_MS = 15_000;
  private static final int RETRY_MIN_MS = 500;
  private static final int RETRY_SPREAD_MS = 2_000;

  private final Vertx vertx;
  private final Reading reading;
  private final Turnstile turnstile;
  private final TransportLimits limits;
  private final Set<Stream> streams = new HashSet<>();
  private long opened;

  StreamRoute(Vertx vertx, Reading reading, Turnstile turnstile, TransportLimits limits) {
    this.vertx = vertx;
    this.reading = reading;
    this.turnstile = turnstile;
    this.limits = limits;
  }

  /** Open streams. */
  int size() {
    return streams.size();
  }

  /** Serves one request. */
  void handle(HttpServerRequest request, Principal principal) {
    try {
      Query query = Query.of(request);
      List<Channel> channels = Reach.checked(principal, query.channels());
      if (channels.isEmpty() && !Reach.isEverything(principal)) {
        channels = List.of(Reach.home(principal));
      }
      if (channels.size() != 1) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "a stream has one channel: /api/stream?channel=ORG");
      }
      Optional<String> since = Optional.ofNullable(request.getHeader(LAST_EVENT_ID)).or(() -> query.text("since"));
      Since beginning = since.map(Beginnings::parse).orElseGet(Since.Live::new);
      Channel channel = channels.get(0);
      turnstile
          .enter(List.of(channel.orgId()), 0)
          .onFailure(refused -> Problems.answer(request, refused))
          .onSuccess(leave -> open(request, new Asked(principal, channel, beginning), leave));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Ends every stream; browsers come back by themselves. */
  void close() {
    List.copyOf(streams).forEach(Stream::end);
  }

  /** What ends each stream; a browser that it was said to comes back at a moment of its own. */
  List<Runnable> departures() {
    List<Runnable> departures = new ArrayList<>();
    List.copyOf(streams).forEach(stream -> departures.add(stream::endWithRetry));
    return departures;
  }

  /** Ends the streams of callers whose time is up. To be called about once a second. */
  void tick(long wallMs) {
    for (Stream stream : List.copyOf(streams)) {
      if (wallMs >= stream.principal.expiresAtMs()) {
        stream.end();
      }
    }
  }

  private record Asked(Principal principal, Channel channel, Since since) {}

  private void open(HttpServerRequest request, Asked asked, Runnable leave) {
    reading.beginnings()
        .begin(asked.channel(), asked.since())
        .recover(StreamRoute::resyncWhenAhead)
        .compose(beginning -> reading.feeds().feed(asked.channel().orgId())
            .compose(feed -> turnstile.stillOpen().map(open -> {
              // one that left meanwhile would never be told again that it did
              if (request.response().closed()) {
                leave.run();
              } else {
                new Stream(request, feed, asked, leave).start(beginning);
              }
              return null;
            })))
        .onFailure(failure -> {
          leave.run();
          Problems.answer(request, failure);
        });
  }

  /** A browser takes an error status as the end of its stream for good: a cursor ahead of the log is told inside it. */
  private static Future<Beginning> resyncWhenAhead(Throwable failure) {
    return failure instanceof RefusedException refused && refused.code() == ErrorCode.CURSOR_AHEAD
        ? Future.succeededFuture(new Beginning(Optional.empty(), Optional.of(refused.code())))
        : Future.failedFuture(failure);
  }

  private final class Stream implements Outlet {

    private final HttpServerResponse response;
    private final HttpConnection connection;
    private final Subscriber subscriber;
    private final Principal principal;
    private final Channel channel;
    private final Runnable leave;
    private final long timer;

    private Stream(HttpServerRequest request, Feed feed, Asked asked, Runnable leave) {
      this.response = request.response();
      this.connection = request.connection();
      this.principal = asked.principal();
      this.channel = asked.channel();
      this.leave = leave;
      String reader = reading.feeds().readerName() + ".stream." + opened++;
      this.subscriber = feed.subscribe(new Filter(channel, List.of()), this, limits, reader);
      this.timer = vertx.setPeriodic(COMMENT_MS, tick -> response.write(":\n\n"));
      streams.add(this);
      response.closeHandler(closed -> ended());
      response.exceptionHandler(broken -> ended());
      response.drainHandler(drained -> subscriber.pump());
      response
          .setChunked(true)
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
          .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
          .putHeader("X-Accel-Buffering", "no");
    }

    private void start(Beginning beginning) {
      // one comment at once: the response head reaches the client before the first event does
      response.write(":\n\n");
      beginning.gone().ifPresent(reason -> resync(reason, subscriber.feed().position()));
      if (beginning.located().isPresent()) {
        subscriber.startAfter(beginning.located().get().after());
      } else {
        subscriber.startLive();
      }
    }

    private void ended() {
      if (streams.remove(this)) {
        vertx.cancelTimer(timer);
        subscriber.close();
        leave.run();
      }
    }

    private void end() {
      ended(); // first: an ended response takes no more events
      response.end().onComplete(sent -> connection.close()); // kept alive it would lead back to this very node
    }

    private void endWithRetry() {
      if (!response.closed()) {
        response.write("retry: " + (RETRY_MIN_MS + ThreadLocalRandom.current().nextInt(RETRY_SPREAD_MS)) + "\n\n");
        end();
      }
    }

    private void resync(ErrorCode reason, Position head) {
      JsonObject data = new JsonObject().put("channel", channel.text()).put("reason", reason.code());
      response.write("id: " + head.cursor() + "\nevent: resync\ndata: " + data.encode() + "\n\n");
    }

    @Override
    public boolean writable() {
      return !response.closed() && !response.writeQueueFull();
    }

    @Override
    public void write(Joined events) {
      response.write(events.eventStream());
    }

    @Override
    public void flush() {
      // the response flushes by itself
    }

    @Override
    public void lagging(Subscriber slow, long queueDepth) {
      // a stream has no control frames: it reads on from the log at its own pace
    }

    @Override
    public void pressure(Subscriber slow, long queueDepth) {
      // as above
    }

    @Override
    public void caughtUp(Subscriber live) {
      // as above
    }

    @Override
    public void lost(Subscriber lost, ErrorCode reason, Position head) {
      resync(reason, head);
    }

    @Override
    public void broken(RuntimeException failure) {
      ended();
      response.reset(); // the browser comes back and resumes
    }

    @Override
    public String userId() {
      return principal.userId();
    }
  }
}
