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

/**
 * What one org may publish: buckets for its events, their bytes, and the events of each agent and session. Drafts that
 * come together pass together or not at all.
 */
@Pure
final class OrgQuota {

  /** Agents, and sessions, whose buckets are kept; more only if so many are active within two seconds. */
  private static final int BUCKETS_MAX = 4_096;

  private final Optional<TokenBucket> events;
  private final Optional<TokenBucket> bytes;
  private final Optional<QuotaBuckets> agents;
  private final Optional<QuotaBuckets> sessions;

  /** One bucket that drafts draw from, how many units, and the limit it stands for. */
  private record Draw(TokenBucket bucket, long units, String limit) {}

  /**
   * Why drafts may not pass.
   *
   * @param message which limit, how much of it is left and how much may pass at once
   * @param waitMs when they may; 0 when never
   */
  record Refusal(String message, long waitMs) {}

  /** The quota of an org whose buckets were all empty at a moment. */
  OrgQuota(Limits limits, long emptyNs, long nowNs) {
    this.events = when(limits.events(), rate -> new TokenBucket(rate, emptyNs, nowNs));
    this.bytes = when(limits.bytes(), rate -> new TokenBucket(rate, emptyNs, nowNs));
    this.agents = when(limits.agentEvents(), rate -> new QuotaBuckets(rate, BUCKETS_MAX, emptyNs));
    this.sessions = when(limits.sessionEvents(), rate -> new QuotaBuckets(rate, BUCKETS_MAX, emptyNs));
  }

  /** Takes what the drafts cost, or says why not; then nothing was taken. */
  Optional<Refusal> take(List<Draft> drafts, long nowNs) {
    List<Draw> draws = draws(drafts, nowNs);
    Optional<Draw> never = draws.stream().filter(draw -> draw.units() > draw.bucket().rate().atOnce()).findFirst();
    if (never.isPresent()) {
      return never.map(OrgQuota::never);
    }
    Refusal refusal = null;
    for (Draw draw : draws) {
      if (draw.units() > draw.bucket().available(nowNs)) {
        long waitMs = Math.max(1, draw.bucket().waitMs(draw.units(), nowNs));
        if (refusal == null || refusal.waitMs() < waitMs) {
          refusal = later(draw, waitMs, nowNs);
        }
      }
    }
    if (refusal == null) {
      draws.forEach(draw -> draw.bucket().take(draw.units(), nowNs));
    }
    return Optional.ofNullable(refusal);
  }

  /** Gives back what these drafts had cost. */
  void giveBack(List<Draft> drafts, long nowNs) {
    draws(drafts, nowNs).forEach(draw -> draw.bucket().giveBack(draw.units(), nowNs));
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
    List<Draw> draws = new ArrayList<>();
    events.ifPresent(bucket -> draws.add(new Draw(bucket, drafts.size(), "limits.events_per_second: events")));
    bytes.ifPresent(bucket -> {
      long size = drafts.stream().mapToLong(draft -> draft.payload().length).sum();
      draws.add(new Draw(bucket, size, "limits.bytes_per_second: bytes of payload"));
    });
    agents.ifPresent(buckets -> count(drafts, Draft::agentId).forEach((agent, units) -> draws.add(
        new Draw(buckets.use(agent, nowNs), units, "limits.agent_events_per_second: events of agent " + agent))));
    sessions.ifPresent(buckets ->
        count(drafts, draft -> draft.agentId() + '/' + draft.sessionId()).forEach((session, units) -> draws.add(
            new Draw(
                buckets.use(session, nowNs), units, "limits.session_events_per_second: events of session " + session))));
    return draws;
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

  private static Refusal never(Draw draw) {
    return new Refusal(
        "over " + draw.limit() + " in one request: " + draw.units() + ", at most " + draw.bucket().rate().atOnce()
            + " may pass at once; send fewer in a request",
        0);
  }

  private static Refusal later(Draw draw, long waitMs, long nowNs) {
    return new Refusal(
        "over " + draw.limit() + " in this request: " + draw.units() + ", " + draw.bucket().available(nowNs)
            + " may pass now and at most " + draw.bucket().rate().atOnce() + " at once; all of them in " + waitMs + " ms",
        waitMs);
  }
}
