package dev.cortex.gateway;

import dev.cortex.bus.Message.Located;
import dev.cortex.event.Channel;
import dev.cortex.event.Position;
import dev.cortex.event.Since;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CancellationException;

/** A poll that found nothing new and waits: until something is there for it, its time is up, or its client left. */
final class HeldPoll {

  private final Vertx vertx;
  private final Beginnings beginnings;
  private final Channel channel;
  private final Located nothing;
  private final Since.Cursor from;
  private final Promise<Located> found = Promise.promise();
  private boolean late;
  private boolean looking;
  private boolean lookAgain;

  /**
   * A poll that has not begun to wait.
   *
   * @param nothing where the poll stands, with nothing missed
   */
  HeldPoll(Vertx vertx, Beginnings beginnings, Channel channel, Located nothing) {
    this.vertx = vertx;
    this.beginnings = beginnings;
    this.channel = channel;
    this.nothing = nothing;
    this.from = new Since.Cursor(new Position(nothing.head().position().logId(), nothing.after()));
  }

  /** What is asked for. */
  Channel channel() {
    return channel;
  }

  /** Where the poll stood when it began. */
  Located nothing() {
    return nothing;
  }

  /** Waits no longer. */
  void release() {
    late = true;
    look();
  }

  /** Waits; fails with a {@link CancellationException} when the client left. */
  Future<Located> hold(Feed feed, HttpServerResponse response, long waitMs) {
    Runnable letGo = feed.hold();
    Listening listening = new Listening(feed);
    long timer = vertx.setTimer(waitMs, up -> release());
    CancellationException left = new CancellationException("the client left");
    response.closeHandler(closed -> found.tryFail(left));
    if (response.closed()) {
      found.tryFail(left);
    }
    listening.begin();
    look(); // something may have come while the feed was attached
    return found.future().onComplete(done -> {
      vertx.cancelTimer(timer);
      listening.end();
      letGo.run();
    });
  }

  /** One look at a time: while a busy org's room is slow they would only pile up. */
  private void look() {
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    boolean last = late;
    beginnings.locate(channel, from).onComplete(
        located -> {
          looking = false;
          if (located.missed() > 0 || last) {
            found.tryComplete(located);
          } else if (lookAgain && !found.future().isComplete()) {
            lookAgain = false;
            look();
          }
        },
        found::tryFail);
  }

  /** Looks again whenever the feed heard something. */
  private final class Listening {

    private final Feed feed;
    private Runnable forget = () -> {};

    private Listening(Feed feed) {
      this.feed = feed;
    }

    private void begin() {
      forget = feed.whenAdvanced(() -> {
        begin();
        look();
      });
    }

    private void end() {
      forget.run();
    }
  }
}
