package dev.cortex.gateway;

import dev.cortex.bus.Message.Page;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CancellationException;

/** A poll that found nothing new and waits: until something is there for it, its time is up, or its client left. */
final class HeldPoll {

  private final Vertx vertx;
  private final Poll poll;
  private final Promise<Page> found = Promise.promise();
  private boolean late;
  private boolean looking;
  private boolean lookAgain;

  /** A poll that has not begun to wait. */
  HeldPoll(Vertx vertx, Poll poll) {
    this.vertx = vertx;
    this.poll = poll;
  }

  /** Whether a look brought nothing at all, so that there is something to wait for. */
  static boolean isNothing(Page page) {
    return page.events().isEmpty() && page.through() >= page.head().position().offset();
  }

  /** Waits no longer. */
  void release() {
    late = true;
    look();
  }

  /** Waits; fails with a {@link CancellationException} when the client left. */
  Future<Page> hold(Feed feed, HttpServerResponse response, long waitMs) {
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
    poll.look().onComplete(
        page -> {
          looking = false;
          if (!isNothing(page) || last) {
            found.tryComplete(page);
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
