package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.base.Rate;
import dev.cortex.base.TokenBucket;
import dev.cortex.bus.Message.Budget;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.event.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What one org may publish: buckets for its events, their bytes, and the events of each agent and session. Drafts that
 * come together pass together or not at all.
 */
@Pure
final class OrgQuota {

  /** Agents, and sessions, whose buckets are kept: more than a busy org has active within two seconds. */
  private static final int BUCKETS_MAX = 16_384;

  private final Optional<TokenBucket> events;
  private final Optional<TokenBucket> bytes;
  private final Optional<QuotaBuckets> agents;
  private final Optional<QuotaBuckets> sessions;
  private final long fillNs;

  /** Units that drafts take from one bucket, and the limit it stands for: its key, what it counts, of whom. */
  private record Draw(TokenBucket bucket, long units, String key, String what, String whose) {

    private boolean fits(long nowNs) {
      return units <= bucket.available(nowNs);
    }

    private boolean everFits() {
      return units <= bucket.rate().atOnce();
    }

    private Refusal never() {
      return new Refusal(
          over() + ", and no more than " + bucket.rate().atOnce() + " ever pass at once: send smaller requests", 0);
    }

    private Refusal later(long nowNs) {
      long waitMs = Math.max(1, bucket.waitMs(units, nowNs));
      return new Refusal(over() + ", and " + bucket.available(nowNs) + " may pass now, so many in " + waitMs + " ms",
          waitMs);
    }

    private String over() {
      return "limits." + key + ": " + units + ' ' + what + whose;
    }
  }

  /**
   * Why drafts may not pass.
   *
   * @param message which limit, and how much may pass
   * @param waitMs when they may, milliseconds from now; 0 when never
   */
  record Refusal(String message, long waitMs) {}

  /** The quota of an org whose buckets were all empty at a moment. */
  OrgQuota(Limits limits, long emptyNs, long nowNs) {
    this.events = when(limits.events(), rate -> new TokenBucket(rate, emptyNs, nowNs));
    this.bytes = when(limits.bytes(), rate -> new TokenBucket(rate, emptyNs, nowNs));
    this.agents = when(limits.agentEvents(), rate -> new QuotaBuckets(rate, BUCKETS_MAX, emptyNs));
    this.sessions = when(limits.sessionEvents(), rate -> new QuotaBuckets(rate, BUCKETS_MAX, emptyNs));
    this.fillNs =
        Stream.of(limits.events(), limits.bytes(), limits.agentEvents(), limits.sessionEvents())
            .filter(rate -> !rate.unlimited())
            .mapToLong(Rate::fillNs)
            .max()
            .orElse(0);
  }

  /** How long it takes until every bucket has filled up, nanoseconds. */
  long fillNs() {
    return fillNs;
  }

  /** Takes what the drafts cost, or says why not; then nothing was taken. */
  Optional<Refusal> take(List<Draft> drafts, long nowNs) {
    List<Draw> draws = draws(drafts, nowNs);
    Optional<Refusal> refusal = Optional.empty();
    for (Draw draw : draws) {
      if (!draw.everFits()) {
        return Optional.of(draw.never());
      }
      if (!draw.fits(nowNs)) {
        Refusal later = draw.later(nowNs);
        refusal = refusal.filter(first -> first.waitMs() >= later.waitMs()).or(() -> Optional.of(later));
      }
    }
    if (refusal.isEmpty()) {
      for (Draw draw : draws) {
        draw.bucket().take(draw.units(), nowNs);
      }
    }
    return refusal;
  }

  /** Gives back what these drafts had cost. */
  void giveBack(List<Draft> drafts, long nowNs) {
    for (Draw draw : draws(drafts, nowNs)) {
      draw.bucket().giveBack(draw.units(), nowNs);
    }
  }

  /**
   * What is left of the org's events.
   *
   * @param retryAfterMs how long what was refused has to wait, 0 when nothing was
   */
  Budget budget(long retryAfterMs, long nowNs) {
    return events
        .map(bucket -> new Budget(bucket.rate().atOnce(), bucket.available(nowNs), retryAfterMs))
        .orElse(retryAfterMs == 0 ? Budget.UNLIMITED : new Budget(0, 0, retryAfterMs));
  }

  private List<Draw> draws(List<Draft> drafts, long nowNs) {
    if (drafts.isEmpty()) {
      return List.of(); // a part of an outbox that was refused at the door: a bucket cannot give nothing
    }
    List<Draw> draws = new ArrayList<>(4);
    if (events.isPresent()) {
      draws.add(new Draw(events.get(), drafts.size(), "events_per_second", "events", ""));
    }
    if (bytes.isPresent()) {
      draws.add(new Draw(bytes.get(), payloadBytes(drafts), "bytes_per_second", "bytes of payload", ""));
    }
    if (agents.isPresent()) {
      count(drafts, Draft::agentId).forEach((agent, units) -> draws.add(new Draw(
          agents.get().use(agent, nowNs), units, "agent_events_per_second", "events of agent ", agent)));
    }
    if (sessions.isPresent()) {
      count(drafts, draft -> draft.agentId() + '/' + draft.sessionId()).forEach((session, units) -> draws.add(new Draw(
          sessions.get().use(session, nowNs), units, "session_events_per_second", "events of session ", session)));
    }
    return draws;
  }

  private static long payloadBytes(List<Draft> drafts) {
    long bytes = 0;
    for (Draft draft : drafts) {
      bytes += draft.payload().length;
    }
    return bytes;
  }

  private static Map<String, Integer> count(List<Draft> drafts, Function<Draft, String> name) {
    Map<String, Integer> counts = new HashMap<>();
    for (Draft draft : drafts) {
      if (draft.hasSession()) {
        counts.merge(name.apply(draft), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static <T> Optional<T> when(Rate rate, Function<Rate, T> made) {
    return rate.unlimited() ? Optional.empty() : Optional.of(made.apply(rate));
  }
}
