package dev.cortex.bus;

import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.Hash128;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.Principal;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that travels on the event bus. Messages are immutable and, inside a node, passed by reference; a list or
 * array in one is never modified after sending. Requests are imperative, replies past participle.
 */
public sealed interface Message {

  // ---- gateway → ingest

  /**
   * A publish as it came in by a door; {@code body} is unread.
   *
   * @param body raw bytes
   * @param format how to read them
   * @param attributes CloudEvents attributes in binary mode ({@code ce-} headers without the prefix, lower case), else
   *     empty
   * @param principal who is publishing: decides orgs, channels and users, and fills in org and user where an event
   *     says neither
   * @param traceId trace of the request, empty when unknown
   * @param source whose events these are
   */
  record Ingest(
      byte[] body, Format format, Map<String, String> attributes, Principal principal, String traceId, Source source)
      implements Message {

    /** A publish by a producer. */
    public Ingest(
        byte[] body, Format format, Map<String, String> attributes, Principal principal, String traceId) {
      this(body, format, attributes, principal, traceId, Source.PRODUCERS);
    }
  }

  /** How a published body is read. */
  enum Format {
    /** One envelope or an array of envelopes. */
    JSON,
    /** One CloudEvent, structured. */
    CLOUDEVENT,
    /** An array of CloudEvents. */
    CLOUDEVENTS,
    /** The payload of one CloudEvent whose attributes came as headers. */
    CLOUDEVENT_BINARY
  }

  /**
   * The fate of every event of an {@link Ingest}, in its order.
   *
   * @param budget what the org may still publish; {@link Budget#UNLIMITED} when several orgs were concerned
   * @param cursor where a desktop stands in the cloud's log, after events from there
   */
  record Ingested(List<Outcome> outcomes, Budget budget, Optional<Position> cursor) implements Message {

    /** The fate of events of producers. */
    public Ingested(List<Outcome> outcomes, Budget budget) {
      this(outcomes, budget, Optional.empty());
    }
  }

  /**
   * What is left of an org's quota after a request, or why the request was refused.
   *
   * @param limit events that may be published at once, the size of the full bucket; 0 when there is no limit
   * @param remaining events that may be published right now
   * @param retryAfterMs how long a refused request has to wait; 0 when it was not refused
   */
  record Budget(long limit, long remaining, long retryAfterMs) {

    /** Nothing is limited. */
    public static final Budget UNLIMITED = new Budget(0, 0, 0);
  }

  // ---- ingest → room

  /** Orders and commits events of one org. */
  record Append(String orgId, List<Draft> drafts, Source source) implements Message {

    /** Events of producers. */
    public Append(String orgId, List<Draft> drafts) {
      this(orgId, drafts, Source.PRODUCERS);
    }
  }

  /**
   * The fate of every draft, in order, and what is left of the org's quota; sent after the commit.
   *
   * @param outcomes one a draft; of an outbox one a number
   * @param cursor where a desktop stands in the cloud's log, after events from there; empty when it has none, or when
   *     the store failed and nobody knows
   */
  record Appended(List<Outcome> outcomes, Budget budget, Optional<Position> cursor) implements Message {

    /** The fate of events that moved no cursor. */
    public Appended(List<Outcome> outcomes, Budget budget) {
      this(outcomes, budget, Optional.empty());
    }
  }

  // ---- gateway → room

  /**
   * Registers a gateway's interest: deliveries of the org follow, or of every org when {@code orgId} is empty.
   * Idempotent.
   *
   * @param gateway address deliveries go to
   * @param connections connections of the org on that gateway, as they count for its quota
   */
  record Attach(String gateway, String orgId, int connections) implements Message {}

  /** Where the org's log stood when the interest began: deliveries continue from its head. Empty for all orgs. */
  record Attached(Optional<Head> head) implements Message {}

  /** Ends a gateway's interest in an org (every org when empty). */
  record Detach(String gateway, String orgId) implements Message {}

  /**
   * Asks whether one more connection of an org may open, and counts it: answered by {@link Connected} or a refusal.
   *
   * @param gateway where it is
   */
  record Connect(String gateway, String orgId) implements Message {}

  /** The connection was counted. */
  record Connected() implements Message {}

  /** A connection that was counted is gone. */
  record Disconnect(String gateway, String orgId) implements Message {}

  /**
   * What a gateway has taken over so far; the room keeps at most a window of bytes unreported.
   *
   * @param sentBytes the total of the last {@link Delivery} it took over: repeated, not counted, so that nothing lost
   *     on the way makes the two sides disagree for longer than one message
   */
  record Covered(String gateway, long sentBytes) implements Message {}

  /** Asks where a log stands. Answered by {@link Head} from memory. */
  record AskHead(String orgId) implements Message {}

  /** Asks for the heads of every org the store knows. */
  record AskHeads() implements Message {}

  /** The heads of every org. */
  record Heads(List<Head> heads) implements Message {}

