package dev.cortex.gateway;

import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Present;
import dev.cortex.event.Channel;
import dev.cortex.event.ClientFrame;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.FrameReader;
import dev.cortex.event.FrameWriter;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * The frames of one WebSocket client: what it asks is answered, each request with exactly one frame that carries its
 * {@code rid}. A client without the subprotocol may ask as well, but is told nothing it did not ask for.
 */
final class WsConnection implements FrameGuard.Receiver {

  private static final FrameReader READER = new FrameReader();

  /** Requests under way at the same time; while there are more the socket is not read. */
  private static final int REQUESTS_MAX = 64;

  private static final int PRESENCE_MEMBERS_MAX = 1_000;
  private static final long RETRY_AFTER_MS = 1_000;

  private final WsSocket socket;
  private final Subscriptions subscriptions;
  private final Beginnings beginnings;
  private final PublishRoute publisher;
  private final Feeds feeds;
  private final Pace pace;
  private int requests;
  private Future<?> last = Future.succeededFuture();

  WsConnection(
      WsSocket socket,
      Subscriptions subscriptions,
      Beginnings beginnings,
      PublishRoute publisher,
      Feeds feeds,
      Pace pace) {
    this.socket = socket;
    this.subscriptions = subscriptions;
    this.beginnings = beginnings;
    this.publisher = publisher;
    this.feeds = feeds;
    this.pace = pace;
  }

  @Override
  public void onFrame() {
    socket.heard();
  }

  @Override
  public void onWritability() {
    throttle();
    if (socket.writable()) {
      subscriptions.pump();
    }
  }

  @Override
  public void onBinary() {
    socket.close(ErrorCode.BAD_FRAME.closeCode(), "frames are JSON text");
  }

  @Override
  public void onText(byte[] message) {
    if (socket.closing()) {
      return;
    }
    ClientFrame frame;
    try {
      frame = READER.read(message);
    } catch (RefusedException refused) {
      socket.close(refused.code().closeCode(), refused.getMessage());
      return;
    }
    requests++;
    throttle();
    inOrder(frame)
        .onSuccess(answer -> {
          socket.send(answer.frame());
          answer.then().run();
        })
        .onFailure(failure -> socket.send(error(frame.rid(), failure)))
        .onComplete(done -> {
          requests--;
          throttle();
        });
  }

  /** Publishes go on side by side, in the order they came; everything else waits for what was asked before it. */
  private Future<Answer> inOrder(ClientFrame frame) {
    if (frame instanceof ClientFrame.Publish) {
      return answer(frame);
    }
    Future<Answer> answered = last.transform(done -> answer(frame));
    last = answered;
    return answered;
  }

  /** Answers every request that was refused or failed. */
  private static byte[] error(String rid, Throwable failure) {
    ErrorCode code = failure instanceof RefusedException refused ? refused.code() : ErrorCode.INTERNAL;
    String message = failure instanceof RefusedException ? failure.getMessage() : code.sentence();
    return FrameWriter.error(rid, code, message, code.temporary() ? RETRY_AFTER_MS : 0).bytes();
  }

  /** Reads no more while the client has many requests under way or takes no answers. */
  private void throttle() {
    socket.reading(requests < REQUESTS_MAX && !socket.answersPileUp());
  }

  private Future<Answer> answer(ClientFrame frame) {
    if (frame instanceof ClientFrame.Subscribe subscribe) {
      return subscribe(subscribe);
    } else if (frame instanceof ClientFrame.Unsubscribe unsubscribe) {
      return subscriptions.remove(unsubscribe.channel())
          ? answered(FrameWriter.answer("ok", frame.rid()))
          : refuse(ErrorCode.NOT_SUBSCRIBED, "not subscribed to " + unsubscribe.channel().text());
    } else if (frame instanceof ClientFrame.Publish publish) {
      return publish(publish);
    } else if (frame instanceof ClientFrame.Presence presence) {
      return presence(presence);
    } else if (frame instanceof ClientFrame.Ping) {
      return answered(pong(frame.rid()));
    } else if (frame instanceof ClientFrame.Refused refused) {
      return refuse(refused.code(), refused.message());
    }
    String op = ((ClientFrame.Unknown) frame).op();
    return refuse(
        ErrorCode.UNKNOWN_OP, "op \"" + op + "\" is not known here: subscribe, unsubscribe, publish, presence or ping");
  }

