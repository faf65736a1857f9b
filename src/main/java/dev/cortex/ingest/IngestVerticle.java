package dev.cortex.ingest;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Requests;
import dev.cortex.bus.RoomCalls;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeReader;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Parsed;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The one door every publish passes, whatever way it came in: reads the events, holds them to the envelope's rules,
 * fills in what producers may leave out and sends each org's events to its room. The answer tells the fate of every
 * event, in the order they were sent.
 */
public final class IngestVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(IngestVerticle.class);

  /** How long an append is asked for: longer than the store's own patience, so that its definite answer is heard. */
  private static final long APPEND_BUDGET_MS = 12_000;

  /** Most events in one request. */
  public static final int EVENTS_MAX = 500;

  /** Orgs that are over their quota at the same time and known to be; those beyond it travel to their rooms. */
  private static final int REFUSALS_MAX = 10_000;

  private final CortexConfig config;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Refusals refusals;
  private final EnvelopeReader reader;
  private Lines lines;
  private MessageConsumer<Ingest> consumer;

  /**
   * Creates the verticle; nothing happens before it is deployed.
   *
   * @param directory where rooms are
   */
  public IngestVerticle(CortexConfig config, Metrics metrics, Clock clock, Directory directory) {
    this.config = config;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.refusals = new Refusals(new OrgLimits(config.limits()), REFUSALS_MAX);
    this.reader = new EnvelopeReader(config.messageContract().maxPayloadBytes());
  }

  @Override
  public Future<?> start() {
    lines = new Lines(new RoomCalls(vertx, directory), metrics, clock, APPEND_BUDGET_MS);
    metrics.gauge(
        "cortex_ingest_waiting_events", "Events that wait for their room to be found.", () -> lines.waitingEvents());
    consumer = vertx.eventBus().localConsumer(Addresses.INGEST);
    consumer.handler(this::receive);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    lines.close();
    return consumer.unregister();
  }

  private void receive(Message<Ingest> received) {
    try {
      Ingest ask = received.body();
      publish(ask, read(ask)).onSuccess(received::reply);
    } catch (RefusedException refused) {
      metrics.refused(refused.code().code(), 1);
      Requests.refuse(received, refused.code(), refused.getMessage());
    } catch (RuntimeException bug) {
      LOG.error("a publish could not be read", bug);
      Requests.refuse(received, ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence());
    }
  }

  private List<Parsed> read(Ingest ask) {
    return switch (ask.format()) {
      case JSON -> reader.readBody(ask.body(), EVENTS_MAX);
      case CLOUDEVENT -> reader.readCloudEvent(ask.body());
      case CLOUDEVENTS -> reader.readCloudEvents(ask.body(), EVENTS_MAX);
      case CLOUDEVENT_BINARY -> reader.readCloudEventBinary(ask.attributes(), ask.body());
    };
  }

  private Future<Ingested> publish(Ingest ask, List<Parsed> parsed) {
    Outcome[] outcomes = new Outcome[parsed.size()];
    Map<String, List<Draft>> drafts = new LinkedHashMap<>();
    Map<String, List<Integer>> places = new LinkedHashMap<>();
    long nowMs = clock.wallMs();
    Set<String> orgs = ask.principal().orgs();
    String onlyOrg = orgs.size() == 1 ? orgs.iterator().next() : "";
    for (int i = 0; i < outcomes.length; i++) {
      if (parsed.get(i) instanceof Parsed.Invalid invalid) {
        outcomes[i] = refused(invalid.id(), invalid.code(), invalid.message());
        continue;
      }
      Draft sent = ((Parsed.Valid) parsed.get(i)).draft();
      String newId = sent.id().isEmpty() ? UuidCreator.getTimeOrderedEpoch().toString() : "";
      Draft draft = sent.completed(newId, onlyOrg, ask.principal().userId(), nowMs, ask.traceId());
      Optional<Outcome> refusal = check(ask.principal(), draft);
      if (refusal.isPresent()) {
        outcomes[i] = refusal.get();
      } else {
        drafts.computeIfAbsent(draft.orgId(), org -> new ArrayList<>()).add(draft);
        places.computeIfAbsent(draft.orgId(), org -> new ArrayList<>()).add(i);
      }
    }
    List<Future<Appended>> appends = new ArrayList<>(drafts.size());
    drafts.forEach((org, list) -> appends.add(append(org, list).onSuccess(appended -> {
      for (int k = 0; k < appended.outcomes().size(); k++) {
        outcomes[places.get(org).get(k)] = appended.outcomes().get(k);
      }
    })));
    return Future.all(appends).map(done -> new Ingested(
        Arrays.asList(outcomes), appends.size() == 1 ? appends.get(0).result().budget() : Budget.UNLIMITED));
  }

  private Future<Appended> append(String org, List<Draft> drafts) {
    long nowNs = clock.monotonicNs();
    Optional<Appended> known = refusals.answer(org, drafts, nowNs);
    if (known.isPresent()) {
      metrics.refused(ErrorCode.RATE_LIMITED.code(), drafts.size());
      return Future.succeededFuture(known.get());
    }
    return lines.append(org, drafts).onSuccess(appended -> refusals.answered(org, appended.budget(), nowNs));
  }

  private Optional<Outcome> check(Principal principal, Draft draft) {
    // only who belongs to every org is told that an org is missing; to anyone else none is as good as a foreign one
    if (draft.orgId().isEmpty() && principal.orgs().isEmpty()) {
      String message = "orgId is missing: a name of 1 to 128 of A-Z a-z 0-9 . _ ~ -";
      return refusal(draft.id(), ErrorCode.INVALID_EVENT, message);
    }
    if (!principal.may(Scope.PUBLISH, new Channel(draft.orgId(), draft.agentId(), draft.sessionId()))) {
      return refusal(draft.id(), ErrorCode.FORBIDDEN, "this caller may not publish there");
    }
    if (!principal.service() && !draft.userId().equals(principal.userId())) {
      return refusal(draft.id(), ErrorCode.FORBIDDEN, "a user publishes in its own name only: leave userId out");
    }
    CortexConfig.MessageContract contract = config.messageContract();
    if (contract.requireSequence() && draft.hasSession() && draft.sequence() == 0) {
      return refusal(draft.id(), ErrorCode.INVALID_EVENT, "sequence is required for events of a session here");
    }
    if (contract.requireIdempotencyKey() && draft.idempotencyKey().isEmpty()) {
      return refusal(draft.id(), ErrorCode.INVALID_EVENT, "idempotencyKey is required here");
    }
    return Optional.empty();
  }

  private Optional<Outcome> refusal(String id, ErrorCode code, String message) {
    return Optional.of(refused(id, code, message));
  }

  private Outcome refused(String id, ErrorCode code, String message) {
    metrics.refused(code.code(), 1);
    return Outcome.refused(id, code, message);
  }
}
