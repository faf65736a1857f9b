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
import dev.cortex.bus.Source;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeReader;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Parsed;
import dev.cortex.event.RefusedException;
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

  /** Most events that come from the cloud at once: as many as a poll may ask for. */
  static final int CLOUD_EVENTS_MAX = 1_000;

  /** What the cloud took is taken here, whatever producers are held to. */
  private static final int CLOUD_PAYLOAD_MAX = 1 << 20;

  /** Orgs that are over their quota at the same time and known to be; those beyond it travel to their rooms. */
  private static final int REFUSALS_MAX = 10_000;

  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Refusals refusals;
  private final PublishRules rules;
  private final EnvelopeReader reader;
  private final EnvelopeReader cloudReader;
  private Lines lines;
  private Arrivals arrivals;
  private MessageConsumer<Ingest> consumer;

  /**
   * Creates the verticle; nothing happens before it is deployed.
   *
   * @param directory where rooms are
   */
  public IngestVerticle(CortexConfig config, Metrics metrics, Clock clock, Directory directory) {
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.refusals = new Refusals(new OrgLimits(config.limits()), REFUSALS_MAX);
    int payloadMax = config.messageContract().maxPayloadBytes();
    this.rules = new PublishRules(config.messageContract());
    this.reader = new EnvelopeReader(payloadMax);
    this.cloudReader = new EnvelopeReader(Math.max(payloadMax, CLOUD_PAYLOAD_MAX));
  }

  @Override
  public Future<?> start() {
    RoomCalls rooms = new RoomCalls(vertx, directory);
    lines = new Lines(rooms, metrics, clock, APPEND_BUDGET_MS);
    arrivals = new Arrivals(rooms, metrics, clock, APPEND_BUDGET_MS);
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
      take(ask).onSuccess(received::reply).onFailure(failure -> refuse(received, failure));
    } catch (RuntimeException failure) {
      refuse(received, failure);
    }
  }

  private void refuse(Message<Ingest> received, Throwable failure) {
    if (failure instanceof RefusedException refused) {
      metrics.refused(refused.code().code(), 1);
      Requests.refuse(received, refused.code(), refused.getMessage());
    } else {
      LOG.error("a publish could not be taken", failure);
      Requests.refuse(received, ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence());
    }
  }

  private Future<Ingested> take(Ingest ask) {
    if (ask.source() instanceof Source.Outbox outbox) {
      return arrivals.outbox(ask, outbox, read(reader, ask, EVENTS_MAX));
    } else if (ask.source() instanceof Source.Cloud cloud) {
      return arrivals.cloud(cloud, read(cloudReader, ask, CLOUD_EVENTS_MAX));
    } else if (ask.source() instanceof Source.Single) {
      return arrivals.single(ask, read(cloudReader, ask, EVENTS_MAX));
    }
    return publish(ask, read(reader, ask, EVENTS_MAX));
  }

  private static List<Parsed> read(EnvelopeReader reader, Ingest ask, int eventsMax) {
    return switch (ask.format()) {
      case JSON -> reader.readBody(ask.body(), eventsMax);
      case CLOUDEVENT -> reader.readCloudEvent(ask.body());
      case CLOUDEVENTS -> reader.readCloudEvents(ask.body(), eventsMax);
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
        outcomes[i] = counted(Outcome.refused(invalid.id(), invalid.code(), invalid.message()));
        continue;
      }
      Draft sent = ((Parsed.Valid) parsed.get(i)).draft();
      String newId = sent.id().isEmpty() ? UuidCreator.getTimeOrderedEpoch().toString() : "";
      Draft draft = bornHere(sent.completed(newId, onlyOrg, ask.principal().userId(), nowMs, ask.traceId()));
      Optional<Outcome> refusal = rules.check(ask.principal(), draft);
      if (refusal.isPresent()) {
        outcomes[i] = counted(refusal.get());
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

  /** A producer's word on where an event comes from is not taken. */
  private static Draft bornHere(Draft draft) {
    return draft.origin().isEmpty() ? draft : draft.from("");
  }

  private Outcome counted(Outcome refused) {
    refused.error().ifPresent(code -> metrics.refused(code.code(), 1));
    return refused;
  }
}
