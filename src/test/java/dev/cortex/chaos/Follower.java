package dev.cortex.chaos;

import dev.cortex.testing.process.EventStream;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seen;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A subscribing client that goes on from where it stopped, on whatever server there is; it writes down what it got. */
final class Follower extends Thread {

  private static final Duration LOOK = Duration.ofMillis(20);
  private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int GONE = 410;

  /** How a client follows a channel. */
  enum Way {
    /** A WebSocket that knows no protocol. */
    PLAIN,
    /** A WebSocket of the protocol, by cursor. */
    RICH,
    /** A WebSocket of the protocol, by the session's sequence. */
    SEQUENCE,
    /** Requests that are held until something comes. */
    POLL,
    /** Server-sent events. */
    STREAM
  }

  private final Way way;
  private final String org;
  private final String channel;
  private final Whereabouts whereabouts;
  private final Journal journal;
  private final Http http = new Http();
  private final List<Seen> seen = new ArrayList<>();
  private volatile String lastType = "";
  private volatile long lastOffset;
  private String cursor = "0";
  private long sequence;

  /**
   * Creates the client; it runs on a thread of its own.
   *
   * @param channel beneath the org: empty, {@code agent} or {@code agent:session}
   */
  Follower(Way way, String org, String channel, Whereabouts whereabouts, Journal journal) {
    super(way + " " + org + ':' + channel);
    setDaemon(true);
    this.way = way;
    this.org = org;
    this.channel = channel;
    this.whereabouts = whereabouts;
    this.journal = journal;
  }

  /** The type of the event that came last. */
  String lastType() {
    return lastType;
  }

  /** The offset of the event that came last. */
  long lastOffset() {
    return lastOffset;
  }

  /** Everything that came, once the thread has ended. */
  Checker.Log log() {
    return new Checker.Log(getName(), channel, List.copyOf(seen));
  }

  @Override
  public void run() {
    try {
      Optional<Ready> server = whereabouts.await();
      while (server.isPresent()) {
        try {
          follow(server.get());
        } catch (IOException gone) {
          LockSupport.parkNanos(RETRY_NS);
        }
        server = whereabouts.await();
      }
    } catch (InterruptedException e) {
      journal.complain(getName() + " was interrupted");
    } catch (RuntimeException e) {
      journal.complain(getName() + " failed: " + e);
    }
  }

  private void follow(Ready server) throws IOException, InterruptedException {
    switch (way) {
      case PLAIN -> plain(server);
      case RICH, SEQUENCE -> rich(server);
      case POLL -> poll(server);
      case STREAM -> stream(server);
    }
  }

  private void plain(Ready server) throws IOException, InterruptedException {
    try (Socket socket = Socket.plain(http.client(), server, "?channel=" + fullChannel() + "&since=" + cursor)) {
      while (!socket.ended()) {
        socket.next(LOOK).ifPresent(this::take);
      }
    }
  }

  private void rich(Ready server) throws IOException, InterruptedException {
    try (Socket socket = Socket.rich(http.client(), server)) {
      Object since = way == Way.SEQUENCE ? new JsonObject().put("sequence", sequence) : cursor;
      socket.send(
          new JsonObject().put("op", "subscribe").put("rid", "s").put("channel", fullChannel()).put("since", since));
      while (!socket.ended()) {
        socket.next(LOOK).ifPresent(this::takeFrame);
      }
    }
  }

  private void poll(Ready server) throws IOException, InterruptedException {
    Http.Answer answer = http.get(server, "/api/events/since?wait=1&limit=200&orgId=" + org + "&cursor=" + cursor);
    answer.events().forEach(this::take);
    cursor = answer.body().getString("cursor", cursor);
    if (answer.status() == GONE) {
      journal.complain(getName() + ": cursor " + cursor + " is gone: " + answer);
    }
  }

  private void stream(Ready server) throws IOException, InterruptedException {
    try (EventStream stream = EventStream.open(http.client(), server, fullChannel(), cursor)) {
      Optional<EventStream.Sent> next = stream.next();
      while (next.isPresent()) {
        EventStream.Sent sent = next.get();
        if (sent.name().isEmpty()) {
          take(sent.data());
          cursor = sent.id();
        } else {
          journal.complain(getName() + ": " + sent);
        }
        next = stream.next();
      }
    }
  }

  private String fullChannel() {
    return channel.isEmpty() ? org : org + ':' + channel;
  }

  private void takeFrame(JsonObject frame) {
    String op = frame.getString("op", "");
    if (op.isEmpty()) {
      take(frame);
    } else if (op.equals("resync") || op.equals("error") || !frame.getBoolean("recovered", true)) {
      journal.complain(getName() + ": " + frame);
    }
  }

  private void take(JsonObject event) {
    seen.add(Seen.of(event));
    cursor = event.getString("cursor");
    sequence = event.getLong("sequence", sequence);
    lastOffset = event.getLong("offset");
    lastType = event.getString("type");
  }
}
