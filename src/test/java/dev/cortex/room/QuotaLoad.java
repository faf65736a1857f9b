package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Budget;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.Outcome;
import java.util.List;
import java.util.stream.IntStream;

/** Appends that are admitted by quotas and settled as accepted, for benchmarks. */
public final class QuotaLoad {

  private static final int NEVER_REACHED = 1_000_000_000;

  private final Admission admission;
  private final Append append;
  private final List<Outcome> accepted;
  private long nowNs;

  /**
   * Appends of so many events each, all of them of one session.
   *
   * @param org whether rates of the org are limited
   * @param session whether those of its agents and sessions are
   */
  public QuotaLoad(int events, boolean org, boolean session) {
    int perOrg = org ? NEVER_REACHED : 0;
    int perSession = session ? NEVER_REACHED : 0;
    OrgLimits limits =
        new OrgLimits(new Limits(perOrg, 0, perOrg, 0, 0, 0, 0, perSession, perSession, 0, List.of()));
    admission = Quotas.of(limits, orgId -> 0);
    admission.claimed(List.of(0), 0);
    List<Draft> drafts = IntStream.range(0, events).mapToObj(i -> Drafts.inSession("e" + i, 0)).toList();
    append = new Append("acme", drafts);
    accepted = drafts.stream().map(draft -> Outcome.accepted(draft.id(), 1, 1)).toList();
  }

  /** Admits and settles one append, a millisecond after the last one. */
  public Budget pass() {
    nowNs += 1_000_000;
    if (!admission.admit(append, nowNs).all()) {
      throw new IllegalStateException("nothing is to be refused here");
    }
    return admission.settled(append, accepted, nowNs);
  }
}
