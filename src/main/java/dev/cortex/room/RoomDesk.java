package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Marked;
import dev.cortex.bus.Message.Owned;
import dev.cortex.bus.Message.Ready;
import dev.cortex.bus.Source;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Everything a node's rooms are made of, wired together, and where each question goes. Used on one context only. What
 * concerns an org is answered only while its shard is ours and the store has confirmed that lately; else {@code moved}.
 */
final class RoomDesk implements ShardKeeper.Listener, CommitLane.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(RoomDesk.class);
  private static final long IDLE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int PASSIVATED_AT_ONCE = 1_000;

  /**
   * How much is kept.
   *
   * @param rooms how many rooms stay in memory
   * @param windowBytes bytes that may be on their way to one gateway
   * @param leaseNs how long a reader holds the floor after its last page
   */
  record Bounds(int rooms, long windowBytes, long leaseNs) {
    static final Bounds NORMAL = new Bounds(10_000, Fanout.WINDOW_BYTES, TimeUnit.SECONDS.toNanos(60));
  }

  private final String node;
  private final int shards;
  private final EventLog log;
  private final Wires wires;
  private final Members members;
  private final Admission admission;
  private final Metrics metrics;
  private final Clock clock;
  private final Rooms rooms;
  private final Tenure tenure;
  private final Fanout fanout;
  private final Standings standings;
  private final GatewayDesk gateways;
  private final Presences presences;
  private final CommitLanes lanes;
  private final Sharing sharing;
  private final SyncDesk sync;
  private final Replays replays;
  private final Trimmer trimmer;
  private final Optional<ShardKeeper> keeper;

  /**
   * The desk of a node that owns nothing yet.
   *
   * @param connectionsMax how many connections an org may have; 0 is unlimited
   * @param sharing what the log shares with another one
   */
  RoomDesk(
      EventLog log,
      Directory directory,
      Members members,
      Wires wires,
      Admission admission,
      ToIntFunction<String> connectionsMax,
      Metrics metrics,
      Clock clock,
      Bounds bounds,
      Sharing sharing) {
    this.node = directory.self();
    this.shards = directory.shardMap().shards();
    this.log = log;
    this.wires = wires;
    this.members = members;
    this.admission = admission;
    this.metrics = metrics;
    this.clock = clock;
    this.sharing = sharing;
    ReplayLeases leases = new ReplayLeases(bounds.leaseNs());
    rooms = new Rooms(log, directory.shardMap(), bounds.rooms(), this::isCommitting);
    rooms.passivate(clock.monotonicNs(), IDLE_NS, 0);
    tenure = new Tenure(rooms, this::isTrusted);
    fanout = members.clustered()
        ? new Fanout(node, wires::send, bounds.windowBytes(), this::delivered)
        : new Fanout(node, wires::send, bounds.windowBytes());
    standings = new Standings(node, fanout, rooms, wires::send);
    gateways = new GatewayDesk(rooms, tenure, fanout, new Connections(connectionsMax));
    presences = new Presences(fanout, members, wires);
    NewLogIds newLogIds = new NewLogIds(rooms, fanout);
    Lookup lookup = new Lookup(node, log, rooms, newLogIds, sharing, this::deposed);
    lanes = new CommitLanes(log.lanes(), rooms, lane ->
        new CommitLane(node, log, rooms, lookup, fanout, admission, metrics, clock, log.lanes(), this));
    sync = new SyncDesk(log, sharing, rooms, newLogIds, lanes, this::outboxGrew);
    replays = new Replays(log, rooms, leases, clock);
    trimmer = new Trimmer(log, rooms, lanes, leases, clock);
    keeper = members.clustered()
        ? Optional.of(new ShardKeeper(log, rooms, directory, members.live(), wires, this, metrics, clock))
        : Optional.empty();
  }

  /** A node without others claims every shard; one with others waits for {@link #join}. */
  Future<Void> start() {
    if (keeper.isPresent()) {
      return Future.succeededFuture();
    }
    List<Integer> all = IntStream.range(0, shards).boxed().toList();
    return rooms.claim(node, all).map(raised -> {
      claimed(raised.keySet());
      return null;
    });
  }

  /** See {@link OrgRoomVerticle#join}. */
  Future<Void> join(String publicAddress) {
    return keeper.map(one -> one.join(publicAddress)).orElse(Future.succeededFuture());
  }

  /** See {@link OrgRoomVerticle#leave}. */
  Future<Void> leave(long budgetMs) {
    return keeper.map(one -> one.leave(budgetMs)).orElse(Future.succeededFuture());
  }

  /** Answers everything that was taken; nothing more is. */
  Future<Void> drain() {
    return lanes.drain().eventually(() -> keeper.map(ShardKeeper::stop).orElse(Future.succeededFuture()));
  }

  /** The live nodes are others than before. */
  void members(Set<String> live) {
    gateways.members(live);
    keeper.ifPresent(one -> one.members(live));
  }

  /** To be called several times a second, in a cluster. */
  void beat() {
    keeper.ifPresent(ShardKeeper::tick);
  }

  /** To be called about once a second. */
  void second() {
    fanout.probe();
    standings.tell();
    lanes.settleDoubts();
    metrics.passivated(rooms.passivate(clock.monotonicNs(), IDLE_NS, PASSIVATED_AT_ONCE));
  }

  int roomCount() {
    return rooms.size();
  }

  Map<Integer, Long> epochs() {
    return rooms.epochs();
  }

  int shardCount() {
    return rooms.ownedCount();
  }

  int queueDepth() {
    return lanes.queueDepth();
  }

  boolean isolated() {
    return keeper.map(ShardKeeper::isolated).orElse(false);
  }

  /** Takes in what has no answer; false when it is a question. */
  boolean tell(Message message) {
    if (message instanceof Message.Keep keep) {
      replays.keep(keep);
    } else if (message instanceof Message.Beat beat) {
      keeper.ifPresent(one -> one.heard(beat));
    } else {
      return gateways.tell(message);
    }
    return true;
  }

  /** Answers a question, or refuses. */
  Future<? extends Message> ask(Message ask) {
    if (ask instanceof Append append) {
      return append(append);
    } else if (ask instanceof Message.Attach attach) {
      return gateways.attach(attach);
    } else if (ask instanceof Message.Connect connect) {
      return gateways.connect(connect);
    } else if (ask instanceof Message.AskHead askHead) {
      return tenure.answer(askHead.orgId(), () -> rooms.load(askHead.orgId()).map(replays::head));
    } else if (ask instanceof Message.AskHeads) {
      return replays.heads();
    } else if (ask instanceof Message.AskOwner askOwner) {
      return log.orgOfLog(askOwner.logId()).map(Owned::new);
    } else if (ask instanceof Message.Locate locate) {
      return tenure.answer(locate.channel().orgId(), () -> replays.locate(locate));
    } else if (ask instanceof Message.Read read) {
      return tenure.answer(read.channel().orgId(), () -> replays.read(read));
    } else if (ask instanceof AskPresence presence) {
      return tenure.answer(presence.channel().orgId(), () -> presences.of(presence));
    } else if (ask instanceof Message.Trim trim) {
      return trimmer.trim(trim);
    } else if (ask instanceof Message.AskMark) {
      return log.retentionMark().map(Marked::new);
    } else if (ask instanceof Message.Probe) {
      return lanes.chore(log::probe).map(done -> new Ready());
    }
    Optional<String> synced = SyncDesk.orgOf(ask);
    if (synced.isPresent()) {
      return tenure.answer(synced.get(), () -> sync.ask(ask));
    }
    return Future.failedFuture(new IllegalArgumentException("not for a room: " + ask.getClass().getSimpleName()));
  }

  @Override
  public void claimed(Collection<Integer> claimed) {
    admission.claimed(claimed, clock.monotonicNs());
  }

  @Override
  public void dropped(Collection<Integer> dropped) {
    gateways.forget(orgId -> dropped.contains(rooms.shardOf(orgId)));
    admission.dropped(dropped);
  }

  @Override
  public void deposed(Set<Integer> lost) {
    if (keeper.isPresent()) {
      keeper.get().deposed(lost);
    } else {
      LOG.error("another server took over " + lost.size() + " shards of this store; this one is without others");
      dropped(lost);
    }
  }

  @Override
  public void outboxGrew(String orgId, long outboxHead) {
    wires.send(Addresses.SYNC, new Message.OutboxGrew(orgId, outboxHead));
  }

  private boolean isCommitting(Room room) {
    return lanes.isCommitting(room);
  }

  private void delivered(String orgId) {
    standings.delivered(orgId);
  }

  private boolean isTrusted() {
    return keeper.isEmpty() || keeper.get().trusted();
  }

  private Future<Message.Appended> append(Append append) {
    boolean fromCloud = append.source() instanceof Source.Cloud || append.source() instanceof Source.Single;
    if (fromCloud && sharing.outbox().isEmpty()) {
      return Future.failedFuture(new IllegalArgumentException("the cloud has no cloud"));
    }
    return rooms.owns(append.orgId()) ? lanes.append(append) : Tenure.moved();
  }
}
