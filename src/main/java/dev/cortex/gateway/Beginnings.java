package dev.cortex.gateway;

import dev.cortex.bus.Message.AskOwner;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Owned;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Turns what clients write after {@code since} into a place to begin. */
final class Beginnings {

  private static final int OWNERS_MAX = 10_000;

  /** A log id that no log has: they are drawn at random. */
  private static final String NO_LOG = "nobodys000000";

  private final Feeds feeds;
  private final boolean discreet;

  /** A log never changes its org; those asked for last are kept. */
  private final Map<String, String> owners = new LinkedHashMap<>(16, 0.75f, true) {
    private static final long serialVersionUID = 1;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
      return size() > OWNERS_MAX;
    }
  };

  /** Beginnings in logs whose orgs know each other. */
  Beginnings(Feeds feeds) {
    this(feeds, false);
  }

  /**
   * Beginnings in the logs that the feeds come from.
   *
   * @param discreet whether a cursor of another org is answered like one that never existed: where orgs are strangers
   */
  Beginnings(Feeds feeds, boolean discreet) {
    this.feeds = feeds;
    this.discreet = discreet;
  }

  /** Reads a cursor or a Unix time in milliseconds, or refuses. */
  static Since parse(String text) {
    return Since.parse(text).orElseThrow(() ->
        new RefusedException(ErrorCode.CURSOR_INVALID, "a place to begin is a cursor, or Unix milliseconds"));
  }

  /** Whether a refusal means that what was missed cannot be told any more, so that the client has to start anew. */
  private static boolean isGone(ErrorCode code) {
    return code == ErrorCode.CURSOR_PRUNED || code == ErrorCode.CURSOR_LOG_CHANGED;
  }

  /**
   * Where a subscription begins: at a place, or live when there is none.
   *
   * @param located the place, empty for live
   * @param gone why what was missed cannot be told; empty when it can, or when nothing was asked for
   */
  record Beginning(Optional<Located> located, Optional<ErrorCode> gone) {}

  /** Resolves a beginning; that what was missed is gone is an answer, anything else that is wrong a refusal. */
  Future<Beginning> begin(Channel channel, Since since) {
    if (since instanceof Since.Live) {
      return Future.succeededFuture(new Beginning(Optional.empty(), Optional.empty()));
    }
    return locate(channel, since)
        .map(located -> new Beginning(Optional.of(located), Optional.empty()))
        .recover(failure -> failure instanceof RefusedException refused && isGone(refused.code())
            ? Future.succeededFuture(new Beginning(Optional.empty(), Optional.of(refused.code())))
            : Future.failedFuture(failure));
  }

  /** Resolves a beginning on a channel, or refuses with the reason why not everything missed can be told. */
  Future<Located> locate(Channel channel, Since since) {
    return known(channel, since)
        .map(Future::succeededFuture)
        .orElseGet(() -> ask(channel, since).recover(failure -> isForeign(failure, since)
            // asked once more as a cursor of no log at all: whose it is makes no difference then
            ? ask(channel, nobodys(since))
            : Future.failedFuture(failure)));
  }

  private Future<Located> ask(Channel channel, Since since) {
    return feeds.ask(channel.orgId(), new Locate(channel, since), Located.class);
  }

  private boolean isForeign(Throwable failure, Since since) {
    return discreet
        && since instanceof Since.Cursor
        && failure instanceof RefusedException refused
        && refused.code() == ErrorCode.CURSOR_INVALID;
  }

  private static Since nobodys(Since since) {
    return new Since.Cursor(new Position(NO_LOG, ((Since.Cursor) since).position().offset()));
  }

  /** What reconnecting clients and polls ask most, known without leaving this gateway: that they missed little. */
  Optional<Located> known(Channel channel, Since since) {
    return since instanceof Since.Cursor cursor
        ? feeds.existing(channel.orgId())
            .filter(feeds::isCurrent)
            .flatMap(feed -> feed.memory().locate(channel, cursor.position()))
        : Optional.empty();
  }

  /** The org a cursor belongs to; a refusal when no log ever had its id. */
  Future<String> owner(Position cursor) {
    String known = owners.get(cursor.logId());
    if (known != null) {
      return Future.succeededFuture(known);
    }
    return feeds.ask(new AskOwner(cursor.logId()), Owned.class).compose(owned -> {
      owned.orgId().ifPresent(orgId -> owners.put(cursor.logId(), orgId));
      return owned.orgId()
          .map(Future::succeededFuture)
          .orElse(Future.failedFuture(new RefusedException(
              ErrorCode.CURSOR_LOG_CHANGED, "no log here has the id of this cursor")));
    });
  }
}
