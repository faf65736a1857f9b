package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Marked;
import dev.cortex.bus.Message.Owned;
import dev.cortex.bus.Message.Present;
import dev.cortex.bus.Message.Ready;
import dev.cortex.bus.Requests;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Owns rooms: the one place where an org's events are ordered, deduplicated and appended. A node has one; it owns its
 * shards by having raised their fencing epochs, and everything it keeps in memory can be read again from the log.
 */
public final class OrgRoomVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(OrgRoomVerticle.class);
  private static final int ROOMS_MAX = 10_000;
  private static final long REPLAY_LEASE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final long PRESENCE_TIMEOUT_MS = 1_000;
  private static final long FANOUT_PROBE_MS = 1_000;

  private final CortexConfig config;
  private final EventLog log;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Members members;
  private final String node;
  private Rooms rooms;
  private Fanout fanout;
  private CommitLane lane;
  private Replays replays;
  private Trimmer trimmer;
  private MessageConsumer<Message> consumer;

  /**
   * Creates the verticle; nothing happens before it is deployed.
   *
   * @param directory where rooms are; names this node and is kept up to date
   * @param members the nodes that are alive
   */
  public OrgRoomVerticle(
      CortexConfig config, EventLog log, Metrics metrics, Clock clock, Directory directory, Members members) {
    this.config = config;
    this.log = log;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.members = members;
    this.node = directory.self();
  }

  @Override
  public Future<?> start() {
    int shards = directory.shardMap().shards();
    ReplayLeases leases = new ReplayLeases(REPLAY_LEASE_NS);
    rooms = new Rooms(log, directory.shardMap(), ROOMS_MAX, room -> lane.isCommitting(room));
    fanout = new Fanout(node, (gateway, delivery) -> vertx.eventBus().send(gateway, delivery), Fanout.WINDOW_BYTES);
    Admission admission = Quotas.of(config, rooms::shardOf);
    lane = new CommitLane(node, log, rooms, fanout, admission, metrics, clock);
    replays = new Replays(log, rooms, leases, clock);
    trimmer = new Trimmer(log, rooms, lane, leases, clock);
    metrics.gauge("cortex_rooms", "Rooms in memory.", () -> rooms.size());
    metrics.gauge("cortex_shards_owned", "Shards this node owns.", () -> shards);
    metrics.gauge("cortex_commit_queue_events", "Events waiting for a commit.", () -> lane.queueDepth());
    return rooms
        .claim(node, IntStream.range(0, shards).boxed().toList())
        .onSuccess(claimed -> {
          admission.claimed(rooms.owned(), clock.monotonicNs());
          consumer = vertx.eventBus().localConsumer(Addresses.room(node));
          consumer.handler(this::receive);
          vertx.setPeriodic(FANOUT_PROBE_MS, tick -> fanout.probe());
        });
  }

  @Override
  public Future<?> stop() {
    return lane.drain().eventually(() -> consumer == null ? Future.succeededFuture() : consumer.unregister());
  }

  /**
   * Begins to take part: shards may be placed here. To be called once the node can serve clients.
   *
   * @param publicAddress where the public listener is reached, {@code host:port}
   * @return done when the first claims are; a node without others has made them at its start
   */
  public Future<Void> join(String publicAddress) {
    return Future.succeededFuture();
  }

  /**
   * Stops to take part: the shards move to other nodes while this one still serves them.
   *
   * @param budgetMs how long to wait for the others, in milliseconds
   * @return done when others own everything, when nobody else could, or when the budget is spent
   */
  public Future<Void> leave(long budgetMs) {
    return Future.succeededFuture();
  }

  private void receive(io.vertx.core.eventbus.Message<Message> received) {
    Message body = received.body();
    if (body instanceof Message.Covered covered) {
      fanout.covered(covered.gateway(), covered.sentBytes());
    } else if (body instanceof Message.Detach detach) {
      fanout.detach(detach.gateway(), detach.orgId());
    } else if (body instanceof Message.Keep keep) {
      replays.keep(keep);
    } else {
      // composed, so that a throw is a refusal too and not a question without an answer
      Future.succeededFuture()
          .compose(go -> answer(body))
          .onComplete(received::reply, failure -> refuse(received, failure));
    }
  }

  private Future<? extends Message> answer(Message ask) {
    if (ask instanceof Message.Append append) {
      return lane.append(append);
    } else if (ask instanceof Message.Attach attach) {
      return attach(attach);
    } else if (ask instanceof Message.AskHead askHead) {
      return rooms.load(askHead.orgId()).map(replays::head);
    } else if (ask instanceof Message.AskHeads) {
      return heads();
    } else if (ask instanceof Message.AskOwner askOwner) {
      return log.orgOfLog(askOwner.logId()).map(Owned::new);
    } else if (ask instanceof Message.Locate locate) {
      return replays.locate(locate);
    } else if (ask instanceof Message.Read read) {
      return replays.read(read);
    } else if (ask instanceof AskPresence presence) {
      return presence(presence);
    } else if (ask instanceof Message.Trim trim) {
      return trimmer.trim(trim);
    } else if (ask instanceof Message.AskMark) {
      return log.retentionMark().map(Marked::new);
    } else if (ask instanceof Message.Probe) {
      return lane.chore(log::probe).map(done -> new Ready());
    }
    return Future.failedFuture(new IllegalArgumentException("not for a room: " + ask.getClass().getSimpleName()));
  }

  private Future<Attached> attach(Message.Attach attach) {
    // at once, or a detach that follows would be overtaken; what is delivered before the answer is in its head
    fanout.attach(attach.gateway(), attach.orgId());
    return attach.orgId().isEmpty()
        ? Future.succeededFuture(new Attached(Optional.empty()))
        : rooms.load(attach.orgId()).map(room -> new Attached(Optional.of(replays.head(room))));
  }

  private Future<Message.Heads> heads() {
    return log.orgs().compose(rooms::load)
        .map(loaded -> new Message.Heads(loaded.values().stream().map(replays::head).toList()));
  }

  private Future<Present> presence(AskPresence ask) {
    List<Future<Map<String, Integer>>> answers = new ArrayList<>();
    for (String gateway : fanout.gatewaysOf(ask.channel().orgId())) {
      answers.add(
          Requests.ask(vertx.eventBus(), gateway, ask, Present.class, PRESENCE_TIMEOUT_MS)
              .map(Present::connectionsByUser));
    }
    return Future.all(answers).map(all -> {
      Map<String, Integer> members = new TreeMap<>();
      answers.forEach(one -> one.result().forEach((user, count) -> members.merge(user, count, Integer::sum)));
      return new Present(members);
    });
  }

  private static void refuse(io.vertx.core.eventbus.Message<?> received, Throwable failure) {
    ErrorCode code = ErrorCode.INTERNAL;
    if (failure instanceof RefusedException refused) {
      code = refused.code();
    } else if (failure instanceof LogException store) {
      code = CommitLane.errorCode(store.kind());
      LOG.error("store: " + store.getMessage());
    } else {
      LOG.error("a request to the room failed", failure);
    }
    Requests.refuse(received, code, failure.getMessage());
  }
}
