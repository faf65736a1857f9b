package dev.cortex.chaos.cluster;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import java.util.Random;
import java.util.Set;

/**
 * A subscribing client on an event loop: writes down every event as it comes and, whenever its node fails or sends it
 * away, goes on at the next one from the cursor of the last event. It removes no duplicates and puts nothing in order.
 */
final class Subscriber {

  /** How a client follows a channel. */
  enum Way {
    /** A WebSocket that knows no protocol. */
    PLAIN,
    /** A WebSocket of the protocol. */
    RICH,
    /** Server-sent events. */
    STREAM,
    /** Requests that are held until something comes. */
    POLL
  }

  private static final long PING_MS = 1_000;
  private static final long SILENCE_MS_MAX = 3_000;
  private static final long STREAM_SILENCE_MS_MAX = 5_000;
  private static final long CONNECT_MS_MAX = 3_000;
  private static final long HELD_MS_MAX = 4_500;
  private static final int BACKOFF_MS = 50;
  private static final int GONE = 410;
  private static final Set<Integer> FINAL_CLOSES = Set.of(1008, 4400, 4401, 4403, 4410, 4413);

  private final Way way;
  private final String name;
  private final String channel;
  private final String token;
  private final Doors doors;
  private final Diary diary;
  private final Tops tops;
  private final Random random;
  private String cursor = "0";
  private final int home;
  private int node;
  private long heardMs;
  private Runnable hangUp = () -> {};
  private volatile long lastOffset;
  private volatile boolean ended;

  Subscriber(int number, String org, String beneath, Doors doors, Diary diary, Tops tops, long seed) {
    this.way = wayOf(number);
    this.name = "s" + number;
    this.channel = beneath.isEmpty() ? org : org + ':' + beneath;
    this.token = Doors.token(org, name);
    this.doors = doors;
    this.diary = diary;
    this.tops = tops;
    this.random = new Random(seed);
    this.home = number / Way.values().length % doors.count();
    this.node = home;
    diary.note(new JsonObject().put("k", "who").put("name", name + ' ' + way).put("channel", channel));
  }

  /** How the client of that number follows. */
  static Way wayOf(int number) {
    return Way.values()[number % Way.values().length];
  }

  /** Begins to follow. */
  void start() {
    doors.vertx().setTimer(1 + random.nextInt(500), begin -> follow());
  }

  /** Goes back to the node where it began. */
  void goHome() {
    doors.vertx().runOnContext(now -> {
      if (node != home && !ended) {
        node = way == Way.POLL ? home : (home + doors.count() - 1) % doors.count(); // the one after that is home
        hangUp.run();
      }
    });
  }

  /** Ends the client. */
  void end() {
    ended = true;
    hangUp.run();
  }

  /** Whether it has everything that producers have an answer for. */
  boolean arrived() {
    return lastOffset >= tops.of(channel);
  }

  /** What it is doing, for a report. */
  @Override
  public String toString() {
    return name + ' ' + way + ' ' + channel + " at node " + (node + 1) + ", offset " + lastOffset + " of "
        + tops.of(channel) + ", cursor " + cursor;
  }

  private void follow() {
    if (ended) {
      return;
    }
    heardMs = System.currentTimeMillis();
    Future<Void> over =
        switch (way) {
          case PLAIN -> socket("?channel=" + channel + "&since=" + cursor, false);
          case RICH -> socket("", true);
          case STREAM -> stream();
          case POLL -> poll();
        };
    over.onComplete(end -> {
      hangUp = () -> {};
      if (ended) {
        return;
      }
      if (end.succeeded()) { // a poll was answered
        doors.vertx().runOnContext(next -> follow());
        return;
      }
      tops.moves.increment();
      diary.note(
          new JsonObject()
              .put("k", "left")
              .put("node", node + 1)
              .put("why", String.valueOf(end.cause().getMessage()))
              .put("t", System.currentTimeMillis()));
      node = (node + 1) % doors.count();
      doors.vertx().setTimer(BACKOFF_MS + random.nextInt(4 * BACKOFF_MS), next -> follow());
    });
  }

