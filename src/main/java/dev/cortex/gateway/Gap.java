package dev.cortex.gateway;

import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.AsyncResult;

/** What a feed has heard of and does not have: read from the log page by page, until nothing is missing. */
final class Gap {

  private final Feed feed;
  private final Feeds feeds;
  private long heardOf;
  private boolean filling;

  Gap(Feed feed, Feeds feeds) {
    this.feed = feed;
    this.feeds = feeds;
  }

  /** Whether nothing is missing, as far as is known. */
  boolean isClosed() {
    return heardOf <= feed.covered();
  }

  /** Nothing is missing any more: the feed begins anew. */
  void close() {
    heardOf = feed.covered();
  }

  /** The log reaches up to that offset. */
  void heard(long through) {
    heardOf = Math.max(heardOf, through);
    if (!isClosed() && !filling && !feed.isDropped()) {
      fill();
    }
  }

  private void fill() {
    filling = true;
    String log = feed.logId();
    long from = feed.covered();
    feed.read(feeds.readerName(), Channel.root(feed.orgId()), from).onComplete(page -> {
      filling = false;
      if (feed.isDropped()) {
        return;
      }
      if (page.failed()) {
        unfilled(page.cause());
      } else if (log.equals(feed.logId())) {
        filled(from, page.result());
      } else {
        heard(heardOf);
      }
    });
  }

  private void filled(long from, Page page) {
    feed.append(page.events());
    long head = page.head().position().offset();
    if (feed.covered() > from) {
      heard(head);
    } else if (page.head().epoch() < feed.speaker().epoch()) {
      tryLater(); // a deposed owner, which does not know what we have heard of
    } else {
      heardOf = Math.max(feed.covered(), head); // the room knows best; asked again, but not in a tight circle
      tryLater();
    }
  }

  private void unfilled(Throwable cause) {
    ErrorCode code = cause instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    if (code.temporary()) {
      tryLater();
      return;
    }
    // what is missing here is gone: everyone is told so, and goes on from where the log stands
    filling = true;
    feeds.head(feed.orgId()).onComplete(head -> {
      filling = false;
      if (!feed.isDropped()) {
        goOn(code, head);
      }
    });
  }

  private void goOn(ErrorCode code, AsyncResult<Head> head) {
    if (head.failed() || head.result().epoch() < feed.speaker().epoch()) {
      tryLater();
    } else if (feed.covered() == 0 && code == ErrorCode.CURSOR_LOG_CHANGED) {
      feed.sameLog(head.result().position()); // nothing was heard yet: the log has another id, and is read from there
      heard(head.result().position().offset());
    } else {
      feed.restart(head.result().position(), code == ErrorCode.CURSOR_PRUNED ? ErrorCode.SLOW_CONSUMER : code);
    }
  }

  private void tryLater() {
    feeds.later(() -> heard(heardOf));
  }
}
