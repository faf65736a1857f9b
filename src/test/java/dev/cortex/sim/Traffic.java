package dev.cortex.sim;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.event.Draft;
import dev.cortex.event.Outcome;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/** Those who publish in a history: they repeat until they are answered, and hold the log to its answers. */
public final class Traffic {

  static final String[] ORGS = {"acme", "bell", "core"};
  static final String[] AGENTS = {"planner", "coder"};

  private final Schedule schedule;
  private final Random random;
  private final MemoryLog log;
  private final Function<Append, Future<? extends Message>> room;
  private final Map<String, Draft> accepted = new HashMap<>();
  private int drafts;

  /**
   * Nothing was published yet.
   *
   * @param room asks the room of an org
   */
  Traffic(Schedule schedule, MemoryLog log, Function<Append, Future<? extends Message>> room) {
    this.schedule = schedule;
    this.random = schedule.random();
    this.log = log;
    this.room = room;
  }

  /** Publishes one event or some, of one org. */
  void publishSome() {
    String org = ORGS[random.nextInt(ORGS.length)];
    int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 4);
    List<Draft> batch = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      batch.add(draft(org));
    }
    publish(batch);
  }

  /** An event that nobody has published. */
  Draft draft(String org) {
    boolean session = random.nextInt(3) > 0;
    byte[] payload = ("{\"x\":\"" + "y".repeat(random.nextInt(60)) + "\"}").getBytes(StandardCharsets.UTF_8);
    Priority priority = random.nextInt(10) == 0 ? Priority.CRITICAL : Priority.STANDARD;
    return new Draft(
        "e" + drafts++ + "e", true, org, "u", "t", payload, 1,
        session ? AGENTS[random.nextInt(2)] : "", session ? "s" + random.nextInt(2) : "", 0, "", priority, "");
  }

  /** A producer that repeats what was not answered for, until it was. */
  void publish(List<Draft> batch) {
    room.apply(new Append(batch.get(0).orgId(), batch)).onComplete(answer -> {
      List<Draft> again = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        Outcome outcome = answer.succeeded() ? ((Appended) answer.result()).outcomes().get(i) : null;
        if (outcome == null || outcome.status() == Outcome.Status.UNKNOWN) {
          again.add(batch.get(i));
          continue;
        }
        require(outcome.error().isEmpty(), "refused: " + outcome);
        StoredEvent stored = log.history(batch.get(i).orgId()).get((int) outcome.offset() - 1);
        require(field(stored, "id").equals(batch.get(i).id()), "another event is at the place of " + outcome);
        boolean first = accepted.put(batch.get(i).id(), batch.get(i)) == null;
        require(first, "answered twice: " + outcome);
      }
      if (!again.isEmpty()) {
        schedule.after(10_000, () -> publish(again));
      }
    });
  }

  /** Everything published is in the log once, and was answered. */
  void check() {
    List<String> stored = new ArrayList<>();
    for (String org : ORGS) {
      log.history(org).forEach(event -> stored.add(field(event, "id")));
    }
    require(stored.size() == drafts && accepted.keySet().equals(Set.copyOf(stored)),
        "of " + drafts + " events " + accepted.size() + " were accepted, " + stored.size() + " are in the log");
  }

  /** The org of an event. */
  public static String org(StoredEvent event) {
    return field(event, "orgId");
  }

  /** A text field of an event. */
  static String field(StoredEvent event, String name) {
    String text = new String(event.json(), StandardCharsets.ISO_8859_1);
    int begin = text.indexOf('"' + name + "\":\"") + name.length() + 4;
    return text.substring(begin, text.indexOf('"', begin));
  }

  /** Fails a history. */
  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
