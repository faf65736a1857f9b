package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Budget;
import dev.cortex.event.Draft;
import dev.cortex.event.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Says which drafts of an append may wait for a commit at all: the quotas of its org. What was taken for a draft that
 * did not become an event is given back. Asked and told on the context of the verticle that owns the rooms.
 */
interface Admission {

  /** Everything may. */
  Admission UNLIMITED =
      new Admission() {
        @Override
        public Decision admit(Append append, long nowNs) {
          return Decision.ALL;
        }

        @Override
        public Budget settled(Append admitted, List<Outcome> outcomes, long nowNs) {
          return Budget.UNLIMITED;
        }

        @Override
        public void returned(Append admitted, long nowNs) {
          // nothing was taken
        }

        @Override
        public long storedBytesMax(String orgId) {
          return Long.MAX_VALUE;
        }

        @Override
        public void claimed(Collection<Integer> shards, long nowNs) {
          // nothing is kept
        }

        @Override
        public void dropped(Collection<Integer> shards) {
          // nothing is kept
        }
      };

  /**
   * Takes what an append costs, or refuses drafts of it. A refused draft has cost nothing; after it, later drafts of
   * the same session are refused too, or their order would change.
   *
   * @param append drafts of one org whose shard this node owns
   * @param nowNs monotonic time
   */
  Decision admit(Append append, long nowNs);

  /**
   * An append that was admitted has been answered: gives back what duplicates and refusals had cost.
   *
   * @param admitted what {@link #admit} let pass
   * @param outcomes the fate of each of its drafts
   * @return what is left, for the answer
   */
  Budget settled(Append admitted, List<Outcome> outcomes, long nowNs);

  /** An append that was admitted was not taken into the queue: gives back all it had cost. */
  void returned(Append admitted, long nowNs);

  /** At how many stored bytes of payload an org gets no further event; {@link Long#MAX_VALUE} when at none. */
  long storedBytesMax(String orgId);

  /** These shards were claimed just now: the buckets of their orgs begin empty. */
  void claimed(Collection<Integer> shards, long nowNs);

  /** These shards belong to somebody else now: nothing of their orgs need be kept. */
  void dropped(Collection<Integer> shards);

  /**
   * What may pass.
   *
   * @param refusals one for each draft, empty for those that were admitted; an empty list when all were
   * @param budget what is left, and how long refused drafts have to wait
   */
  record Decision(List<Optional<Outcome>> refusals, Budget budget) {

    /** Everything passes and nothing is counted. */
    static final Decision ALL = new Decision(List.of(), Budget.UNLIMITED);

    /** Whether every draft passes. */
    boolean all() {
      return refusals.isEmpty();
    }

    /** The drafts that pass. */
    Append admitted(Append append) {
      if (all()) {
        return append;
      }
      List<Draft> drafts = new ArrayList<>();
      for (int i = 0; i < refusals.size(); i++) {
        if (refusals.get(i).isEmpty()) {
          drafts.add(append.drafts().get(i));
        }
      }
      return new Append(append.orgId(), drafts);
    }

    /** The fate of every draft, from the refusals and the outcomes of those that passed. */
    List<Outcome> outcomes(List<Outcome> ofAdmitted) {
      if (all()) {
        return ofAdmitted;
      }
      List<Outcome> outcomes = new ArrayList<>(refusals.size());
      int next = 0;
      for (Optional<Outcome> refusal : refusals) {
        outcomes.add(refusal.isPresent() ? refusal.get() : ofAdmitted.get(next++));
      }
      return outcomes;
    }
  }
}
