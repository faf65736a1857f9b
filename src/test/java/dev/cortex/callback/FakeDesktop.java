package dev.cortex.callback;

import dev.cortex.auth.WebhookSignature;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A desktop as pushes see it: an HTTP server that verifies, keeps its cursor and answers, or does what a test says. */
final class FakeDesktop {

  /** What it does with pushes. */
  enum Mood {
    /** Takes them as a desktop does. */
    WELL,
    /** Answers with {@link #status}. */
    REFUSING,
    /** Never answers. */
    HANGING,
    /** Answers when it is told to. */
    HOLDING,
    /** Sends them elsewhere. */
    REDIRECTING,
    /** Answers with more than anyone reads. */
    CHATTERING
  }

  /** A push as it came. */
  record Push(String id, String signature, long after, long through, List<String> events) {}

  volatile String secret;
  volatile Mood mood = Mood.WELL;
  volatile int status = 503;
  volatile boolean echoes = true;
  volatile String logId = "aaaaaaaaaaaaa";
  volatile long cursor;
  final AtomicInteger requests = new AtomicInteger();
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger unverified = new AtomicInteger();
  final AtomicInteger atATime = new AtomicInteger();
  final AtomicInteger mostAtATime = new AtomicInteger();
  private final List<Push> pushes = new ArrayList<>();
  private final List<String> applied = new ArrayList<>();
  private final List<HttpServerRequest> held = new ArrayList<>();
  private final HttpServer server;

  /** One that listens on loopback. */
  FakeDesktop(Vertx vertx, String secret, HttpServerOptions options) throws TimeoutException {
    this.secret = secret;
    this.server = vertx.createHttpServer(options.setHost("127.0.0.1").setPort(0))
        .connectionHandler(connection -> connections.incrementAndGet())
        .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
        .listen()
        .await(60, TimeUnit.SECONDS);
  }

  FakeDesktop(Vertx vertx, String secret) throws TimeoutException {
    this(vertx, secret, new HttpServerOptions());
  }

  int port() {
    return server.actualPort();
  }

  String url() {
    return "http://127.0.0.1:" + port() + "/ingest";
  }

  synchronized List<Push> pushes() {
    return List.copyOf(pushes);
  }

  /** Ids of the events it stored, in that order. */
  synchronized List<String> applied() {
    return List.copyOf(applied);
  }

  /** Answers what was held, with that status. */
  synchronized void release(int status) {
    held.forEach(request -> request.response().setStatusCode(status).end("{}"));
    held.clear();
  }

  private void answer(HttpServerRequest request, Buffer body) {
    requests.incrementAndGet();
    boolean verified = WebhookSignature.doubt(
            List.of(secret),
            header(request, WebhookSignature.ID),
            header(request, WebhookSignature.TIMESTAMP),
            header(request, WebhookSignature.SIGNATURE),
            body.getBytes(),
            System.currentTimeMillis())
        .isEmpty();
    JsonObject json = body.toJsonObject();
    if (!verified) {
      unverified.incrementAndGet();
      request.response().setStatusCode(401).end("{}");
    } else if (json.containsKey("challenge")) {
      challenged(request, json);
    } else {
      mostAtATime.accumulateAndGet(atATime.incrementAndGet(), Math::max);
      pushed(request, json);
      atATime.decrementAndGet();
    }
  }

  private static String header(HttpServerRequest request, String name) {
    String value = request.getHeader(name);
    return value == null ? "" : value;
  }

  private void challenged(HttpServerRequest request, JsonObject json) {
    if (mood == Mood.REDIRECTING) {
      request.response().setStatusCode(307).putHeader("Location", url()).end();
      mood = Mood.WELL;
    } else if (mood == Mood.REFUSING) {
      request.response().setStatusCode(status).end("{}");
    } else if (mood != Mood.HANGING) {
      JsonObject echo = echoes ? json : new JsonObject().put("challenge", "something else");
      request.response().end(echo.encode());
    }
  }

  private synchronized void pushed(HttpServerRequest request, JsonObject json) {
    JsonArray events = json.getJsonArray("events");
    List<String> ids = events.stream().map(event -> ((JsonObject) event).getString("id")).toList();
    Push push = new Push(
        header(request, WebhookSignature.ID), header(request, WebhookSignature.SIGNATURE),
        json.getLong("after"), json.getLong("through"), ids);
    pushes.add(push);
    switch (mood) {
      case WELL -> request.response().end(applied(json, push).encode());
      case REFUSING -> request.response().setStatusCode(status).end("{}");
      case REDIRECTING -> request.response().setStatusCode(307).putHeader("Location", url()).end();
      case CHATTERING -> request.response().end("{\"status\":\"applied\",\"x\":\"" + "x".repeat(100_000) + "\"}");
      case HANGING -> { }
      case HOLDING -> held.add(request);
    }
  }

  private JsonObject applied(JsonObject json, Push push) {
    String status;
    if (!json.getString("logId").equals(logId) || push.after() > cursor) {
      status = "behind";
    } else if (push.through() <= cursor) {
      status = "duplicate";
    } else {
      status = "applied";
      push.events().stream().filter(id -> !applied.contains(id)).forEach(applied::add);
      cursor = push.through();
    }
    return new JsonObject().put("status", status).put("cursor", logId.isEmpty() ? null : logId + '.' + cursor);
  }
}
