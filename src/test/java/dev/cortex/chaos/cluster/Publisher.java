package dev.cortex.chaos.cluster;

import dev.cortex.testing.process.Cluster;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A publishing client on an event loop: sends numbered events at a steady rate and repeats whatever has no definite
 * answer, with the same ids and in the same order, at the next node when one does not answer.
 */
final class Publisher {

  /** Which door it publishes by. */
  enum Way {
    /** Requests of a user. */
    EVENTS,
    /** Requests of a back-end service. */
    BROADCAST,
    /** Frames of a WebSocket. */
    SOCKET
  }

  private static final long TICK_MS = 50;
  private static final long ANSWER_MS_MAX = 2_500;
  private static final int BATCH_MAX = 40;
  private static final int REPEAT_PERCENT = 2;

  private final Way way;
  private final String name;
  private final String org;
  private final String token;
  private final double perTick;
  private final Doors doors;
  private final Diary diary;
  private final Tops tops;
  private final Random random;
  private final Map<String, Long> sequences = new HashMap<>();
  private List<JsonObject> open = List.of();
  private JsonObject former = new JsonObject();
  private WebSocket socket;
  private Map<Integer, JsonObject> awaited = new HashMap<>();
  private final int home;
  private Promise<Void> whole = Promise.promise();
  private int node;
  private int made;
  private int requests;
  private double credit;
  private long sentMs;
  private boolean under;
  private volatile boolean enough;
  private volatile boolean done;

  Publisher(int number, String org, double perSecond, Doors doors, Diary diary, Tops tops, long seed) {
    this.way = Way.values()[number % Way.values().length];
    this.name = "p" + number;
    this.org = org;
    this.token = way == Way.BROADCAST ? Cluster.SERVICE_TOKEN : Doors.token(org, name);
    this.perTick = perSecond * TICK_MS / 1_000;
    this.doors = doors;
    this.diary = diary;
    this.tops = tops;
    this.random = new Random(seed);
    this.home = number % doors.count();
    this.node = home;
  }

  /** Begins to publish. */
  void start() {
    doors.vertx().setPeriodic(1 + random.nextInt((int) TICK_MS), TICK_MS, timer -> {
      tick();
      if (done) {
        doors.vertx().cancelTimer(timer);
      }
    });
  }

  /** No new events from now on; what is open is brought to its end. */
  void finish() {
    enough = true;
  }

  /** Goes back to the node where it began, with the next events. */
  void goHome() {
    doors.vertx().runOnContext(now -> {
      if (node != home && !under) {
        node = home;
        hangUp();
      }
    });
  }

  /** Whether everything it sent has a definite answer and nothing more will come. */
  boolean done() {
    return done;
  }

  /** What it is doing, for a report. */
  @Override
  public String toString() {
    return name + ' ' + way + ' ' + org + " at node " + (node + 1) + ", " + open.size() + " open";
  }

  private void tick() {
    credit = Math.min(credit + perTick, 2.0 * BATCH_MAX);
    if (under || done) {
      return;
    }
    if (open.isEmpty()) {
      if (enough) {
        done = true;
        return;
      }
      int due = (int) Math.min(credit, BATCH_MAX);
      if (due == 0) {
        return;
      }
      credit -= due;
      open = fresh(due);
      sentMs = System.currentTimeMillis();
    }
    send();
  }

  private List<JsonObject> fresh(int count) {
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
            .put("id", name + '-' + made)
            .put("orgId", org)
            .put("type", "step.done")
            .put("payload", new JsonObject().put("n", made).put("text", "x".repeat(random.nextInt(120))));
    int which = random.nextInt(5);
    if (which < 4) {
      String session = "s" + which % 2;
      event.put("agentId", name).put("sessionId", session);
      event.put("sequence", sequences.merge(session, 1L, Long::sum));
    }
    if (which == 0) {
      event.put("idempotencyKey", "key/" + name + '/' + made);
    }
    return event;
  }

  private static String session(JsonObject event) {
    return event.containsKey("sessionId") ? event.getString("agentId") + ':' + event.getString("sessionId") : "";
  }

  private void send() {
    under = true;
    Future<Void> sent = way == Way.SOCKET ? bySocket() : byRequest();
    sent.onComplete(end -> {
      under = false;
      if (end.failed()) {
        node = (node + 1) % doors.count();
      }
      tops.repeated.add(open.size());
    });
  }

