package dev.cortex.log;

import dev.cortex.event.Desktop;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * The outbox of a desktop's log: locally born events, numbered in their own rows, and what the cloud answered to them.
 * What waits for an answer is not trimmed. Failures are {@link LogException}s, as those of {@link EventLog}.
 */
public interface LocalOutbox {

  /** This desktop as it numbers its outbox now. */
  Desktop desktop();

  /**
   * The state of one org's outbox.
   *
   * @param head last number given
   * @param confirmed last number of which the cloud's answer is known
   * @param former the incarnation that numbered before, until {@link #renumber}; empty when there is none
   * @param formerHead up to this number the rows are those that {@code former} numbered
   * @param setAside events that were set aside and do not have a new number
   */
  record State(long head, long confirmed, Optional<String> former, long formerHead, long setAside) {}

  /** An event with its number, or the mark of one that was given up, with the mark's id. */
  record Numbered(long number, String id, StoredEvent event) {}

  /** Why an event was set aside. */
  record Refusal(long number, String code, String message) {}

  /**
   * An event that was set aside.
   *
   * @param again whether it has a new number
   * @param givenUp whether under that number goes the mark that it was left out, see {@link dev.cortex.event.LeftOut}
   */
  record Aside(
      String id, String code, String message, long atMs, boolean again, boolean givenUp, StoredEvent event) {}

  /** The state of an org's outbox; of an org that does not exist all zeros. */
  Future<State> state(String orgId);

  /**
   * Events with numbers above {@code after}, in order, those that are sent again included; the page ends after the
   * event that reaches the bytes, and before a number that does not follow the one before it. Above what is confirmed
   * no number is missing; below, those are that were trimmed, or given to an event that was sent again under another.
   */
  Future<List<Numbered>> read(String orgId, long after, int eventsMax, int bytesMax);

  /**
   * Notes the cloud's answers up to and including a number: those refused are copied aside, those taken that had been
   * set aside before are so no more. Nothing happens under another incarnation than the present one, or below what is
   * confirmed.
   */
  Future<State> confirm(String orgId, String incarnation, long through, List<Refusal> refused);

  /**
   * Begins a new incarnation: in every org the present one becomes the former one, with what was confirmed as its head,
   * unless there is a former one already.
   *
   * @param restored whether the log lost events that it had acknowledged: then every org's log gets another log id in
   *     the same transaction
   */
  Future<Desktop> reincarnate(boolean restored);

  /**
   * Ends the former incarnation: numbers up to {@code through}, or its head if that is lower, count as taken, except
   * those {@code refused}; the rest is numbered from 1 on, in its order, with nothing confirmed.
   */
  Future<State> renumber(String orgId, long through, List<Long> refused);

  /** What was set aside, oldest first, at most {@code limit}. */
  Future<List<Aside>> aside(String orgId, int limit);

  /** Gives those of the ids that are set aside new numbers, in their order; every one when {@code ids} is empty. */
  Future<State> sendAgain(String orgId, List<String> ids);

  /**
   * Gives up those of the ids that are set aside: none of them is ever sent again. Where the cloud may hold a session
   * up for one, a mark that it was left out ({@link dev.cortex.event.LeftOut}) gets a new number in its place, and
   * those of the session that were refused for their sequence alone get the numbers behind it; the rest is forgotten at
   * once. A mark that is refused leaves the event set aside as before.
   */
  Future<State> giveUp(String orgId, List<String> ids);

  /** Gives the org's log another log id, as after a restore. Nothing happens when the org does not exist. */
  Future<Void> renewLogId(String orgId);
}
