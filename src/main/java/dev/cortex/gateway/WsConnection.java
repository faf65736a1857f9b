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
import dev.cortex.gateway.Beginnings.Beginning;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
  private final Reading reading;
  private final PublishRoute publisher;
  private final Optional<Resumption> resumption;
  private final Pace pace;
  private int requests;
  private Future<?> last = Future.succeededFuture();

  WsConnection(
      WsSocket socket,
      Subscriptions subscriptions,
      Reading reading,
      PublishRoute publisher,
      Optional<Resumption> resumption,
      Pace pace) {
    this.socket = socket;
    this.subscriptions = subscriptions;
    this.reading = reading;
    this.publisher = publisher;
    this.resumption = resumption;
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
    } else if (frame instanceof ClientFrame.Resume resume) {
      return resume(resume);
    } else if (frame instanceof ClientFrame.Ping) {
      return answered(pong(frame.rid()));
    } else if (frame instanceof ClientFrame.Refused refused) {
      return refuse(refused.code(), refused.message());
    }
    String op = ((ClientFrame.Unknown) frame).op();
    return refuse(
        ErrorCode.UNKNOWN_OP,
        "op \"" + op + "\" is not known here: subscribe, unsubscribe, publish, presence, resume or ping");
  }

  private Future<Answer> subscribe(ClientFrame.Subscribe ask) {
    if (!subscriptions.mayAdd(ask.channel())) {
      return refuse(ErrorCode.RATE_LIMITED, "this connection has as many subscriptions as it may");
    }
    return place(ask).map(place -> new Answer(place.answer(), () -> start(place)));
  }

  /** Takes up the subscriptions of a connection that was lost, on whatever node that was: all of them, or none. */
  private Future<Answer> resume(ClientFrame.Resume ask) {
    Reach.checked(socket.principal(), ask.subscriptions().stream().map(ClientFrame.Subscribe::channel).toList());
    if (!resumption.map(tokens -> tokens.verifies(ask.token(), socket.principal())).orElse(false)) {
      return refuse(ErrorCode.UNAUTHORIZED, "this resume token is not valid for this caller, or no longer");
    }
    if (!subscriptions.mayAdd(ask.subscriptions().stream().map(ClientFrame.Subscribe::channel).toList())) {
      return refuse(ErrorCode.RATE_LIMITED, "this connection may not have that many subscriptions");
    }
    List<Future<Place>> places = ask.subscriptions().stream().map(this::place).toList();
    return Future.join(places).transform(all -> {
      List<Place> found = places.stream().filter(Future::succeeded).map(Future::result).toList();
      if (all.failed()) {
        found.forEach(place -> place.letGo().run());
        return Future.failedFuture(all.cause());
      }
      // every answer first, in this one turn: where the feeds stand does not change between answer and start
      found.forEach(place -> socket.send(place.answer()));
      return Future.succeededFuture(new Answer(
          FrameWriter.answer("ok", ask.rid()).bytes(), () -> found.forEach(this::start)));
    });
  }

  /** Where a subscription begins; its feed is kept until that is let go. */
  private record Place(ClientFrame.Subscribe ask, Feed feed, Beginning beginning, Runnable letGo) {

    private byte[] answer() {
      Position cursor = beginning.located()
          .map(located -> new Position(located.head().position().logId(), located.after()))
          .orElseGet(feed::position);
      return FrameWriter.answer("subscribed", ask.rid())
          .put("channel", ask.channel().text())
          .put("cursor", cursor.cursor())
          .put("recovered", beginning.gone().isEmpty())
          .put("replayed", beginning.located().map(Located::missed).orElse(0L))
          .bytes();
    }
  }

  private Future<Place> place(ClientFrame.Subscribe ask) {
    Channel channel = Reach.checked(socket.principal(), ask.channel());
    return reading.beginnings()
        .begin(channel, ask.since())
        .compose(beginning -> reading.feeds().feed(channel.orgId())
            .map(feed -> new Place(ask, feed, beginning, feed.hold())));
  }

  private void start(Place place) {
    Subscriber subscriber = subscriptions.add(place.feed(), place.ask().channel());
    place.beginning().gone().ifPresent(reason -> socket.send(WsSocket.resync(place.ask().channel(), reason)));
    if (place.beginning().located().isPresent()) {
      subscriber.startAfter(place.beginning().located().get().after());
    } else {
      subscriber.startLive();
    }
    place.letGo().run();
  }

  private Future<Answer> publish(ClientFrame.Publish ask) {
    if (ask.event().length == 0 || ask.event()[0] != '{') {
      return refuse(ErrorCode.INVALID_EVENT, "event is one envelope: a JSON object");
    }
    long waitMs = pace.take();
    if (waitMs > 0) {
      return answered(FrameWriter.error(ask.rid(), ErrorCode.RATE_LIMITED, pace.sentence(), waitMs));
    }
    return publisher.publish(socket.principal(), ask.event(), Format.JSON, Map.of(), "").compose(fate -> {
      Outcome outcome = fate.outcomes().get(0);
      if (outcome.error().isPresent()) {
        return answered(FrameWriter.error(
            ask.rid(), outcome.error().get(), outcome.message(), RateLimits.retryAfterMs(fate)));
      }
      FrameWriter ok = FrameWriter.answer("ok", ask.rid())
          .put("id", outcome.id())
          .put("status", outcome.status().text())
          .put("offset", outcome.offset());
      return answered(outcome.sequence() > 0 ? ok.put("sequence", outcome.sequence()) : ok);
    });
  }

  private Future<Answer> presence(ClientFrame.Presence ask) {
    Channel channel = Reach.checked(socket.principal(), ask.channel());
    return reading.feeds().ask(channel.orgId(), new AskPresence(channel), Present.class).compose(present -> {
      JsonArray members = new JsonArray();
      int total = 0;
      for (Map.Entry<String, Integer> member : present.connectionsByUser().entrySet()) {
        total += member.getValue();
        if (members.size() < PRESENCE_MEMBERS_MAX) {
          members.add(new JsonObject().put("userId", member.getKey()).put("connections", member.getValue()));
        }
      }
      return answered(FrameWriter.answer("presence", ask.rid())
          .put("channel", channel.text())
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
