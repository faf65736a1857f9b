package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** Sends the answers to polls, and bounds what waits for clients that do not take theirs. */
final class PollAnswers {

  private static final String CURSOR_HEADER = "Cortex-Cursor";
  private static final String NEXT_POLL_HEADER = "Cortex-Next-Poll-After-Ms";

  /** Bytes of answers whose clients have not taken them yet; beyond it a poll is told to come again. */
  private static final long UNREAD_MAX = Math.max(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** A client that has not taken its answer by then is gone. */
  private static final long UNREAD_MS = 30_000;

  /** About a tenth of what one core answers. */
  private static final long POLLS_PER_SECOND = 2_000;

  private final Vertx vertx;
  private final Clock clock;
  private final PollPace pace;
  private long unreadBytes;

  /**
   * Nothing was answered yet.
   *
   * @param nextPollMs when to come again, as clients are told while few come
   */
  PollAnswers(Vertx vertx, Clock clock, long nextPollMs) {
    this.vertx = vertx;
    this.clock = clock;
    this.pace = new PollPace(nextPollMs, POLLS_PER_SECOND, clock.monotonicNs());
  }

  /** Whether too much waits for clients to read anything more for others. */
  boolean isFull() {
    return unreadBytes > UNREAD_MAX;
  }

  /** Answers with a page; with nothing when it has no event and nothing follows it. */
  void send(HttpServerRequest request, Page page) {
    Position head = page.head().position();
    String cursor = new Position(head.logId(), page.through()).cursor();
    HttpServerResponse response = headers(request.response(), cursor);
    if (page.events().isEmpty() && page.through() >= head.offset()) {
      response.setStatusCode(204).end();
      return;
    }
    Buffer body = body(page, cursor);
    unreadBytes += body.length();
    long patience = vertx.setTimer(UNREAD_MS, unread -> request.connection().close());
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(body).onComplete(taken -> {
      unreadBytes -= body.length();
      vertx.cancelTimer(patience);
    });
  }

  private static Buffer body(Page page, String cursor) {
    Buffer body = Buffer.buffer("{\"events\":[");
    String separator = "";
    for (StoredEvent event : page.events()) {
      body.appendString(separator).appendBytes(event.json());
      separator = ",";
    }
    boolean more = page.through() < page.head().position().offset();
    return body.appendString("],\"cursor\":\"" + cursor + "\",\"hasMore\":" + more + "}");
  }

  private HttpServerResponse headers(HttpServerResponse response, String cursor) {
    return response
        .putHeader(CURSOR_HEADER, cursor)
        .putHeader(NEXT_POLL_HEADER, Long.toString(pace.answered(clock.monotonicNs())))
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
  }
}
