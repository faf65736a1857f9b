package dev.cortex.sim;

import dev.cortex.event.Channel;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.LogException;
import dev.cortex.log.NewEvent;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.Roster;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.SyncMarks;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The contract of the event log as plain maps, with late answers and failures by plan. Writes happen in the order they
 * were asked for, reads whenever chance has it. It remembers every event ever committed, to compare with.
 */
public final class MemoryLog implements EventLog {

  private static final long ROW_LIVES_MS = 4_000;

  private record Row(NodeEntry entry, long atMs) {}

  private record Failure(LogException.Kind kind, boolean takesEffect) {}

  /** What is stored of an org. */
  static final class Org {
    String logId = "";
    long outboxHead;
    long outboxConfirmed;
    /** The number of each event in the outbox, 0 for none. */
    final List<Long> numbers = new ArrayList<>();
    final List<StoredEvent> events = new ArrayList<>();
    private int shard;
    private long floor;
    private final List<Integer> payloads = new ArrayList<>();

    private long head() {
      return events.size();
    }

    private OrgHead row(String orgId) {
      long bytes = payloads.stream().skip(floor).mapToLong(Integer::longValue).sum();
      return new OrgHead(
          orgId, logId, head(), floor, shard, events.isEmpty() ? 0 : last().receivedAt(), bytes, outboxHead,
          outboxConfirmed);
    }

    private StoredEvent last() {
      return events.get(events.size() - 1);
    }
  }

  private final Schedule schedule;
  private final Map<Integer, Long> epochs = new HashMap<>();
  private final Map<Integer, String> owners = new HashMap<>();
  private final Map<String, Row> nodes = new HashMap<>();
  private final int lanes;
  private final Map<String, Org> orgs = new TreeMap<>();
  private final Map<KeyRef, KeyRow> keys = new HashMap<>();
  private final Map<SessionRef, SessionRow> sessions = new HashMap<>();
  private final Map<OutboxRef, OutboxRow> outboxes = new HashMap<>();
  private final Map<String, Position> cursors = new HashMap<>();
  private final ArrayDeque<Failure> planned = new ArrayDeque<>();
  private int failuresPerMille;
  private long mark;
  private int readsInFlight;

  /** An empty log; failures begin when asked for. */
  public MemoryLog(Schedule schedule) {
    this(schedule, 1);
  }

  /** An empty log that takes so many appends at the same time. */
  public MemoryLog(Schedule schedule, int lanes) {
    this.schedule = schedule;
    this.lanes = lanes;
  }

  /** From now on so many of a thousand writes and reads fail. */
  public void failing(int perMille) {
    failuresPerMille = perMille;
  }

  /** The next write fails like that, and takes effect all the same or not. */
  public void failNext(LogException.Kind kind, boolean takesEffect) {
    planned.add(new Failure(kind, takesEffect));
  }

  /** Every event ever committed of an org, trimmed ones included. */
  public List<StoredEvent> history(String orgId) {
    Org org = orgs.get(orgId);
    return org == null ? List.of() : org.events;
  }

  /** The highest offset trimmed. */
  public long floor(String orgId) {
    return orgs.get(orgId).floor;
  }

  /** How far an outbox was taken, 0 when it is unknown. */
  public long mark(OutboxRef outbox) {
    return outboxes.containsKey(outbox) ? outboxes.get(outbox).number() : 0;
  }

  /** How far the cloud's log was applied in an org. */
  public Optional<Position> cursor(String orgId) {
    return Optional.ofNullable(cursors.get(orgId));
  }

  /** Forgets the keys of events that were born elsewhere, as after a week. */
  public void forgetKeysOfArrivals() {
    keys.values().removeIf(
        row -> !orgs.get(row.key().orgId()).events.get((int) row.offset() - 1).origin().isEmpty());
  }

  /** What is stored of an org; of one that does not exist, nothing that would be kept. */
  Org org(String orgId) {
    return orgs.getOrDefault(orgId, new Org());
  }

  /** Every org. */
  List<String> orgIds() {
    return List.copyOf(orgs.keySet());
  }

  /** A write, done in its turn. */
  <T> Future<T> write(Supplier<T> work) {
    return schedule.answer("write", 2_000, () -> {
      Failure failure = planned.isEmpty() ? chance() : planned.remove();
      if (failure == null) {
        return Future.succeededFuture(work.get());
      }
      if (failure.takesEffect()) {
        work.get();
      }
      return Future.failedFuture(new LogException(failure.kind(), "planned", null));
    });
  }

  private Failure chance() {
    if (!schedule.chance(failuresPerMille)) {
      return null;
    }
    return switch (schedule.random().nextInt(3)) {
      case 0 -> new Failure(LogException.Kind.BUSY, false);
      case 1 -> new Failure(LogException.Kind.FULL, false);
      default -> new Failure(LogException.Kind.UNKNOWN, schedule.random().nextBoolean());
    };
  }

