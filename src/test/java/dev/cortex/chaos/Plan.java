package dev.cortex.chaos;

import dev.cortex.chaos.Journal.Published;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * The events one producer is going to publish, by seed: with and without a session, numbered by the producer and by the
 * room, with ids of both kinds, with and without idempotency keys, small and large; now and then an old one again.
 */
final class Plan {

  private static final int REMEMBERED_MAX = 300;
  private static final int REPEAT_PERCENT = 4;
  private static final int LARGE_PERCENT = 2;

  /** An event ready to be sent. */
  record Event(Published published, String json, boolean repeat) {}

  private final String org;
  private final String producer;
  private final Random random;
  private final List<Event> past = new ArrayList<>();
  private long made;
  private long ownSequence;

  Plan(String org, String producer, long seed) {
    this.org = org;
    this.producer = producer;
    this.random = new Random(seed);
  }

  /** The next events, one to {@code most}. */
  List<Event> next(int most) {
    List<Event> events = new ArrayList<>();
    int count = 1 + random.nextInt(most);
    while (events.size() < count) {
      boolean again = !past.isEmpty() && random.nextInt(100) < REPEAT_PERCENT;
      events.add(again ? repeat() : fresh());
    }
    for (Event event : events) {
      if (!event.repeat()) {
        remember(event);
      }
    }
    return events;
  }

  private Event repeat() {
    Event old = past.get(random.nextInt(past.size()));
    return new Event(old.published(), old.json(), true);
  }

  private void remember(Event event) {
    if (past.size() < REMEMBERED_MAX) {
      past.add(event);
    } else {
      past.set(random.nextInt(REMEMBERED_MAX), event);
    }
  }

  private Event fresh() {
    made++;
    String name = producer + '-' + made;
    String id = random.nextBoolean() ? new UUID(random.nextLong(), random.nextLong()).toString() : name;
    int length = random.nextInt(100) < LARGE_PERCENT ? 8_000 : random.nextInt(300);
    String text = "ü".repeat(length / 2) + "x".repeat(length / 2);
    JsonObject payload = new JsonObject().put("name", name).put("text", text);
    JsonObject json = new JsonObject().put("id", id).put("orgId", org).put("type", "step.done").put("payload", payload);
    if (random.nextBoolean()) {
      json.put("idempotencyKey", "key/" + name);
    }
    if (random.nextInt(10) == 0) {
      json.put("metadata", new JsonObject().put("priority", "critical"));
    }
    String session = "";
    long sequence = 0;
    switch (random.nextInt(4)) {
      case 0 -> session = "planner:shared";
      case 1 -> session = "planner:" + producer;
      case 2 -> {
        session = "writer:" + producer;
        sequence = ++ownSequence;
        json.put("sequence", sequence);
      }
      default -> { } // without a session
    }
    if (!session.isEmpty()) {
      int colon = session.indexOf(':');
      json.put("agentId", session.substring(0, colon)).put("sessionId", session.substring(colon + 1));
    }
    return new Event(new Published(id, session, sequence, payload.encode().hashCode()), json.encode(), false);
  }
}
