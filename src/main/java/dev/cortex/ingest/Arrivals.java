package dev.cortex.ingest;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.Source;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Parsed;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Events that were born in another log, on their way to their room: in one piece, because their numbers or their range
 * hang together. Whoever sent them repeats what was not answered for.
 */
final class Arrivals {

  private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);

  private final RoomCalls rooms;
  private final Metrics metrics;
  private final Clock clock;
  private final long budgetMs;

  /**
   * Arrivals at the rooms of a directory.
   *
   * @param budgetMs how long a room is asked
   */
  Arrivals(RoomCalls rooms, Metrics metrics, Clock clock, long budgetMs) {
    this.rooms = rooms;
    this.metrics = metrics;
    this.clock = clock;
    this.budgetMs = budgetMs;
  }

  /**
   * Events of a desktop's outbox. Fails with a refusal when all of them are refused for the same reason for good; a
   * temporary one is each event's fate.
   */
  Future<Ingested> outbox(Ingest ask, Source.Outbox source, List<Parsed> parsed) {
    if (parsed.isEmpty()) {
      return Future.succeededFuture(new Ingested(List.of(), Budget.UNLIMITED));
    }
    OutboxBatch batch = OutboxBatch.of(source, parsed, ask.principal(), clock.wallMs());
    batch.refused().forEach(refused -> count(refused.outcome()));
    return append(batch.append(), batch.events())
        .map(appended -> new Ingested(appended.outcomes(), appended.budget()))
        .recover(failure -> {
          RefusedException refused = (RefusedException) failure;
          if (!refused.code().temporary()) {
            return Future.failedFuture(refused);
          }
          metrics.refused(refused.code().code(), batch.events());
          return Future.succeededFuture(
              new Ingested(batch.all(refused.code(), refused.getMessage()), Budget.UNLIMITED));
        });
  }

  /**
   * A range of the cloud's log. What in it cannot be read, or is of another org, is left out and never stops the rest:
   * it would be as bad the next time. Fails with the room's refusal.
   */
  Future<Ingested> cloud(Source.Cloud source, List<Parsed> parsed) {
    Outcome[] outcomes = new Outcome[parsed.size()];
    List<Draft> drafts = new ArrayList<>(parsed.size());
    List<Integer> places = new ArrayList<>(parsed.size());
    long nowMs = clock.wallMs();
    for (int i = 0; i < outcomes.length; i++) {
      if (parsed.get(i) instanceof Parsed.Invalid invalid) {
        outcomes[i] = Outcome.refused(invalid.id(), invalid.code(), invalid.message());
        continue;
      }
      Draft draft = ofTheCloud(((Parsed.Valid) parsed.get(i)).draft(), nowMs);
      Optional<Outcome> refusal = PublishRules.checkReplica(draft);
      if (refusal.isEmpty() && !draft.orgId().equals(source.orgId())) {
        refusal = Optional.of(Outcome.refused(draft.id(), ErrorCode.FORBIDDEN, "the event is of another org"));
      }
      if (refusal.isPresent()) {
        outcomes[i] = refusal.get();
      } else {
        drafts.add(draft);
        places.add(i);
      }
    }
    tellSkipped(source, outcomes);
    return append(new Append(source.orgId(), drafts, source), drafts.size()).map(appended -> {
      for (int k = 0; k < places.size(); k++) {
        outcomes[places.get(k)] = appended.outcomes().get(k);
      }
      return new Ingested(Arrays.asList(outcomes), appended.budget(), appended.cursor());
    });
  }

  /** Events of the cloud out of their turn, of whatever orgs the caller belongs to. Never fails. */
  Future<Ingested> single(Ingest ask, List<Parsed> parsed) {
    Outcome[] outcomes = new Outcome[parsed.size()];
    Map<String, List<Draft>> drafts = new LinkedHashMap<>();
    Map<String, List<Integer>> places = new LinkedHashMap<>();
    long nowMs = clock.wallMs();
    for (int i = 0; i < outcomes.length; i++) {
      if (parsed.get(i) instanceof Parsed.Invalid invalid) {
        outcomes[i] = counted(Outcome.refused(invalid.id(), invalid.code(), invalid.message()));
        continue;
      }
      Draft draft = ofTheCloud(((Parsed.Valid) parsed.get(i)).draft(), nowMs);
      Optional<Outcome> refusal =
          PublishRules.checkReplica(draft).or(() -> PublishRules.checkCaller(ask.principal(), draft));
      if (refusal.isPresent()) {
        outcomes[i] = counted(refusal.get());
      } else {
        drafts.computeIfAbsent(draft.orgId(), org -> new ArrayList<>()).add(draft);
        places.computeIfAbsent(draft.orgId(), org -> new ArrayList<>()).add(i);
      }
    }
    List<Future<List<Outcome>>> answers = new ArrayList<>(drafts.size());
    drafts.forEach((org, list) -> answers.add(single(org, list).onSuccess(fates -> {
      for (int k = 0; k < fates.size(); k++) {
        outcomes[places.get(org).get(k)] = fates.get(k);
      }
    })));
    return Future.all(answers).map(done -> new Ingested(Arrays.asList(outcomes), Budget.UNLIMITED));
  }

  private Future<List<Outcome>> single(String orgId, List<Draft> drafts) {
    return append(new Append(orgId, drafts, new Source.Single()), drafts.size())
        .map(Appended::outcomes)
        .otherwise(failure -> {
          RefusedException refused = (RefusedException) failure;
          return drafts.stream()
              .map(draft -> counted(Outcome.refused(draft.id(), refused.code(), refused.getMessage())))
              .toList();
        });
  }

  private Future<Appended> append(Append append, int events) {
    return rooms
        .ask(append.orgId(), append, Appended.class, budgetMs)
        .compose(appended -> appended.outcomes().size() == events
            ? Future.succeededFuture(appended)
            : Future.failedFuture(new RefusedException(
                ErrorCode.INTERNAL, "the room answered for other events than it was asked for")));
  }

  private static Draft ofTheCloud(Draft sent, long nowMs) {
    Draft draft = sent.completed("", "", Draft.CLOUD, nowMs, "");
    return draft.origin().isEmpty() ? draft.from(Draft.CLOUD) : draft;
  }

  private void tellSkipped(Source.Cloud source, Outcome[] outcomes) {
    List<Outcome> skipped = Arrays.stream(outcomes).filter(outcome -> outcome != null).toList();
    skipped.forEach(this::count);
    if (!skipped.isEmpty()) {
      Outcome first = skipped.get(0);
      LOG.error("org=" + source.orgId() + " after=" + source.after() + " through=" + source.through() + ": "
          + skipped.size() + " of the cloud's events cannot be stored here and are missing; the first is id="
          + first.id() + ": " + first.message());
    }
  }

  private Outcome counted(Outcome refused) {
    count(refused);
    return refused;
  }

  private void count(Outcome refused) {
    refused.error().ifPresent(code -> metrics.refused(code.code(), 1));
  }
}