  private Future<Answer> subscribe(ClientFrame.Subscribe ask) {
    Channel channel = ask.channel();
    if (!subscriptions.mayAdd(channel)) {
      return refuse(ErrorCode.RATE_LIMITED, "this connection has as many subscriptions as it may");
    }
    return beginnings
        .begin(channel, ask.since())
        .compose(beginning -> feeds.feed(channel.orgId()).map(feed -> {
          if (beginning.gone().isPresent()) {
            return resync(ask, feed, beginning.gone().get());
          }
          return beginning.located().map(located -> replay(ask, feed, located)).orElseGet(() -> live(ask, feed));
        }));
  }

  private Answer live(ClientFrame.Subscribe ask, Feed feed) {
    Subscriber subscriber = subscriptions.add(feed, ask.channel());
    return new Answer(subscribed(ask, feed.position(), true, 0), subscriber::startLive);
  }

  private Answer replay(ClientFrame.Subscribe ask, Feed feed, Located located) {
    Subscriber subscriber = subscriptions.add(feed, ask.channel());
    Position from = new Position(located.head().position().logId(), located.after());
    return new Answer(
        subscribed(ask, from, true, located.missed()), () -> subscriber.startAfter(located.after()));
  }

  private Answer resync(ClientFrame.Subscribe ask, Feed feed, ErrorCode reason) {
    Subscriber subscriber = subscriptions.add(feed, ask.channel());
    return new Answer(subscribed(ask, feed.position(), false, 0), () -> {
      socket.send(WsSocket.resync(ask.channel(), reason));
      subscriber.startLive();
    });
  }

  private static byte[] subscribed(ClientFrame.Subscribe ask, Position cursor, boolean recovered, long replayed) {
    return FrameWriter.answer("subscribed", ask.rid())
        .put("channel", ask.channel().text())
        .put("cursor", cursor.cursor())
        .put("recovered", recovered)
        .put("replayed", replayed)
        .bytes();
  }

  private Future<Answer> publish(ClientFrame.Publish ask) {
    if (ask.event().length == 0 || ask.event()[0] != '{') {
      return refuse(ErrorCode.INVALID_EVENT, "event is one envelope: a JSON object");
    }
    long waitMs = pace.take();
    if (waitMs > 0) {
      return answered(FrameWriter.error(ask.rid(), ErrorCode.RATE_LIMITED, pace.sentence(), waitMs));
    }
    return publisher.publish(ask.event(), Format.JSON, Map.of(), "").compose(fate -> {
      Outcome outcome = fate.outcomes().get(0);
      if (outcome.error().isPresent()) {
        long retryAfterMs = RateLimits.retryAfterMs(fate);
        return answered(
            FrameWriter.error(ask.rid(), outcome.error().get(), outcome.message(), retryAfterMs));
      }
      FrameWriter ok = FrameWriter.answer("ok", ask.rid())
          .put("id", outcome.id())
          .put("status", outcome.status().text())
          .put("offset", outcome.offset());
      return answered(outcome.sequence() > 0 ? ok.put("sequence", outcome.sequence()) : ok);
    });
  }

  private Future<Answer> presence(ClientFrame.Presence ask) {
    return feeds.ask(new AskPresence(ask.channel()), Present.class).compose(present -> {
      JsonArray members = new JsonArray();
      int total = 0;
      for (Map.Entry<String, Integer> member : present.connectionsByUser().entrySet()) {
        total += member.getValue();
        if (members.size() < PRESENCE_MEMBERS_MAX) {
          members.add(new JsonObject().put("userId", member.getKey()).put("connections", member.getValue()));
        }
      }
      return answered(FrameWriter.answer("presence", ask.rid())
          .put("channel", ask.channel().text())
          .putJson("members", members.encode())
          .put("total", total));
    });
  }

  private FrameWriter pong(String rid) {
    FrameWriter pong = FrameWriter.answer("pong", rid);
    Map<String, Position> covered = subscriptions.covered();
    if (covered.size() == 1) {
      pong.put("cursor", covered.values().iterator().next().cursor());
    } else {
      FrameWriter cursors = FrameWriter.object();
      covered.forEach((org, position) -> cursors.put(org, position.cursor()));
      pong.put("cursors", cursors);
    }
    return pong;
  }

  private static Future<Answer> answered(FrameWriter frame) {
    return Future.succeededFuture(new Answer(frame.bytes(), () -> {}));
  }

  private static <T> Future<T> refuse(ErrorCode code, String message) {
    return Future.failedFuture(new RefusedException(code, message));
  }

  /** One answering frame, and what begins once it is on its way. */
  private record Answer(byte[] frame, Runnable then) {}
}