  private Future<Void> byRequest() {
    List<JsonObject> batch = open;
    Buffer body = new JsonArray(batch).toBuffer();
    String path = way == Way.EVENTS ? "/api/events" : "/broadcast";
    return doors.ask(node, HttpMethod.POST, path, token, body, ANSWER_MS_MAX).map(answer -> {
      String text = answer.body().toString();
      JsonArray results = text.startsWith("{") ? new JsonObject(text).getJsonArray("results") : null;
      if (results == null || results.size() != batch.size()) {
        if (answer.status() < 500 && answer.status() != 429) {
          diary.complain(this + ": " + answer.status() + ' ' + text);
        }
        throw new IllegalStateException("no results");
      }
      open = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        JsonObject result = results.getJsonObject(i);
        settle(batch.get(i), result.getString("status"), result);
      }
      return null;
    });
  }

  private Future<Void> bySocket() {
    Future<WebSocket> ready =
        socket != null && !socket.isClosed()
            ? Future.succeededFuture(socket)
            : doors.open(node, "?subscribe=none", token, true, ANSWER_MS_MAX).onSuccess(this::opened);
    return ready.compose(to -> {
      Promise<Void> all = Promise.promise();
      List<JsonObject> batch = open;
      open = new ArrayList<>();
      awaited = new HashMap<>();
      for (JsonObject event : batch) {
        awaited.put(++requests, event);
        to.writeTextMessage(
            new JsonObject().put("op", "publish").put("rid", requests).put("event", event).encode());
      }
      whole = all;
      long timer = doors.vertx().setTimer(ANSWER_MS_MAX, late -> all.tryFail("no answer in time"));
      return all.future().eventually(() -> {
        doors.vertx().cancelTimer(timer);
        open = batch.stream().filter(event -> open.contains(event) || awaited.containsValue(event)).toList();
        awaited = new HashMap<>();
        return Future.succeededFuture();
      }).onFailure(failure -> {
        socket = null; // a frozen peer would keep it open
        to.close();
      });
    });
  }

  private void opened(WebSocket fresh) {
    socket = fresh;
    fresh.textMessageHandler(text -> {
      JsonObject frame = new JsonObject(text);
      JsonObject event = frame.getValue("rid") instanceof Integer rid ? awaited.remove(rid) : null;
      if (event != null) {
        boolean ok = frame.getString("op").equals("ok");
        boolean again = frame.getLong("retryAfterMs", -1L) > 0 || follows(event, frame);
        settle(event, ok ? frame.getString("status") : again ? "unknown" : "rejected", frame);
        if (awaited.isEmpty()) {
          whole.tryComplete();
        }
      } else if (frame.getString("op").equals("drain")) {
        node = (node + 1) % doors.count();
        hangUp();
      }
    });
    fresh.exceptionHandler(broken -> whole.tryFail(broken));
    fresh.closeHandler(gone -> whole.tryFail("closed"));
  }

  /** Whether an event is out of order only because one before it, sent on without waiting, was refused for now. */
  private boolean follows(JsonObject event, JsonObject refusal) {
    return "sequence_conflict".equals(refusal.getString("code"))
        && open.stream()
            .anyMatch(
                before ->
                    session(before).equals(session(event))
                        && before.getLong("sequence") < event.getLong("sequence"));
  }

  /** Publishes by another connection from now on; this one ends when its answers had time to come. */
  private void hangUp() {
    if (socket != null) {
      WebSocket old = socket;
      socket = null;
      doors.vertx().setTimer(ANSWER_MS_MAX, later -> old.close());
    }
  }

  private void settle(JsonObject event, String status, JsonObject result) {
    if (status.equals("unknown")) {
      open.add(event);
      return;
    }
    if (!status.equals("accepted") && !status.equals("duplicate")) {
      diary.complain(this + ": " + event.getString("id") + " was answered " + result.encode());
      return;
    }
    long now = System.currentTimeMillis();
    long offset = result.getLong("offset");
    diary.note(
        new JsonObject()
            .put("k", "answer")
            .put("id", event.getString("id"))
            .put("org", org)
            .put("st", status)
            .put("o", offset)
            .put("q", result.getLong("sequence", 0L))
            .put("ms", now - sentMs)
            .put("t", now));
    tops.settled.increment();
    tops.reached(org, offset);
    if (event.containsKey("sessionId")) {
      tops.reached(org + ':' + name, offset);
    }
  }
}
