package dev.cortex.gateway;

import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.ops.Metrics.PollSource;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One poll: what it asks for, and how far it has looked. Events of one origin may be left out of it; they count as
 * told, so that it goes on after them.
 */
final class Poll {

  private static final int PAGE_BYTES = 1 << 20;

  /** Pages that are read in vain for one poll, because everything on them is left out. */
  private static final int PAGES_MAX = 8;

  /** A poll holds no floor: one that came again for ever would keep the log from being trimmed. */
  private static final String NO_READER = "";

  /** A poll by time begins again so often; a log that is trimmed as often meanwhile does not stay for anybody. */
  private static final int BEGINNINGS_MAX = 8;

  private final Feeds feeds;
  private final Beginnings beginnings;
  private final BooleanSupplier full;
  private final Channel channel;
  private final int limit;
  private final String without;
  private final Since begin;
  private Since since;
  private PollSource source = PollSource.MEMORY;

  /**
   * A poll that has not looked yet.
   *
   * @param full whether nothing more may be read for now
   * @param limit most events of an answer
   * @param without origin of the events that are left out; empty for none
   */
  Poll(Reading reading, BooleanSupplier full, Channel channel, Since since, int limit, String without) {
    this.feeds = reading.feeds();
    this.beginnings = reading.beginnings();
    this.full = full;
    this.channel = channel;
    this.begin = since;
    this.since = since;
    this.limit = limit;
    this.without = without;
  }

  /** What is asked for. */
  Channel channel() {
    return channel;
  }

  /** What the looks so far needed. */
  PollSource source() {
    return source;
  }

  /**
   * The next events for the poll. A page without any that ends at its head says that there are none; one that ends
   * earlier, that it has not looked further.
   */
  Future<Page> look() {
    return look(1);
  }

  private Future<Page> look(int number) {
    return lookOnce().recover(failure -> {
      if (!isGone(failure)) {
        return Future.failedFuture(failure);
      }
      if (number == BEGINNINGS_MAX) {
        return Future.failedFuture(
            new RefusedException(ErrorCode.OVERLOADED, "the log is trimmed faster than it can be read"));
      }
      since = begin;
      return look(number + 1);
    });
  }

  /** Whether the place that was found for a time is there no more: whoever asked by time named no place to be lost. */
  private boolean isGone(Throwable failure) {
    return begin instanceof Since.Time
        && failure instanceof RefusedException refused
        && refused.code().httpStatus() == ErrorCode.CURSOR_PRUNED.httpStatus();
  }

  private Future<Page> lookOnce() {
    Optional<Located> known = beginnings.known(channel, since);
    if (known.isEmpty()) {
      needed(PollSource.ROOM);
    }
    return known
        .map(Future::succeededFuture)
        .orElseGet(() -> beginnings.locate(channel, since))
        .compose(located -> {
          Position head = located.head().position();
          // a channel beneath which nothing happened is told up to the head
          Position from = located.missed() == 0 ? head : new Position(head.logId(), located.after());
          since = new Since.Cursor(from);
          return located.missed() == 0 ? Future.succeededFuture(nothing(located.head())) : pages(located, from, 1);
        });
  }

  private Future<Page> pages(Located located, Position from, int number) {
    if (full.getAsBoolean()) {
      return Future.failedFuture(
          new RefusedException(ErrorCode.OVERLOADED, "too many answers wait for clients that do not read them"));
    }
    return page(from).compose(page -> {
      Position through = new Position(from.logId(), page.through());
      since = new Since.Cursor(through);
      List<StoredEvent> visible = page.events().stream().filter(this::isVisible).toList();
      if (visible.isEmpty() && page.through() < located.head().position().offset() && number < PAGES_MAX) {
        return pages(located, through, number + 1);
      }
      boolean end = visible.isEmpty() && page.through() >= located.head().position().offset();
      Head head = page.head();
      return Future.succeededFuture(end
          ? nothing(new Head(head.orgId(), through, head.floor(), head.epoch(), head.receivedAt()))
          : new Page(head, visible, page.through()));
    });
  }

  private Future<Page> page(Position from) {
    Optional<Page> recent =
        feeds.existing(channel.orgId())
            .flatMap(feed -> feed.memory().page(channel, from, limit, PAGE_BYTES, this::isVisible))
            // something is there: a feed that has not heard of it yet does not know better
            .filter(page -> page.through() > from.offset());
    if (recent.isPresent()) {
      return Future.succeededFuture(recent.get());
    }
    needed(PollSource.LOG);
    return feeds.reads().poll(new Read(NO_READER, channel, from.logId(), from.offset(), limit, PAGE_BYTES));
  }

  private boolean isVisible(StoredEvent event) {
    return without.isEmpty() || !event.origin().equals(without);
  }

  private static Page nothing(Head head) {
    return new Page(head, List.of(), head.position().offset());
  }

  private void needed(PollSource more) {
    source = more.compareTo(source) > 0 ? more : source;
  }
}
