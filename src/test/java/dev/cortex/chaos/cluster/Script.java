package dev.cortex.chaos.cluster;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The events one producer is going to publish, by seed: in two sessions that it numbers itself and without a session,
 * with and without idempotency keys; now and then an old one again.
 */
final class Script {

  private static final int REPEAT_PERCENT = 2;
  private static final int TEXT_MAX = 120;

  private final String producer;
  private final String org;
  private final Diary diary;
  private final Random random;
  private final Map<String, Long> sequences = new HashMap<>();
  private JsonObject former = new JsonObject();
  private int made;

  Script(String producer, String org, Diary diary, Random random) {
    this.producer = producer;
    this.org = org;
    this.diary = diary;
    this.random = random;
  }

  /** That many new events, noted in the diary, and perhaps some former ones between them. */
  List<JsonObject> next(int count) {
    List<JsonObject> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (!former.isEmpty() && random.nextInt(100) < REPEAT_PERCENT) {
        events.add(former);
      }
      JsonObject event = next();
      events.add(event);
      diary.note(
          new JsonObject()
              .put("k", "sent")
              .put("id", event.getString("id"))
              .put("org", org)
              .put("s", session(event))
              .put("q", event.getLong("sequence", 0L))
              .put("h", event.getJsonObject("payload").encode().hashCode()));
    }
    former = events.get(random.nextInt(events.size()));
    return events;
  }

  private JsonObject next() {
    made++;
    JsonObject event =
        new JsonObject()
            .put("id", producer + '-' + made)
            .put("orgId", org)
            .put("type", "step.done")
            .put("payload", new JsonObject().put("n", made).put("text", "x".repeat(random.nextInt(TEXT_MAX))));
    int which = random.nextInt(5);
    if (which < 4) {
      String session = "s" + which % 2;
      event.put("agentId", producer).put("sessionId", session);
      event.put("sequence", sequences.merge(session, 1L, Long::sum));
    }
    if (which == 0) {
      event.put("idempotencyKey", "key/" + producer + '/' + made);
    }
    return event;
  }

  /** Agent and session of an event as {@code agent:session}; empty without one. */
  static String session(JsonObject event) {
    return event.containsKey("sessionId") ? event.getString("agentId") + ':' + event.getString("sessionId") : "";
  }
}
