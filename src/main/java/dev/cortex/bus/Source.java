package dev.cortex.bus;

import dev.cortex.event.Desktop;
import dev.cortex.event.Outcome;
import java.util.List;

/** Whose events an append brings, which decides how they are numbered and what is noted beside them. */
public sealed interface Source {

  /** Producers of this log. */
  Source PRODUCERS = new Producers();

  /** Events that are born here. */
  record Producers() implements Source {}

  /**
   * A part of a desktop's outbox, on its way into the cloud: numbered without a gap, taken strictly in order. Its
   * events have the numbers from {@code first} on, those refused already included; the answer tells the fate of each
   * number in turn. Sessions keep the sequences they have.
   *
   * @param subject who sends it, see {@link dev.cortex.event.Principal#subject}: an outbox is that of whoever sent it
   *     first
   * @param first number of the first of them, from 1
   * @param refused those that were refused before they came to the room, in order of their numbers
   */
  record Outbox(Desktop desktop, String subject, long first, List<Refused> refused) implements Source {}

  /**
   * An event of an outbox that was refused for good at the door: its number is used, and the refusal remembered.
   *
   * @param number its number
   * @param agentId agent of its session, empty without one
   * @param sessionId its session, empty without one
   * @param sequence its sequence, 0 without one
   * @param outcome the refusal
   */
  record Refused(long number, String agentId, String sessionId, long sequence, Outcome outcome) {}

  /**
   * What a desktop was told of the cloud's log: complete for it in (after, through], what it need not know included. It
   * is applied only if the desktop's cursor lies in [after, through) of that log, or if there is none yet and the range
   * begins at 0; otherwise nothing is stored. Whoever brings it looks at the cursor of the answer alone: at or beyond
   * {@code through} the range is known here; before {@code after} or in another log something is missing before it;
   * without one the store failed and nothing is known. Outcomes are for counting: of what was applied before
   * {@code duplicate}, of what cannot be applied {@code cursor_ahead} or {@code log_changed}.
   *
   * @param orgId tenant; {@code events} are all of it
   * @param logId incarnation of the cloud's log
   * @param anew whether the desktop begins that log anew, because it has no cursor or its cursor is served no longer:
   *     then the cursor does not matter, and if there was one, the desktop's own log gets another log id, since nobody
   *     knows what is missing in it
   */
  record Cloud(String orgId, String logId, long after, long through, boolean anew) implements Source {}

  /**
   * Events of the cloud out of their turn: stored unless they are here already, and only where no order can suffer. One
   * that has to wait for its turn is answered {@code unknown} with {@code moved}: it comes with the range it is in.
   */
  record Single() implements Source {}
}