  private Future<Void> socket(String query, boolean rich) {
    return doors.open(node, query, token, rich, CONNECT_MS_MAX).compose(socket -> {
      Promise<Void> over = Promise.promise();
      hangUp = socket::close;
      heardMs = System.currentTimeMillis();
      socket.textMessageHandler(text -> {
        heardMs = System.currentTimeMillis();
        if (!over.future().isComplete()) {
          frame(new JsonObject(text), socket, over);
        }
      });
      socket.exceptionHandler(over::tryFail);
      socket.pongHandler(pong -> heardMs = System.currentTimeMillis());
      socket.closeHandler(gone -> {
        int code = socket.closeStatusCode() == null ? 0 : socket.closeStatusCode();
        if (FINAL_CLOSES.contains(code)) {
          diary.complain(this + ": closed with " + code + ' ' + socket.closeReason());
        }
        over.tryFail("closed");
      });
      if (rich) {
        socket.writeTextMessage(
            new JsonObject().put("op", "subscribe").put("rid", 1).put("channel", channel).put("since", cursor)
                .encode());
      }
      long timer = doors.vertx().setPeriodic(PING_MS, ping -> {
        if (System.currentTimeMillis() - heardMs > SILENCE_MS_MAX) {
          over.tryFail("silence");
          socket.close();
        } else {
          socket.writePing(Buffer.buffer("?"));
        }
      });
      return over.future().onComplete(end -> doors.vertx().cancelTimer(timer));
    });
  }

  private void frame(JsonObject frame, WebSocket socket, Promise<Void> over) {
    switch (frame.getString("op", "")) {
      case "" -> take(frame);
      case "resync" -> diary.complain(this + ": " + frame.encode());
      case "subscribed" -> {
        if (!frame.getBoolean("recovered")) {
          diary.complain(this + ": " + frame.encode());
        }
      }
      case "error" -> {
        if (frame.getLong("retryAfterMs", -1L) <= 0) {
          diary.complain(this + ": " + frame.encode());
        }
        over.tryFail("refused");
        socket.close();
      }
      case "drain" -> doors.vertx().setTimer(1 + random.nextInt(frame.getInteger("reconnectWithinMs")), move -> {
        over.tryFail("sent away");
        socket.close();
      });
      default -> { } // welcome, backpressure, lagging and the like change nothing
    }
  }

  private Future<Void> stream() {
    String path = "/api/stream?channel=" + channel + "&since=" + cursor;
    Promise<Void> over = Promise.promise();
    long timer = doors.vertx().setPeriodic(PING_MS, look -> {
      if (System.currentTimeMillis() - heardMs > STREAM_SILENCE_MS_MAX) {
        over.tryFail("silence");
      }
    });
    RequestOptions options = doors.options(node, HttpMethod.GET, path, token);
    doors.http().request(options).onFailure(over::tryFail).onSuccess(request -> {
      over.future().onComplete(end -> request.reset());
      hangUp = request::reset;
      request.send().onFailure(over::tryFail).onSuccess(response -> {
        response.exceptionHandler(over::tryFail);
        if (response.statusCode() != 200) {
          refused(response.statusCode());
          over.tryFail("refused");
          return;
        }
        StringBuilder event = new StringBuilder();
        RecordParser lines = RecordParser.newDelimited("\n", response);
        lines.exceptionHandler(over::tryFail);
        lines.endHandler(end -> over.tryFail("ended"));
        lines.handler(line -> {
          heardMs = System.currentTimeMillis();
          if (!over.future().isComplete()) {
            line(line.toString(), event);
          }
        });
      });
    });
    return over.future().onComplete(end -> doors.vertx().cancelTimer(timer));
  }

  private void line(String line, StringBuilder event) {
    if (line.startsWith("data:")) {
      event.append(line.substring("data:".length()));
    } else if (line.startsWith("event:")) {
      diary.complain(this + ": " + line);
    } else if (line.isEmpty() && event.length() > 0) {
      take(new JsonObject(event.toString()));
      event.setLength(0);
    }
  }

  private Future<Void> poll() {
    String org = channel.split(":")[0];
    String path = "/api/events/since?wait=2&limit=500&orgId=" + org + "&cursor=" + cursor;
    return doors.ask(node, HttpMethod.GET, path, token, Buffer.buffer(), HELD_MS_MAX).map(answer -> {
      if (answer.status() == 200) {
        JsonObject page = answer.body().toJsonObject();
        page.getJsonArray("events").forEach(event -> take((JsonObject) event));
        cursor = page.getString("cursor");
      } else if (answer.status() != 204) {
        refused(answer.status());
        throw new IllegalStateException("refused");
      }
      return null;
    });
  }

  private void refused(int status) {
    if (status < 500 && status != 429 || status == GONE) {
      diary.complain(this + ": answered " + status);
    }
  }

  private void take(JsonObject event) {
    long offset = event.getLong("offset");
    String session = event.getString("sessionId", "");
    diary.note(
        new JsonObject()
            .put("k", "got")
            .put("o", offset)
            .put("id", event.getString("id"))
            .put("org", event.getString("orgId"))
            .put("s", session.isEmpty() ? "" : event.getString("agentId") + ':' + session)
            .put("q", event.getLong("sequence", 0L))
            .put("h", event.getJsonObject("payload").encode().hashCode())
            .put("t", System.currentTimeMillis()));
    cursor = event.getString("cursor");
    lastOffset = offset;
    tops.received.increment();
  }
}
