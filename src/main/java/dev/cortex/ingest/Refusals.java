package dev.cortex.ingest;

import dev.cortex.base.Pure;
import dev.cortex.base.Rate;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What rooms said when they refused: until an org's quota has filled up again, whatever is more than can have gathered
 * by now is refused here, as its room would, and need not travel there. Knows a bounded number of orgs.
 */
@Pure
final class Refusals {

  private static final long NS_PER_MS = 1_000_000;

  /** So many events were left when the room was asked, at that monotonic time. */
  private record Left(long events, long askedNs) {}

  private final OrgLimits limits;
  private final int orgsMax;
  private final Map<String, Left> byOrg = new LinkedHashMap<>();

  /** Knows nothing yet, and never more than so many orgs. */
  Refusals(OrgLimits limits, int orgsMax) {
    this.limits = limits;
    this.orgsMax = orgsMax;
  }

  /**
   * A room answered.
   *
   * @param askedNs when it was asked, monotonic: what it says was true then or later
   */
  void answered(String orgId, Budget budget, long askedNs) {
    if (budget.retryAfterMs() == 0 || limits.of(orgId).events().unlimited()) {
      return;
    }
    byOrg.remove(orgId);
    if (byOrg.size() >= orgsMax) {
      byOrg.remove(byOrg.keySet().iterator().next());
    }
    byOrg.put(orgId, new Left(budget.remaining(), askedNs));
  }

  /** What the room of the drafts would answer; empty when it has to be asked. */
  Optional<Appended> answer(String orgId, List<Draft> drafts, long nowNs) {
    Left left = byOrg.get(orgId);
    if (left == null) {
      return Optional.empty();
    }
    Rate rate = limits.of(orgId).events();
    long elapsedNs = nowNs - left.askedNs();
    if (elapsedNs >= rate.fillNs()) {
      byOrg.remove(orgId);
      return Optional.empty();
    }
    long now = Math.min(rate.atOnce(), left.events() + rate.gathered(elapsedNs));
    // what never fits is told so by the room
    return drafts.size() <= now || drafts.size() > rate.atOnce()
        ? Optional.empty()
        : Optional.of(refused(drafts, rate, left, now, elapsedNs));
  }

  private static Appended refused(List<Draft> drafts, Rate rate, Left left, long now, long elapsedNs) {
    long waitNs = rate.nsFor(drafts.size() - left.events()) - elapsedNs;
    long waitMs = Math.max(1, -Math.floorDiv(-waitNs, NS_PER_MS));
    String message = "limits.events_per_second: " + drafts.size() + " events, and " + now + " may pass now, so many in "
        + waitMs + " ms";
    return new Appended(
        drafts.stream().map(draft -> Outcome.refused(draft.id(), ErrorCode.RATE_LIMITED, message)).toList(),
        new Budget(rate.atOnce(), now, waitMs));
  }
}
