package dev.cortex.sync;

import dev.cortex.event.Desktop;
import dev.cortex.event.KeyHash;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A cloud with one org, that keeps its log in a list and can be told to answer anything else. What it was asked is in
 * {@link #asked}.
 */
final class FakeCloud {

  static final String LOG = "cloudlog00001";

  /** An answer that is not the cloud's own: true when it was given. */
  interface Fault extends Predicate<HttpServerRequest> {}

  /** One request that came in. */
  record Asked(String method, String path, Map<String, String> query, Map<String, String> headers, String body) {}

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Vertx vertx;
  private final HttpServer server;
  private final Map<String, Fault> faults = new HashMap<>();
  private final List<JsonObject> log = new ArrayList<>();
  private final List<JsonObject> taken = new ArrayList<>();
  private final Map<String, Long> marks = new HashMap<>();
  private final Map<String, String> lastIds = new HashMap<>();
  private final Map<String, JsonArray> refused = new HashMap<>();
  private Function<JsonObject, Optional<JsonObject>> judge = event -> Optional.empty();
  private String logId = LOG;
  private long floor;
  private boolean holds;
  private boolean loses;

  FakeCloud(Vertx vertx) throws Exception {
    this.vertx = vertx;
    this.server = vertx.createHttpServer().requestHandler(this::handle).listen(0, "127.0.0.1")
        .await(60, TimeUnit.SECONDS);
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  /** Requests beneath that path are answered otherwise from now on. */
  synchronized void fault(String path, Fault fault) {
    faults.put(path, fault);
  }

  synchronized void heal() {
    faults.clear();
  }

  /** An event is born in the cloud. */
  synchronized JsonObject born(String id) {
    JsonObject event = new JsonObject().put("id", id).put("orgId", "acme").put("userId", "u").put("type", "a.b")
        .put("payload", new JsonObject().put("n", log.size() + 1)).put("timestamp", 1).put("receivedAt", 1)
        .put("offset", log.size() + 1).put("cursor", logId + "." + (log.size() + 1));
    log.add(event);
    return event;
  }

  /** Every offset up to there is covered without an event. */
  synchronized void cover(int offset) {
    while (log.size() < offset) {
      log.add(new JsonObject());
    }
  }

  /** The cloud's log begins anew under another id. */
  synchronized void wipe(String newLogId) {
    logId = newLogId;
    log.clear();
    floor = 0;
  }

  /** Whether polls are held for their whole wait when there is nothing. */
  synchronized void holds(boolean yes) {
    holds = yes;
  }

  /** Whether the answers to outboxes are lost, after what they say was done. */
  synchronized void losesAnswers(boolean yes) {
    loses = yes;
  }

  /** Events of outboxes that this refuses are answered so. */
  synchronized void refuses(Function<JsonObject, Optional<JsonObject>> refusal) {
    judge = refusal;
  }

  /** What the cloud remembers of an outbox. */
  synchronized void mark(Desktop desktop, long number, String id) {
    marks.put(desktop.text(), number);
    lastIds.put(desktop.text(), id);
  }

  /** Ids of the outboxes' events, in the order they were taken. */
  synchronized List<String> taken() {
    return taken.stream().map(event -> event.getString("id")).toList();
  }

  List<Asked> askedFor(String path) {
    return asked.stream().filter(one -> one.path().startsWith(path)).toList();
  }

  private void handle(HttpServerRequest request) {
    request.body().onSuccess(body -> {
      Map<String, String> query = new HashMap<>();
      request.params().forEach(query::put);
      Map<String, String> headers = new HashMap<>();
      request.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
      asked.add(new Asked(request.method().name(), request.path(), query, headers, body.toString()));
      synchronized (this) {
        Fault fault = faults.get(request.path());
        if (fault == null || !fault.test(request)) {
          answer(request, body);
        }
      }
    });
  }

  private void answer(HttpServerRequest request, Buffer body) {
    switch (request.path()) {
      case "/api/events/since" -> since(request);
      case "/api/outbox" -> {
        String desktop = request.getHeader("Cortex-Desktop");
        mark(request, marks.getOrDefault(desktop, 0L), hash(desktop), refused.getOrDefault(desktop, new JsonArray()));
      }
      case "/api/events" -> take(request, body);
      case "/api/callbacks" -> json(request, 201,
          new JsonObject().put("id", "cb-1").put("leaseUntil", System.currentTimeMillis() + 600_000));
      default -> request.response().setStatusCode(request.method().name().equals("DELETE") ? 204 : 404).end();
    }
  }

  private String hash(String desktop) {
    String id = lastIds.get(desktop);
    if (id == null) {
      return "0".repeat(32);
    }
    return String.format("%016x%016x", KeyHash.hashed(id).hi(), KeyHash.hashed(id).lo());
  }

  private synchronized void since(HttpServerRequest request) {
    String cursor = request.getParam("cursor");
    long after = 0;
    if (!cursor.equals("0")) {
      String[] parts = cursor.split("\\.");
      after = Long.parseLong(parts[1]);
      if (!parts[0].equals(logId) || after > log.size() || after < floor) {
        problem(request, 410, parts[0].equals(logId) ? "pruned" : "log_changed");
        return;
      }
    }
    long from = after;
    int end = (int) Math.min(log.size(), after + Integer.parseInt(request.getParam("limit")));
    JsonArray events = new JsonArray();
    log.subList((int) after, end).stream().filter(event -> !event.isEmpty()).forEach(events::add);
    HttpServerResponse response = request.response().putHeader("Cortex-Next-Poll-After-Ms", "1");
    if (events.isEmpty()) {
      String wait = request.getParam("wait");
      if (holds && wait != null) {
        vertx.setTimer(20, look -> waiting(request, from, System.currentTimeMillis() + 1_000L * Long.parseLong(wait)));
        return;
      }
      response.putHeader("Cortex-Cursor", logId + "." + log.size()).setStatusCode(204).end();
      return;
    }
    response.putHeader("Cortex-Cursor", logId + "." + end).putHeader("Content-Type", "application/json").end(
        new JsonObject().put("events", events).put("cursor", logId + "." + end).put("hasMore", end < log.size())
            .toBuffer());
  }

  private synchronized void waiting(HttpServerRequest request, long after, long untilMs) {
    if (log.size() > after || System.currentTimeMillis() >= untilMs) {
      boolean before = holds;
      holds = false;
      since(request);
      holds = before;
    } else if (!request.response().closed()) {
      vertx.setTimer(20, look -> waiting(request, after, untilMs));
    }
  }

  private void take(HttpServerRequest request, Buffer body) {
    String desktop = request.getHeader("Cortex-Desktop");
    long first = Long.parseLong(request.getHeader("Cortex-Outbox-First"));
    long mark = marks.getOrDefault(desktop, 0L);
    if (first > mark + 1) {
      problem(request, 409, "outbox_gap");
      return;
    }
    JsonArray results = new JsonArray();
    JsonArray events = body.toJsonArray();
    for (int i = 0; i < events.size(); i++) {
      JsonObject event = events.getJsonObject(i);
      JsonObject result = new JsonObject().put("id", event.getString("id"));
      Optional<JsonObject> refusal = judge.apply(event);
      if (first + i > mark) {
        marks.put(desktop, first + i);
        lastIds.put(desktop, event.getString("id"));
        if (refusal.isEmpty()) {
          taken.add(event);
        } else {
          refused.computeIfAbsent(desktop, any -> new JsonArray()).add(first + i);
        }
        result.put("status", "accepted");
      } else {
        result.put("status", "duplicate").putNull("offset");
      }
      refusal.ifPresent(error -> result.put("status", "rejected").put("error", error));
      results.add(result);
    }
    if (loses) {
      request.connection().close();
    } else {
      json(request, 200, new JsonObject().put("results", results));
    }
  }

  /** Says how far an outbox was taken. */
  static void mark(HttpServerRequest request, long number, String hash, JsonArray refused) {
    json(request, 200, new JsonObject().put("number", number).put("hash", hash).put("refused", refused));
  }

  /** Answers with JSON. */
  static void json(HttpServerRequest request, int status, JsonObject body) {
    request.response().setStatusCode(status).putHeader("Content-Type", "application/json").end(body.toBuffer());
  }

  /** Answers with a problem; a fault. */
  static boolean problem(HttpServerRequest request, int status, String code) {
    request.response().setStatusCode(status).putHeader("Content-Type", "application/problem+json")
        .end(new JsonObject().put("code", code).put("detail", "so it is").toBuffer());
    return true;
  }

  /** Breaks the connection instead of an answer; a fault. */
  static boolean cut(HttpServerRequest request) {
    request.connection().close();
    return true;
  }
}
