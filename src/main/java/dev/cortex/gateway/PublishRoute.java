package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Requests;
import dev.cortex.bus.Source;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Publishing over HTTP: one envelope, an array of them, or CloudEvents in their three modes. */
final class PublishRoute {

  /** Longer than ingest waits for the room, so that its answer for every single event is heard. */
  static final long TIMEOUT_MS = 15_000;

  private static final String CE_PREFIX = "ce-";

  private final Vertx vertx;
  private final Bodies bodies;
  private final Traces traces;
  private final RateLimits rateLimits;
  private final Metrics metrics;
  private final Clock clock;

  PublishRoute(Vertx vertx, Bodies bodies, Traces traces, RateLimits rateLimits, Metrics metrics, Clock clock) {
    this.vertx = vertx;
    this.bodies = bodies;
    this.traces = traces;
    this.rateLimits = rateLimits;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Serves a request of a producer. */
  void handle(HttpServerRequest request, Principal principal) {
    serve(request, principal, headers -> {
      DesktopHeaders.refuseOutbox(headers);
      return Source.PRODUCERS;
    });
  }

  /** Serves a request of a producer, or of a desktop that sends a part of its outbox. */
  void handleOrTake(HttpServerRequest request, Principal principal) {
    serve(request, principal, headers -> DesktopHeaders.source(headers, principal));
  }

  private void serve(HttpServerRequest request, Principal principal, Function<MultiMap, Source> sources) {
    MultiMap headers = request.headers();
    Format format;
    Source source;
    try {
      if (!principal.scopes().contains(Scope.PUBLISH)) {
        throw new RefusedException(ErrorCode.FORBIDDEN, "this caller may not publish");
      }
      format = ContentTypes.events(headers);
      source = sources.apply(headers);
      if (source instanceof Source.Outbox && format != Format.JSON) {
        throw new RefusedException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "an outbox is sent as application/json");
      }
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
      return;
    }
    String traceId = traces.of(headers);
    bodies
        .serve(request, body -> {
          // from here it is our time: how long a client takes to send its body is none of our latency
          long begun = clock.monotonicNs();
          Map<String, String> attributes = format == Format.CLOUDEVENT_BINARY ? attributes(headers) : Map.of();
          return ingest(new Ingest(body, format, attributes, principal, traceId, source))
              .onComplete(done -> metrics.publishAnswered(clock.monotonicNs() - begun));
        })
        .onComplete(fate -> {
          traces.echo(request.response(), traceId);
          if (fate.failed()) {
            Problems.answer(request, fate.cause());
            return;
          }
          rateLimits.write(request.response(), principal, fate.result());
          asAWhole(fate.result()).ifPresentOrElse(
              refused -> Problems.answer(request, refused),
              () -> answer(request.response(), fate.result()));
        });
  }

  /** Why a request was refused as a whole; empty when its events have fates of their own. */
  private static Optional<RefusedException> asAWhole(Ingested fate) {
    boolean gap = !fate.outcomes().isEmpty() && fate.outcomes().stream()
        .allMatch(outcome -> outcome.error().filter(code -> code == ErrorCode.OUTBOX_GAP).isPresent());
    return gap
        ? Optional.of(new RefusedException(ErrorCode.OUTBOX_GAP, fate.outcomes().get(0).message()))
        : RateLimits.throttled(fate).map(message -> new RefusedException(ErrorCode.RATE_LIMITED, message));
  }

  /** Publishes what somebody sent in by any door. */
  Future<Ingested> publish(
      Principal principal, byte[] body, Format format, Map<String, String> attributes, String traceId) {
    return ingest(new Ingest(body, format, attributes, principal, traceId));
  }

  private Future<Ingested> ingest(Ingest ingest) {
    return Requests.ask(vertx.eventBus(), Addresses.INGEST, ingest, Ingested.class, TIMEOUT_MS);
  }

  private static Map<String, String> attributes(MultiMap headers) {
    Map<String, String> attributes = new HashMap<>();
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.startsWith(CE_PREFIX)) {
        attributes.put(name.substring(CE_PREFIX.length()), header.getValue());
      }
    }
    attributes.put("datacontenttype", "application/json");
    return attributes;
  }

  private static void answer(HttpServerResponse response, Ingested fate) {
    List<Outcome> outcomes = fate.outcomes();
    int[] counts = new int[Outcome.Status.values().length];
    JsonArray results = new JsonArray();
    for (Outcome outcome : outcomes) {
      counts[outcome.status().ordinal()]++;
      results.add(result(outcome));
    }
    int rejected = counts[Outcome.Status.REJECTED.ordinal()];
    boolean unknown = counts[Outcome.Status.UNKNOWN.ordinal()] > 0;
    if (unknown) {
      response.setStatusCode(503);
    } else if (rejected > 0 && rejected == outcomes.size()) {
      response.setStatusCode(422);
    }
    JsonObject body =
        new JsonObject()
            .put("accepted", counts[Outcome.Status.ACCEPTED.ordinal()])
            .put("duplicates", counts[Outcome.Status.DUPLICATE.ordinal()])
            .put("rejected", rejected)
            .put("results", results);
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(body.toBuffer());
  }

  /** One outcome as every door tells it: numbers that do not exist are left out or null. */
  static JsonObject result(Outcome outcome) {
    JsonObject result = new JsonObject();
    if (!outcome.id().isEmpty()) {
      result.put("id", outcome.id());
    }
    result.put("status", outcome.status().text());
    boolean placed = outcome.status() == Outcome.Status.ACCEPTED || outcome.status() == Outcome.Status.DUPLICATE;
    if (placed) {
      result.put("offset", outcome.offset() == 0 ? null : outcome.offset());
    }
    if (outcome.sequence() > 0) {
      result.put("sequence", outcome.sequence());
    }
    outcome.error().ifPresent(code ->
        result.put("error", new JsonObject().put("code", code.code()).put("message", outcome.message())));
    return result;
  }
}