  /** A read. */
  <T> Future<T> read(Supplier<T> work) {
    return schedule.answer("read" + readsInFlight++, 3_000, () -> schedule.chance(failuresPerMille)
        ? Future.failedFuture(new LogException(LogException.Kind.UNKNOWN, "planned", null))
        : Future.succeededFuture(work.get()));
  }

  @Override
  public Future<Map<Integer, Long>> claim(String owner, Collection<Integer> shards) {
    return write(() -> {
      Map<Integer, Long> raised = new HashMap<>();
      shards.forEach(shard -> {
        owners.put(shard, owner);
        raised.put(shard, epochs.merge(shard, 1L, Long::sum));
      });
      return raised;
    });
  }

  @Override
  public Future<Map<Integer, Long>> reclaim(String owner, Collection<Integer> shards) {
    return write(() -> {
      Map<Integer, Long> raised = new HashMap<>();
      shards.stream().filter(shard -> owner.equals(owners.get(shard)))
          .forEach(shard -> raised.put(shard, epochs.merge(shard, 1L, Long::sum)));
      return raised;
    });
  }

  @Override
  public Future<Map<String, OrgHead>> heads(Collection<String> orgIds) {
    return read(() -> {
      Map<String, OrgHead> heads = new HashMap<>();
      for (String orgId : orgIds) {
        if (orgs.containsKey(orgId)) {
          heads.put(orgId, orgs.get(orgId).row(orgId));
        }
      }
      return heads;
    });
  }

  @Override
  public Future<Optional<String>> orgOfLog(String logId) {
    return read(() -> orgs.entrySet().stream()
        .filter(org -> org.getValue().logId.equals(logId)).map(Map.Entry::getKey).findFirst());
  }

  @Override
  public Future<List<String>> orgs() {
    return read(() -> List.copyOf(orgs.keySet()));
  }

  @Override
  public Future<Known> known(Collection<KeyRef> wantedKeys, Collection<SessionRef> wantedSessions) {
    return read(() -> {
      Map<KeyRef, KeyRow> foundKeys = new HashMap<>();
      wantedKeys.stream().filter(keys::containsKey).forEach(key -> foundKeys.put(key, keys.get(key)));
      Map<SessionRef, SessionRow> foundSessions = new HashMap<>();
      wantedSessions.stream().filter(sessions::containsKey).forEach(key -> foundSessions.put(key, sessions.get(key)));
      return new Known(foundKeys, foundSessions);
    });
  }

  @Override
  public Future<List<AppendResult>> append(List<OrgAppend> batch) {
    return write(() -> batch.stream().map(this::append).toList());
  }

  private AppendResult append(OrgAppend append) {
    if (epochs.get(append.shard()) != append.epoch()) {
      return AppendResult.DEPOSED;
    }
    Org org = orgs.getOrDefault(append.orgId(), new Org());
    boolean sameLog = !orgs.containsKey(append.orgId()) || org.logId.equals(append.logId());
    if (org.head() != append.expectedHead() || !sameLog) {
      return AppendResult.HEAD_MOVED;
    }
    if (append.events().isEmpty() && append.noted().isEmpty()) {
      throw new AssertionError("an append of nothing");
    }
    orgs.put(append.orgId(), org);
    org.logId = append.logId();
    org.shard = append.shard();
    for (NewEvent event : append.events()) {
      if (event.offset() != org.head() + 1 || (org.head() > 0 && event.receivedAt() < org.last().receivedAt())) {
        throw new AssertionError("event out of order: " + event);
      }
      event.keys().forEach(row -> {
        if (keys.put(row.key(), row) != null) {
          throw new AssertionError("stored twice: " + row);
        }
      });
      if (event.outboxNumber() != 0 && event.outboxNumber() != ++org.outboxHead) {
        throw new AssertionError("outbox number " + event.outboxNumber() + " after " + (org.outboxHead - 1));
      }
      org.numbers.add(event.outboxNumber());
      org.payloads.add(event.draft().payload().length);
      org.events.add(new StoredEvent(
          event.offset(), event.draft().agentId(), event.draft().sessionId(), event.sequence(),
          event.draft().priority(), event.receivedAt(), event.draft().origin(),
          EnvelopeWriter.write(
              event.draft(), append.logId(), event.offset(), event.sequence(), event.receivedAt())));
    }
    append.sessions().forEach(row -> sessions.put(row.session(), row));
    note(append.orgId(), org, append.noted());
    return AppendResult.COMMITTED;
  }

  private void note(String orgId, Org org, SyncMarks.Noted noted) {
    if (noted.outboxHead() != 0 && noted.outboxHead() != org.outboxHead) {
      throw new AssertionError("the outbox is at " + org.outboxHead + ", not " + noted.outboxHead());
    }
    for (OutboxRow row : noted.outboxes()) {
      if (row.number() <= mark(row.outbox())) {
        throw new AssertionError("the mark " + mark(row.outbox()) + " did not move: " + row);
      }
      outboxes.put(row.outbox(), row);
    }
    noted.cursor().ifPresent(cursor -> cursors.put(orgId, cursor));
  }

