package dev.cortex.gateway;

import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.gateway.Beginnings.Beginning;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Server-sent events (WHATWG HTML, section 9.2): a channel as {@code text/event-stream}. The id of every event is its
 * cursor, so a browser's own {@code Last-Event-ID} resumes where it stopped.
 */
final class StreamRoute {

  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final long COMMENT_MS = 15_000;

  private final Vertx vertx;
  private final Feeds feeds;
  private final Beginnings beginnings;
  private final TransportLimits limits;
  private final Set<Stream> streams = new HashSet<>();
  private long opened;

  StreamRoute(Vertx vertx, Feeds feeds, Beginnings beginnings, TransportLimits limits) {
    this.vertx = vertx;
    this.feeds = feeds;
    this.beginnings = beginnings;
    this.limits = limits;
  }

  /** Open streams. */
  int size() {
    return streams.size();
  }

  /** Serves one request. */
  void handle(HttpServerRequest request) {
    try {
      Query query = Query.of(request);
      List<Channel> channels = query.channels();
      if (channels.size() != 1) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "a stream has one channel: /api/stream?channel=ORG");
      }
      Optional<String> since = Optional.ofNullable(request.getHeader(LAST_EVENT_ID)).or(() -> query.text("since"));
      Since beginning = since.map(Beginnings::parse).orElseGet(Since.Live::new);
      open(request, channels.get(0), beginning);
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Ends every stream; browsers come back by themselves. */
  void close() {
    for (Stream stream : List.copyOf(streams)) {
      stream.ended(); // first: an ended response takes no more events
      stream.response.end();
    }
  }

  private void open(HttpServerRequest request, Channel channel, Since since) {
    beginnings
        .begin(channel, since)
        .recover(StreamRoute::resyncWhenAhead)
        .compose(beginning -> feeds.feed(channel.orgId()).map(feed -> {
          // one that left meanwhile would never be told again that it did
          if (!request.response().closed()) {
            new Stream(request, feed, channel).start(beginning);
          }
          return null;
        }))
        .onFailure(failure -> Problems.answer(request, failure));
  }

  /** A browser takes an error status as the end of its stream for good: a cursor ahead of the log is told inside it. */
  private static Future<Beginning> resyncWhenAhead(Throwable failure) {
    return failure instanceof RefusedException refused && refused.code() == ErrorCode.CURSOR_AHEAD
        ? Future.succeededFuture(new Beginning(Optional.empty(), Optional.of(refused.code())))
        : Future.failedFuture(failure);
  }

  private final class Stream implements Outlet {

    private final HttpServerResponse response;
    private final Subscriber subscriber;
    private final Channel channel;
    private final long timer;

    private Stream(HttpServerRequest request, Feed feed, Channel channel) {
      this.response = request.response();
      this.channel = channel;
      String reader = feeds.readerName() + ".stream." + opened++;
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
      return "local";
    }
  }
}
