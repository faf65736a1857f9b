package dev.cortex.room;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Source;
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
   * Takes what an append costs, or refuses entries of it. What is refused has cost nothing; after it, later events of
   * the same session are refused too, or their order would change, and of an outbox everything. What the cloud brings
   * to a desktop costs nothing.
   *
   * @param append drafts of one org whose shard this node owns
   * @param nowNs monotonic time
   */
  Decision admit(Append append, long nowNs);

  /**
   * An append that was admitted has been answered: gives back what duplicates and refusals had cost.
   *
   * @param admitted what {@link #admit} let pass
   * @param outcomes the fate of each of its entries
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
   * @param refusals one for each entry, empty for those that were admitted; an empty list when all were
   * @param budget what is left, and how long what was refused has to wait
   */
  record Decision(List<Optional<Outcome>> refusals, Budget budget) {

    /** Everything passes and nothing is counted. */
    static final Decision ALL = new Decision(List.of(), Budget.UNLIMITED);

    /** Whether everything passes. */
    boolean all() {
      return refusals.isEmpty();
    }

    /** What passes. */
    Append admitted(Append append) {
      if (all()) {
        return append;
      }
      List<Entry> entries = Entry.of(append);
      List<Draft> drafts = new ArrayList<>();
      List<Source.Refused> atDoor = new ArrayList<>();
      for (int i = 0; i < refusals.size(); i++) {
        if (refusals.get(i).isEmpty() && entries.get(i) instanceof Entry.Event event) {
          drafts.add(event.draft());
        } else if (refusals.get(i).isEmpty()) {
          atDoor.add(((Entry.AtDoor) entries.get(i)).refused());
        }
      }
      Source source = append.source() instanceof Source.Outbox outbox
          ? new Source.Outbox(outbox.desktop(), outbox.subject(), outbox.first(), atDoor)
          : append.source();
      return new Append(append.orgId(), drafts, source);
    }

    /** The fate of every entry, from the refusals and the outcomes of those that passed. */
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