  @Override
  public Future<LogPage> read(Channel channel, long after, long through, int eventsMax, int bytesMax) {
    return read(() -> {
      Org org = orgs.get(channel.orgId());
      if (org == null) {
        return new LogPage(List.of(), after);
      }
      long last = Math.max(after, Math.min(through, org.head()));
      List<StoredEvent> events = new ArrayList<>();
      long bytes = 0;
      for (long offset = Math.max(after, org.floor) + 1; offset <= last; offset++) {
        StoredEvent event = org.events.get((int) offset - 1);
        if (channel.covers(event.agentId(), event.sessionId())) {
          events.add(event);
          bytes += event.json().length;
          if (bytes >= bytesMax || events.size() == eventsMax) {
            return new LogPage(events, offset, org.floor);
          }
        }
      }
      return new LogPage(events, last, org.floor);
    });
  }

  @Override
  public Future<Long> count(Channel channel, long after, long through) {
    return read(() -> retained(channel.orgId()).stream()
        .filter(e -> e.offset() > after && e.offset() <= through && channel.covers(e.agentId(), e.sessionId()))
        .count());
  }

  @Override
  public Future<Long> lastOffset(Channel channel) {
    return read(() -> history(channel.orgId()).stream()
        .filter(e -> channel.covers(e.agentId(), e.sessionId())).mapToLong(StoredEvent::offset).max().orElse(0));
  }

  @Override
  public Future<OptionalLong> offsetAfterSequence(SessionRef session, long sequence) {
    Channel channel = new Channel(session.orgId(), session.agentId(), session.sessionId());
    return read(() -> retained(session.orgId()).stream()
        .filter(e -> channel.covers(e.agentId(), e.sessionId()) && e.sequence() > sequence)
        .mapToLong(StoredEvent::offset).findFirst());
  }

  @Override
  public Future<OptionalLong> offsetAtTime(String orgId, long receivedAtMs) {
    return read(() -> retained(orgId).stream()
        .filter(e -> e.receivedAt() >= receivedAtMs).mapToLong(StoredEvent::offset).findFirst());
  }

  private List<StoredEvent> retained(String orgId) {
    Org org = orgs.get(orgId);
    return org == null ? List.of() : org.events.subList((int) org.floor, org.events.size());
  }

  @Override
  public Future<List<OrgHead>> expired(long cutoffMs, Collection<Integer> shards, int limit) {
    return read(() -> orgs.keySet().stream()
        .filter(id -> !retained(id).isEmpty() && retained(id).get(0).receivedAt() < cutoffMs)
        .limit(limit).map(id -> orgs.get(id).row(id)).toList());
  }

  @Override
  public Future<Long> trimPoint(String orgId, long cutoffMs, int eventsMax) {
    return read(() -> floor(orgId)
        + retained(orgId).stream().limit(eventsMax).takeWhile(e -> e.receivedAt() < cutoffMs).count());
  }

  @Override
  public Future<AppendResult> trim(String orgId, int shard, long epoch, long through) {
    return write(() -> {
      if (epochs.get(shard) != epoch) {
        return AppendResult.DEPOSED;
      }
      Org org = orgs.get(orgId);
      org.floor = Math.max(org.floor, Math.min(through, org.head()));
      return AppendResult.COMMITTED;
    });
  }

  @Override
  public Future<Integer> sweep(long nowMs, int limit) {
    return write(() -> 0);
  }

  @Override
  public Future<Void> compact(int pagesMax) {
    return write(() -> null);
  }

  @Override
  public Future<Long> retentionMark() {
    return read(() -> mark);
  }

  @Override
  public Future<Void> retentionMark(long wallMs) {
    return write(() -> {
      mark = wallMs;
      return null;
    });
  }

  @Override
  public Future<SyncMarks.Found> marks(Collection<OutboxRef> wantedOutboxes, Collection<String> orgIds) {
    return read(() -> {
      Map<OutboxRef, OutboxRow> found = new HashMap<>(outboxes);
      found.keySet().retainAll(wantedOutboxes);
      Map<String, Position> foundCursors = new HashMap<>(cursors);
      foundCursors.keySet().retainAll(orgIds);
      return new SyncMarks.Found(found, foundCursors);
    });
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public Future<Roster> checkIn(NodeEntry me, Collection<Integer> shards) {
    List<Integer> wanted = List.copyOf(shards);
    return read(() -> {
      nodes.put(me.node(), new Row(me, schedule.wallMs()));
      nodes.values().removeIf(row -> schedule.wallMs() - row.atMs() > ROW_LIVES_MS);
      Map<Integer, Long> found = new HashMap<>(epochs);
      found.keySet().retainAll(wanted);
      return new Roster(nodes.values().stream().map(Row::entry).toList(), found);
    });
  }

  @Override
  public Future<Void> checkOut(String node) {
    return read(() -> {
      nodes.remove(node);
      return null;
    });
  }

  /** The epochs of all shards. */
  public Map<Integer, Long> epochs() {
    return Map.copyOf(epochs);
  }

  @Override
  public Future<byte[]> secret(String name) {
    return read(() -> name.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Future<Void> probe() {
    return write(() -> null);
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