  /**
   * Where one org's log stands.
   *
   * @param position log id and head
   * @param floor highest offset trimmed away
   * @param epoch fencing epoch of the owner that says so
   * @param receivedAt when the event at the head was received, Unix milliseconds; 0 when that is not known
   */
  record Head(String orgId, Position position, long floor, long epoch, long receivedAt) implements Message {

    /** A head of which nobody knows when it was reached. */
    public Head(String orgId, Position position, long floor, long epoch) {
      this(orgId, position, floor, epoch, 0);
    }
  }

  /** Asks which org a cursor belongs to; answered by {@link Owned}. */
  record AskOwner(String logId) implements Message {}

  /** The org of a log id; empty when no log ever had it. */
  record Owned(Optional<String> orgId) implements Message {}

  /** Where a subscriber wants to begin on a channel: answered by {@link Located} or a refusal. */
  record Locate(Channel channel, Since since) implements Message {}

  /**
   * A resolved beginning.
   *
   * @param head where the log stands
   * @param after everything after this offset is missing to the subscriber
   * @param missed how many events beneath the channel lie in (after, head]
   */
  record Located(Head head, long after, long missed) implements Message {}

  /**
   * Reads old events. While a reader keeps asking, the floor does not pass it.
   *
   * @param reader names the reading connection, unique on its gateway; empty for a poll, which holds no floor
   * @param logId the incarnation meant; another is refused
   */
  record Read(String reader, Channel channel, String logId, long after, int eventsMax, int bytesMax)
      implements Message {}

  /**
   * A reader shares the page that another one of its gateway is reading: the floor does not pass it either.
   *
   * @param reader names the reading connection
   */
  record Keep(String reader, String orgId, long after) implements Message {}

  /** A page of old events; everything in (asked after, through] beneath the channel is in it. */
  record Page(Head head, List<StoredEvent> events, long through) implements Message {}

  /** Asks who is connected to a channel, over all gateways of the log. */
  record AskPresence(Channel channel) implements Message {}

  /** Connections by user. */
  record Present(Map<String, Integer> connectionsByUser) implements Message {}

  // ---- room → gateway

  /**
   * New events of one org, complete for (after, through] unless it has none. A gateway applies it only if {@code after}
   * is what it covers; otherwise it reads again.
   *
   * @param node the node whose room speaks
   * @param sentBytes bytes of envelopes that node has sent to this gateway so far, these events included
   */
  record Delivery(
      String node,
      String orgId,
      String logId,
      long epoch,
      long after,
      long through,
      List<StoredEvent> events,
      long sentBytes)
      implements Message {}

  /**
   * Where logs stand of which that gateway was told something lately: whoever is behind reads. A lost last delivery is
   * found by this without further traffic.
   */
  record Standing(String node, List<Head> heads) implements Message {}

  // ---- room ↔ room

  /**
   * A node describes itself, to every other node: about once a second and whenever something changed.
   *
   * @param node the speaker and how it takes part
   * @param shards the shards it owns
   * @param epochs the epoch of each of them
   */
  record Beat(Directory.Node node, List<Integer> shards, List<Long> epochs) implements Message {}

  // ---- pruner → room

  /**
   * Removes what is older than the cutoff, in chunks between appends.
   *
   * @param cutoffMs receive times before this (Unix ms) are expired
   * @param nowMs retention time, for keys, sessions and heads
   * @param wallMs wall time to note as the last seen
   */
  record Trim(long cutoffMs, long nowMs, long wallMs) implements Message {}

  /** What a trim removed. */
  record Trimmed(long events, long rows) implements Message {}

  /** Asks for the wall time noted by the last trim; answered by {@link Marked}. */
  record AskMark() implements Message {}

  /** The wall time noted last, Unix milliseconds; 0 when never. */
  record Marked(long wallMs) implements Message {}

  // ---- health → room

  /** Asks whether an event can be committed right now; answered by {@link Ready} or a refusal. */
  record Probe() implements Message {}

  /** An event can be committed. */
  record Ready() implements Message {}

  // ---- gateway, sync → room: what desktop and cloud know of each other

  /**
   * Asks, in the cloud, how far a desktop's outbox was taken; answered by {@link OutboxMark}, or refused with
   * {@code outbox_gap} when it is another's than the subject's.
   */
  record AskOutbox(String orgId, Desktop desktop, String subject) implements Message {}

  /**
   * How far a desktop's outbox was taken.
   *
   * @param number the last number taken, 0 before the first
   * @param hash {@link dev.cortex.event.KeyHash#hashed} of that event's id; zeros before the first
   * @param refused numbers up to it that were refused for good, and of which the desktop may not know yet; in order
   */
  record OutboxMark(long number, Hash128 hash, List<Long> refused) implements Message {

    /** Nothing was taken. */
    public static final OutboxMark NOTHING = new OutboxMark(0, new Hash128(0, 0));

