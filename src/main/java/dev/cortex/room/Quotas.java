package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Source;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * The quotas of the orgs of this node's shards. An org has one room in the whole cluster and its buckets live beside
 * it, so they are exact. They begin empty with a claim: an org gains no second burst when its room moves.
 *
 * <p>They do not go with the room when that is dropped from memory for want of use. An org is forgotten here when its
 * buckets have filled up since its last use: what is not here is taken as empty at the claim of its shard and left
 * alone since, and that is full by then. If more orgs than are kept are active within that time, the one unused for the
 * longest is forgotten early, and what is not here is taken as empty at that org's last use: it comes back with no more
 * than it had.
 */
@Pure
final class Quotas implements Admission {

  private static final int ORGS_MAX = 10_000;

  private static final class Kept {
    private final OrgQuota quota;
    private final int shard;
    private long usedNs;

    private Kept(OrgQuota quota, int shard) {
      this.quota = quota;
      this.shard = shard;
    }
  }

  private final OrgLimits limits;
  private final ToIntFunction<String> shardOf;
  private final int orgsMax;
  private final LinkedHashMap<String, Kept> byOrg = new LinkedHashMap<>(16, 0.75f, true);
  /** When buckets that are not kept were empty, by shard: at its claim, or later. */
  private final Map<Integer, Long> emptyNs = new HashMap<>();

  /**
   * Quotas by these limits.
   *
   * @param shardOf the shard of an org
   * @param orgsMax how many orgs' buckets are kept
   */
  Quotas(OrgLimits limits, ToIntFunction<String> shardOf, int orgsMax) {
    this.limits = limits;
    this.shardOf = shardOf;
    this.orgsMax = orgsMax;
  }

  /** The admission by these limits; where publishes are not limited nothing is asked and nothing kept. */
  static Admission of(OrgLimits limits, ToIntFunction<String> shardOf) {
    return limits.limitPublishes() ? new Quotas(limits, shardOf, ORGS_MAX) : Admission.UNLIMITED;
  }

  @Override
  public Decision admit(Append append, long nowNs) {
    Optional<OrgQuota> quota = quota(append, nowNs);
    if (quota.isPresent() && append.source() instanceof Source.Outbox) {
      return beginning(append, quota.get(), nowNs);
    }
    return quota
        .flatMap(of -> of.take(append.drafts(), nowNs))
        .map(refusal -> refused(append.drafts(), refusal, quota.get().budget(refusal.waitMs(), nowNs)))
        .orElse(Decision.ALL);
  }

  @Override
  public Budget settled(Append admitted, List<Outcome> outcomes, long nowNs) {
    return quota(admitted, nowNs).map(quota -> {
      List<Entry> entries = Entry.of(admitted);
      List<Draft> forNothing = new ArrayList<>();
      for (int i = 0; i < outcomes.size(); i++) {
        if (outcomes.get(i).status() != Outcome.Status.ACCEPTED && entries.get(i) instanceof Entry.Event event) {
          forNothing.add(event.draft());
        }
      }
      if (!forNothing.isEmpty()) {
        quota.giveBack(forNothing, nowNs);
      }
      return quota.budget(0, nowNs);
    }).orElse(Budget.UNLIMITED);
  }

  @Override
  public void returned(Append admitted, long nowNs) {
    quota(admitted, nowNs).ifPresent(quota -> quota.giveBack(admitted.drafts(), nowNs));
  }

  @Override
  public long storedBytesMax(String orgId) {
    long bytes = limits.of(orgId).storedBytes();
    return bytes == 0 ? Long.MAX_VALUE : bytes;
  }

  @Override
  public void claimed(Collection<Integer> shards, long nowNs) {
    dropped(shards);
    shards.forEach(shard -> emptyNs.put(shard, nowNs));
  }

  @Override
  public void dropped(Collection<Integer> shards) {
    Set<Integer> gone = new HashSet<>(shards);
    byOrg.values().removeIf(kept -> gone.contains(kept.shard));
    emptyNs.keySet().removeAll(gone);
  }

  /** How many orgs' buckets are kept. */
  int size() {
    return byOrg.size();
  }

  /** The buckets that an append is paid from; empty when it costs nothing. */
  private Optional<OrgQuota> quota(Append append, long nowNs) {
    boolean free = append.source() instanceof Source.Cloud || append.source() instanceof Source.Single;
    return free ? Optional.empty() : quota(append.orgId(), nowNs);
  }

  /** The buckets of an org; empty when it has no limits. */
  private Optional<OrgQuota> quota(String orgId, long nowNs) {
    Kept kept = byOrg.get(orgId);
    if (kept == null) {
      Limits ofOrg = limits.of(orgId);
      if (!OrgLimits.throttles(ofOrg)) {
        return Optional.empty();
      }
      int shard = shardOf.applyAsInt(orgId);
      // a shard that nobody claimed is one that was lost while its last appends were answered
      long empty = emptyNs.getOrDefault(shard, nowNs);
      kept = new Kept(new OrgQuota(ofOrg, empty, nowNs), shard);
      byOrg.put(orgId, kept);
    }
    kept.usedNs = nowNs;
    forgetEldest(nowNs);
    return Optional.of(kept.quota);
  }

  /** Forgets the org that was unused for the longest, if its buckets have filled up or there is no place for them. */
  private void forgetEldest(long nowNs) {
    Iterator<Kept> kept = byOrg.values().iterator();
    Kept eldest = kept.next();
    boolean full = nowNs - eldest.usedNs >= eldest.quota.fillNs();
    if (full) {
      kept.remove();
    } else if (byOrg.size() > orgsMax) {
      kept.remove();
      emptyNs.merge(eldest.shard, eldest.usedNs, Math::max);
    }
  }

  /** Admits a part of an outbox as far as its events pass one by one. */
  private static Decision beginning(Append append, OrgQuota quota, long nowNs) {
    if (quota.take(append.drafts(), nowNs).isEmpty()) {
      return Decision.ALL;
    }
    List<Optional<Outcome>> refusals = new ArrayList<>();
    Optional<OrgQuota.Refusal> stop = Optional.empty();
    for (Entry entry : Entry.of(append)) {
      if (stop.isEmpty() && entry instanceof Entry.Event event) {
        stop = quota.take(List.of(event.draft()), nowNs);
      }
      refusals.add(stop.map(why -> Outcome.refused(entry.id(), ErrorCode.RATE_LIMITED, why.message())));
    }
    return stop
        .map(why -> new Decision(refusals, quota.budget(Math.max(1, why.waitMs()), nowNs)))
        .orElse(Decision.ALL);
  }

  private static Decision refused(List<Draft> drafts, OrgQuota.Refusal refusal, Budget budget) {
    ErrorCode code = refusal.waitMs() == 0 ? ErrorCode.TOO_MANY_EVENTS : ErrorCode.RATE_LIMITED;
    List<Optional<Outcome>> refusals = new ArrayList<>(drafts.size());
    for (Draft draft : drafts) {
      refusals.add(Optional.of(Outcome.refused(draft.id(), code, refusal.message())));
    }
    return new Decision(refusals, budget);
  }
}
