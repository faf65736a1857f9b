package dev.cortex.log;

import dev.cortex.event.Channel;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The durable, append-only store of events of every org, with what ordering and deduplication need beside it. All
 * writes name the shard epoch their room believes in; a write with an old one changes nothing and says so.
 *
 * <p>Every method may fail with a {@link LogException}, whose kind tells whether anything can have been stored.
 */
public interface EventLog {

  /**
   * Raises the fencing epoch of each shard and makes {@code owner} its owner, in one committed statement. Heads are to
   * be read only after it.
   *
   * @return the new epoch of each shard
   */
  Future<Map<Integer, Long>> claim(String owner, Collection<Integer> shards);

  /**
   * Raises the fencing epoch of those of the shards that still belong to {@code owner}, and of no others: after a write
   * of unknown outcome this shuts it out without taking a shard back from whoever has claimed it since. Names of owners
   * are never used again, so that a raise whose own outcome was unknown does no harm.
   *
   * @return the new epoch of each shard that still belongs to the owner
   */
  Future<Map<Integer, Long>> reclaim(String owner, Collection<Integer> shards);

  /** The heads of those orgs that exist; an org of which nothing was ever appended has none. */
  Future<Map<String, OrgHead>> heads(Collection<String> orgIds);

  /** The org whose log has, or once had, this id. */
  Future<Optional<String>> orgOfLog(String logId);

  /** Every org of the store, sorted; for a desktop, where "all orgs" is a meaningful subscription. */
  Future<List<String>> orgs();

  /** What the log knows of these keys and sessions; unknown ones are absent from the answer. */
  Future<Known> known(Collection<KeyRef> keys, Collection<SessionRef> sessions);

  /**
   * What the log knows of these outboxes of desktops, and of the cursors of these orgs; unknown ones are absent.
   */
  Future<SyncMarks.Found> marks(Collection<OutboxRef> outboxes, Collection<String> orgIds);

  /**
   * How many appends may be under way at the same time, 1 or more. Shards are dealt to these lanes by remainder; a
   * batch holds orgs of one lane only.
   */
  int lanes();

  /**
   * Commits all orgs of the batch in one transaction, each all or nothing: locks the shards at their epochs, moves each
   * org's head by compare-and-set and inserts only rows of orgs whose head moved.
   *
   * @return the result of each org, in the batch's order; any failure of the future concerns the whole batch
   */
  Future<List<AppendResult>> append(List<OrgAppend> batch);

  /**
   * Reads one page of an org's log in offset order, in a read transaction of its own.
   *
   * @param channel what to read: only events beneath it
   * @param after first offset not wanted
   * @param through last offset wanted
   * @param eventsMax most events in the page, at least 1
   * @param bytesMax the page ends after the event that reaches this many bytes of envelopes
   */
  Future<LogPage> read(Channel channel, long after, long through, int eventsMax, int bytesMax);

  /** How many events beneath the channel have an offset in (after, through]. */
  Future<Long> count(Channel channel, long after, long through);

  /** The offset of the last event ever stored beneath the channel, pruned ones included; 0 when there was none. */
  Future<Long> lastOffset(Channel channel);

  /** The lowest retained offset of a session whose sequence is above the given one; empty when there is none. */
  Future<OptionalLong> offsetAfterSequence(SessionRef session, long sequence);

  /** The lowest retained offset received at or after that time (Unix ms); empty when there is none. */
  Future<OptionalLong> offsetAtTime(String orgId, long receivedAtMs);

  /**
   * Up to {@code limit} orgs of these shards whose oldest retained event was received before the cutoff (Unix ms) and
   * does not wait, numbered in this log's own outbox, for the cloud's answer.
   */
  Future<List<OrgHead>> expired(long cutoffMs, Collection<Integer> shards, int limit);

  /**
   * How far an org's log may be trimmed: the highest offset, at most {@code eventsMax} events above the floor, at or
   * below which everything was received before the cutoff and nothing waits for the cloud's answer.
   */
  Future<Long> trimPoint(String orgId, long cutoffMs, int eventsMax);

  /**
   * Deletes the prefix of one org's log up to and including {@code through}, under the shard's epoch; less of it where
   * an event waits for the cloud's answer.
   *
   * @return how the fence answered; the head of the org afterwards is read by {@link #heads}
   */
  Future<AppendResult> trim(String orgId, int shard, long epoch, long through);

  /**
   * Deletes at most {@code limit} rows that outlived their use: keys older than 7 days and than every retained event,
   * sessions idle for 90 days, heads whose data has been gone for 30 days unless they gave numbers to an outbox.
   *
   * @param nowMs retention time (Unix ms), which never runs ahead of the wall clock
   * @return rows deleted
   */
  Future<Integer> sweep(long nowMs, int limit);

  /** Returns free pages to the file system, at most {@code pagesMax}. */
  Future<Void> compact(int pagesMax);

  /** The instant retention time was last noted (Unix ms), 0 when never. */
  Future<Long> retentionMark();

  /** Notes retention time, so that a start can recognise an implausible jump. */
  Future<Void> retentionMark(long wallMs);

  /**
   * Notes in the store that this node is alive and whom it sees, and answers who else said so lately, by the store's
   * clock. Nodes that cannot hear each other learn here of each other.
   *
   * @param shards shards whose epochs are wanted
   */
  Future<Roster> checkIn(NodeEntry me, Collection<Integer> shards);

  /** Removes a node's note: it is going away. */
  Future<Void> checkOut(String node);

  /** 32 random bytes of that name, made once and shared by every node of the store. */
  Future<byte[]> secret(String name);

  /** Whether the log can commit right now: one small write transaction. */
  Future<Void> probe();

  /** Marks a clean shutdown and releases every connection. */
  Future<Void> close();

  /**
   * One page of a log.
   *
   * @param events what was found, in offset order
   * @param through the last offset covered, whether or not it is beneath the channel; never beyond the head
   * @param floor the log's floor when the page was read; above the offset asked for, the page has a hole at its start
   */
  record LogPage(List<StoredEvent> events, long through, long floor) {

    /** A page of a log of which nothing was trimmed. */
    public LogPage(List<StoredEvent> events, long through) {
      this(events, through, 0);
    }
  }
}
