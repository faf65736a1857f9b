package dev.cortex.ingest;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The events of one org in one request, until the fate of each is known. Each attempt asks for those that are still
 * open, in their order; what one attempt settled stays settled.
 */
@Pure
final class OpenAppend {

  /** Memory an event takes beside its payload, roughly. */
  private static final int EVENT_OVERHEAD_BYTES = 512;

  private final String orgId;
  private final List<Draft> drafts;
  private final Outcome[] outcomes;
  private final long deadlineNs;
  private final int bytes;
  private List<Integer> open = new ArrayList<>();
  private boolean inDoubt;
  private Budget budget = Budget.UNLIMITED;

  /**
   * All of them open.
   *
   * @param deadlineNs monotonic instant after which they are asked for no more
   */
  OpenAppend(String orgId, List<Draft> drafts, long deadlineNs) {
    this.orgId = orgId;
    this.drafts = drafts;
    this.outcomes = new Outcome[drafts.size()];
    this.deadlineNs = deadlineNs;
    long size = 0;
    for (int i = 0; i < drafts.size(); i++) {
      open.add(i);
      size += drafts.get(i).payload().length + EVENT_OVERHEAD_BYTES;
    }
    this.bytes = (int) Math.min(size, Integer.MAX_VALUE);
  }

  /** The next attempt. */
  Append question() {
    if (open.size() == drafts.size() && !inDoubt) {
      return new Append(orgId, drafts);
    }
    return new Append(orgId, open.stream().map(drafts::get).map(d -> inDoubt ? d.repeated() : d).toList());
  }

  /**
   * Takes the room's answer to the last attempt.
   *
   * @param overtook whether an earlier append of the org is still open: a sequence that skips numbers then is not the
   *     producer's fault, and stays open
   */
  void take(Appended answer, boolean overtook) {
    if (answer.outcomes().size() != open.size()) {
      refuse(ErrorCode.INTERNAL, "The room answered for other events than it was asked for.");
      return;
    }
    budget = answer.budget();
    List<Integer> asked = open;
    open = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      int index = asked.get(i);
      Outcome outcome = answer.outcomes().get(i);
      if (outcome.error().filter(code -> isNotFinal(code, overtook)).isPresent()) {
        open.add(index);
      } else {
        outcomes[index] = inDoubt ? afterDoubt(drafts.get(index), outcome) : outcome;
      }
    }
  }

  /** Nobody knows what the last attempt came to: from now on what is open is asked for as a possible repeat. */
  void doubt() {
    inDoubt = true;
  }

  /** Ends what is open, which an attempt of unknown fate may have stored all the same. */
  void refuse(ErrorCode code, String message) {
    for (int index : open) {
      Draft draft = drafts.get(index);
      outcomes[index] = inDoubt ? unknown(draft) : Outcome.refused(draft.id(), code, message);
    }
    open = List.of();
  }

  /** How many events are open. */
  int events() {
    return open.size();
  }

  /** Memory they take, roughly. */
  int bytes() {
    return bytes;
  }

  /** Whether every fate is known. */
  boolean isSettled() {
    return open.isEmpty();
  }

  /** Whether an attempt may have stored what is open. */
  boolean isInDoubt() {
    return inDoubt;
  }

  /** Nanoseconds left for attempts; 0 or less when there are none. */
  long leftNs(long nowNs) {
    return deadlineNs - nowNs;
  }

  /** Every fate, in order; the append must be settled. */
  Appended answer() {
    return new Appended(Arrays.asList(outcomes), budget);
  }

  private static boolean isNotFinal(ErrorCode code, boolean overtook) {
    return code == ErrorCode.MOVED || (overtook && code == ErrorCode.SEQUENCE_CONFLICT);
  }

  /** What an outcome means after an attempt of which nobody knows what it came to. */
  private static Outcome afterDoubt(Draft draft, Outcome outcome) {
    if (outcome.status() == Outcome.Status.DUPLICATE && !draft.idGiven() && draft.idempotencyKey().isEmpty()) {
      // nobody but the former attempt knew the id
      return Outcome.accepted(draft.id(), outcome.offset(), outcome.sequence());
    }
    return outcome.error().filter(ErrorCode::temporary).isPresent() ? unknown(draft) : outcome;
  }

  private static Outcome unknown(Draft draft) {
    return Outcome.refused(
        draft.id(), ErrorCode.TIMEOUT, ErrorCode.TIMEOUT.sentence() + " Repeat it with the same id.");
  }
}
