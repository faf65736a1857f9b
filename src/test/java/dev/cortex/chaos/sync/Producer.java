package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Publishes events in one place, in sessions of its own and, one in ten, without a session. What was not answered
 * definitely is sent again with the same ids until it is.
 */
final class Producer {

  private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int LOOSE_OF = 10;
  private static final int TEXT_MAX = 200;

  private final String place;
  private final String org;
  private final Ready server;
  private final Http http;
  private final int sessions;
  private final Ledger ledger;
  private final Random random;
  private long made;

  /**
   * Creates a producer.
   *
   * @param place its name, which its events and sessions bear as well
   * @param sessions how many it spreads its events over
   */
  Producer(String place, String org, Ready server, Http http, int sessions, Ledger ledger, long seed) {
    this.place = place;
    this.org = org;
    this.server = server;
    this.http = http;
    this.sessions = sessions;
    this.ledger = ledger;
    this.random = new Random(seed);
  }

  /** Publishes that many events, a batch at a time, and returns when all are accepted. */
  void publish(int count, int batch) throws InterruptedException, IOException {
    for (int left = count; left > 0; left -= batch) {
      settle(make(Math.min(batch, left)));
    }
  }

  private List<JsonObject> make(int count) {
    List<JsonObject> events = new ArrayList<>();
    while (events.size() < count) {
      made++;
      JsonObject payload =
          new JsonObject().put("n", made).put("text", "ü" + "x".repeat(random.nextInt(TEXT_MAX)));
      JsonObject event =
          new JsonObject()
              .put("id", place + '-' + made)
              .put("orgId", org)
              .put("type", "step.done")
              .put("payload", payload);
      if (random.nextInt(LOOSE_OF) > 0) {
        event.put("agentId", place).put("sessionId", "s" + random.nextInt(sessions));
      }
      events.add(event);
    }
    return events;
  }

  private void settle(List<JsonObject> batch) throws InterruptedException, IOException {
    long deadlineNs = System.nanoTime() + GIVE_UP_NS;
    List<JsonObject> left = batch;
    while (!left.isEmpty()) {
      List<JsonObject> results = results(left);
      List<JsonObject> unknown = new ArrayList<>();
      for (int i = 0; i < left.size(); i++) {
        if (i >= results.size() || !settled(left.get(i), results.get(i))) {
          unknown.add(left.get(i));
        }
      }
      left = unknown;
      if (!left.isEmpty()) {
        if (System.nanoTime() - deadlineNs > 0) {
          throw new IOException(place + ": no definite answer for " + left.get(0).getString("id"));
        }
        LockSupport.parkNanos(RETRY_NS);
      }
    }
  }

  private List<JsonObject> results(List<JsonObject> events) throws InterruptedException {
    try {
      return http.publish(server, new JsonArray(events).encode()).results();
    } catch (IOException noAnswer) {
      return List.of();
    }
  }

  private boolean settled(JsonObject event, JsonObject result) {
    switch (result.getString("status")) {
      case "accepted", "duplicate" -> ledger.born(
          new Born(
              place,
              result.getLong("offset"),
              event.getString("id"),
              event.containsKey("sessionId") ? event.getString("agentId") + ':' + event.getString("sessionId") : "",
              result.getLong("sequence", 0L),
              event.getJsonObject("payload").encode().hashCode()));
      case "rejected" -> ledger.complain(place + ": refused " + result.encode());
      default -> {
        return false;
      }
    }
    return true;
  }
}
