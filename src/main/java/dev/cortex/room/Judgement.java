package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.log.Roster;
import dev.cortex.room.Arbitration.Verdict;
import java.util.Set;

/**
 * What the store's last answer means for this node: how it stands between sides that do not see each other. Nothing is
 * claimed on a judgement that is too old, and there is none before the first answer. All times are monotonic
 * nanoseconds.
 */
@Pure
final class Judgement {

  private final Arbitration arbitration;
  private Verdict verdict = Verdict.CONTESTED;
  private boolean looked;
  private long lookedNs;
  private long clearSinceNs;

  /** No judgement yet on the node of that name. */
  Judgement(String self) {
    this.arbitration = new Arbitration(self);
  }

  /**
   * The store answered.
   *
   * @param seen the live nodes that were heard lately
   * @param askedNs when it was asked
   */
  void take(Roster roster, Set<String> seen, Peers peers, long askedNs, long nowNs) {
    Verdict before = verdict;
    verdict = arbitration.look(roster, seen, peers, nowNs);
    if (verdict == Verdict.CLEAR && (before != Verdict.CLEAR || !looked)) {
      clearSinceNs = nowNs;
    }
    looked = true;
    lookedNs = askedNs;
  }

  /** What was known is old. */
  void forget() {
    looked = false;
    verdict = Verdict.CONTESTED;
    arbitration.forget();
  }

  /** Whether another side goes on, and this one stops. */
  boolean isLost() {
    return verdict == Verdict.LOST;
  }

  /** Whether this node is on the side that goes on. */
  boolean isFavourable() {
    return verdict == Verdict.CLEAR || verdict == Verdict.WON;
  }

  /** Whether no other side has been seen for so long. */
  boolean isClearFor(long ns, long nowNs) {
    return verdict == Verdict.CLEAR && nowNs - clearSinceNs >= ns;
  }

  /** Whether shards may be claimed on it. */
  boolean allowsClaims(long nowNs) {
    return looked && nowNs - lookedNs <= Ownership.TRUST_NS && isFavourable();
  }
}
