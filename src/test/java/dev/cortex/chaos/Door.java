package dev.cortex.chaos;

import dev.cortex.chaos.Plan.Event;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A way of publishing. */
interface Door {

  /** Publishes these, in order; of each the server's result, empty when none came. */
  List<Optional<JsonObject>> publish(Ready server, List<Event> events) throws InterruptedException;

  /** The door of HTTP: a single event as an object, several as an array. */
  final class OverHttp implements Door {

    private final Http http = new Http();

    @Override
    public List<Optional<JsonObject>> publish(Ready server, List<Event> events) throws InterruptedException {
      String array = events.stream().map(Event::json).collect(Collectors.joining(",", "[", "]"));
      List<JsonObject> results = List.of();
      try {
        results = http.publish(server, events.size() == 1 ? events.get(0).json() : array).results();
      } catch (IOException unknown) {
        // the server was killed: no answer is an answer too
      }
      List<Optional<JsonObject>> all = new ArrayList<>();
      for (int i = 0; i < events.size(); i++) {
        all.add(i < results.size() ? Optional.of(results.get(i)) : Optional.empty());
      }
      return all;
    }
  }

  /** The door of the WebSocket: several publishes on their way at once. */
  final class OverSocket implements Door {

    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    private final Http http = new Http();
    private Optional<Socket> open = Optional.empty();
    private String url = "";
    private long requests;

    @Override
    public List<Optional<JsonObject>> publish(Ready server, List<Event> events) throws InterruptedException {
      List<Optional<JsonObject>> results = new ArrayList<>();
      events.forEach(event -> results.add(Optional.empty()));
      try {
        Socket socket = socket(server);
        long first = requests;
        for (Event event : events) {
          JsonObject frame = new JsonObject().put("op", "publish").put("rid", requests++);
          socket.send(frame.put("event", new JsonObject(event.json())));
        }
        for (int answers = 0; answers < events.size(); answers++) {
          Optional<JsonObject> frame = answer(socket);
          if (frame.isEmpty()) {
            return results;
          }
          long rid = frame.get().getLong("rid");
          if (rid >= first) {
            results.set((int) (rid - first), Optional.of(result(frame.get())));
          }
        }
      } catch (IOException unreachable) {
        // as above
      }
      return results;
    }

    private Socket socket(Ready server) throws IOException, InterruptedException {
      if (open.isEmpty() || open.get().ended() || !url.equals(server.url())) {
        open.ifPresent(Socket::close);
        open = Optional.of(Socket.rich(http.client(), server));
        url = server.url();
      }
      return open.get();
    }

    /** The next frame that answers a request; empty when the connection ended first. */
    private Optional<JsonObject> answer(Socket socket) throws InterruptedException {
      long deadlineNs = System.nanoTime() + ANSWER_MAX.toNanos();
      while (!socket.ended() && System.nanoTime() - deadlineNs < 0) {
        Optional<JsonObject> frame = socket.next(Duration.ofMillis(20));
        if (frame.isPresent() && frame.get().containsKey("rid")) {
          return frame;
        }
      }
      socket.close();
      return Optional.empty();
    }

    /** The answer in the form in which HTTP tells it. */
    private static JsonObject result(JsonObject frame) {
      if (frame.getString("op").equals("ok")) {
        return frame;
      }
      boolean temporary = frame.getLong("retryAfterMs", 0L) > 0;
      return new JsonObject().put("status", temporary ? "unknown" : "rejected").put("error", frame);
    }
  }
}
