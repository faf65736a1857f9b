package dev.cortex.gateway;

import dev.cortex.base.Rate;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Principal;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/**
 * Tells producers what is left of their org's quota: the headers of draft-ietf-httpapi-ratelimit-headers and
 * {@code Retry-After}.
 */
final class RateLimits {

  private static final String POLICY = "RateLimit-Policy";
  private static final String LEFT = "RateLimit";
  private static final long MS_PER_SECOND = 1_000;

  /** Until a repeat makes sense where nobody can say: a moment. */
  private static final long SOON_MS = 1_000;

  /** The pruner frees space about once a minute. */
  private static final long PRUNED_MS = 60_000;

  private final OrgLimits limits;

  RateLimits(OrgLimits limits) {
    this.limits = limits;
  }

  /** Adds what is known of the quota after a publish, and when to repeat what was not answered for. */
  void write(HttpServerResponse response, Principal principal, Ingested fate) {
    long retryAfterMs = retryAfterMs(fate);
    if (retryAfterMs > 0) {
      response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds(retryAfterMs)));
    }
    Budget budget = fate.budget();
    if (budget.limit() > 0) {
      Optional<Rate> rate = rate(principal);
      response.putHeader(POLICY, "\"org\";q=" + budget.limit() + rate.map(RateLimits::window).orElse(""));
      response.putHeader(LEFT, "\"org\";r=" + budget.remaining() + reset(budget, rate));
    }
  }

  /** Milliseconds until events without a definite answer may be repeated with success; 0 when there are none. */
  static long retryAfterMs(Ingested fate) {
    if (fate.budget().retryAfterMs() > 0) {
      return fate.budget().retryAfterMs();
    }
    long retryAfterMs = 0;
    for (Outcome outcome : fate.outcomes()) {
      if (outcome.status() == Outcome.Status.UNKNOWN) {
        if (outcome.error().filter(code -> code == ErrorCode.QUOTA_EXCEEDED).isEmpty()) {
          return SOON_MS;
        }
        retryAfterMs = PRUNED_MS;
      }
    }
    return retryAfterMs;
  }

  /** Why a request was throttled as a whole; empty when some event of it has another fate. */
  static Optional<String> throttled(Ingested fate) {
    boolean all = fate.outcomes().stream()
        .allMatch(outcome -> outcome.error().filter(code -> code == ErrorCode.RATE_LIMITED).isPresent());
    return all && !fate.outcomes().isEmpty() ? Optional.of(fate.outcomes().get(0).message()) : Optional.empty();
  }

  /** The rate behind a budget, where the org it belongs to is certain. */
  private Optional<Rate> rate(Principal principal) {
    if (principal.orgs().size() != 1 && !limits.uniform()) {
      return Optional.empty();
    }
    return Optional.of(limits.of(principal.orgs()).events()).filter(rate -> !rate.unlimited());
  }

  private static String window(Rate rate) {
    return ";w=" + -Math.floorDiv(-rate.atOnce(), rate.perSecond());
  }

  /** Seconds until what was refused may pass, else until all that may pass at once has gathered. */
  private static String reset(Budget budget, Optional<Rate> rate) {
    return budget.retryAfterMs() > 0
        ? ";t=" + seconds(budget.retryAfterMs())
        : rate.map(known -> ";t=" + -Math.floorDiv(budget.remaining() - budget.limit(), known.perSecond())).orElse("");
  }

  private static long seconds(long ms) {
    return -Math.floorDiv(-ms, MS_PER_SECOND);
  }
}