    /** A mark behind which nothing was refused. */
    public OutboxMark(long number, Hash128 hash) {
      this(number, hash, List.of());
    }
  }

  /** Asks, on a desktop, how it stands with the cloud; answered by {@link SyncState}. */
  record AskSyncState(String orgId) implements Message {}

  /**
   * How a desktop stands with the cloud in one org.
   *
   * @param desktop itself
   * @param cursor how far the cloud's log was applied; empty before the first time
   * @param outboxHead last number given to an event that was born here
   * @param outboxConfirmed last number of which the cloud's answer is known
   * @param former the incarnation that numbered the outbox before, while it is not known how far that one came
   * @param setAside how many events the cloud refused for good
   */
  record SyncState(
      Desktop desktop,
      Optional<Position> cursor,
      long outboxHead,
      long outboxConfirmed,
      Optional<Former> former,
      long setAside)
      implements Message {}

  /**
   * An incarnation that ended.
   *
   * @param head up to this number the events here are those that it numbered
   */
  record Former(Desktop desktop, long head) {}

  /** Reads the outbox in order of numbers; answered by {@link OutboxPage}. */
  record ReadOutbox(String orgId, long after, int eventsMax, int bytesMax) implements Message {}

  /** A page of the outbox; empty when nothing has a higher number. */
  record OutboxPage(List<Outgoing> events) implements Message {}

  /**
   * An event on its way to the cloud.
   *
   * @param number its number in the outbox
   * @param receivedAt when it was received here, Unix milliseconds
   * @param json its envelope
   */
  record Outgoing(long number, String id, long receivedAt, byte[] json) {}

  /**
   * Notes the cloud's answers to the outbox up to and including a number; answered by {@link SyncState}. Nothing
   * happens when the desktop has another incarnation by now.
   *
   * @param incarnation the one that numbered them
   * @param refused those of them that the cloud refused for good: they are set aside
   */
  record ConfirmOutbox(String orgId, String incarnation, long through, List<Refusal> refused) implements Message {}

  /** Why the cloud refused an event for good. */
  record Refusal(long number, String code, String message) {}

  /**
   * Begins a new incarnation, because the cloud knows of an outbox that is not this one; answered by {@link SyncState}
   * of the org. Of every org {@code former} is set, with a head of what was confirmed.
   *
   * @param restored whether this log lost events, as one that was put back from a backup: every log id is renewed too
   */
  record Reincarnate(String orgId, boolean restored) implements Message {}

  /**
   * Numbers the outbox from 1 on, in its order, as far as the former incarnation did not deliver it; answered by
   * {@link SyncState}, without {@code former}.
   *
   * @param through up to this number, or the former head if that is lower, the cloud took it
   * @param refused but these it did not take
   */
  record RenumberOutbox(String orgId, long through, List<Long> refused) implements Message {}

  /** Asks for the events that were set aside; answered by {@link SetAside}. */
  record AskSetAside(String orgId) implements Message {}

  /** The events that were set aside, at most 1,000, in the order of their numbers. */
  record SetAside(List<SetAsideEvent> events) implements Message {}

  /**
   * An event that the cloud refused for good.
   *
   * @param again whether it has a new number and is on its way once more
   * @param givenUp whether what is on its way is only the mark that it was left out
   * @param atMs when it was refused, Unix milliseconds
   */
  record SetAsideEvent(
      String id, String code, String message, long atMs, boolean again, boolean givenUp, byte[] json) {}

  /**
   * Gives events that were set aside new numbers, in their order; answered by {@link SyncState}.
   *
   * @param ids which; empty means all
   */
  record SendAgain(String orgId, List<String> ids) implements Message {}

  /**
   * Gives up events that were set aside, so that their sessions go on without them; answered by {@link SyncState}.
   *
   * @param ids which; at least one
   */
  record GiveUp(String orgId, List<String> ids) implements Message {}

  // ---- room → sync

  /** The outbox of an org grew to that number; or it may have, and whoever hears it looks. */
  record OutboxGrew(String orgId, long outboxHead) implements Message {}

  // ---- gateway → sync

  /**
   * A push of the cloud as it came in, unread; answered by {@link Answer} or a refusal. Texts are empty when absent.
   */
  record Push(String id, String timestamp, String signature, byte[] body) implements Message {}

  /** Asks how the sync stands; answered by {@link Answer}. */
  record AskSync() implements Message {}

  /** What to answer to an HTTP request: JSON, empty for none. */
  record Answer(int status, byte[] json) implements Message {}

  // ---- gateway → callback

  /** A desktop asks to be pushed to; answered by {@link Answer} or a refusal. */
  record RegisterCallback(Principal principal, Desktop desktop, byte[] body) implements Message {}

  /** A desktop wants no pushes any more; answered by {@link Answer} or a refusal. */
  record RemoveCallback(Principal principal, String id) implements Message {}

  // ---- callback ↔ callback

  /** The callbacks of an org are others than before. */
  record CallbacksChanged(String orgId) implements Message {}
}
