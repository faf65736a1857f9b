package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Requests;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.LocalOutbox;
import dev.cortex.log.LogException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Owns rooms: the one place where an org's events are ordered, deduplicated and appended. A node has one; it owns its
 * shards by having raised their fencing epochs, and everything it keeps in memory can be read again from the log.
 */
public final class OrgRoomVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(OrgRoomVerticle.class);
  private static final long SECOND_MS = 1_000;
  private static final long BEAT_MS = 250;

  private final CortexConfig config;
  private final EventLog log;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Members members;
  private final Optional<LocalOutbox> outbox;
  private RoomDesk desk;
  private MessageConsumer<Message> consumer;
  private Set<String> live = Set.of();
  private boolean shrunk;
  private boolean stopped;

  /**
   * Creates the verticle of a log that is on its own; nothing happens before it is deployed.
   *
   * @param directory where rooms are; names this node and is kept up to date
   * @param members the nodes that are alive
   */
  public OrgRoomVerticle(
      CortexConfig config, EventLog log, Metrics metrics, Clock clock, Directory directory, Members members) {
    this(config, log, metrics, clock, directory, members, Optional.empty());
  }

  /**
   * Creates the verticle; nothing happens before it is deployed.
   *
   * @param directory where rooms are; names this node and is kept up to date
   * @param members the nodes that are alive
   * @param outbox the outbox of this log, on a desktop
   */
  public OrgRoomVerticle(
      CortexConfig config,
      EventLog log,
      Metrics metrics,
      Clock clock,
      Directory directory,
      Members members,
      Optional<LocalOutbox> outbox) {
    this.config = config;
    this.log = log;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.members = members;
    this.outbox = outbox;
  }

  @Override
  public Future<?> start() {
    OrgLimits limits = new OrgLimits(config.limits());
    desk = new RoomDesk(
        log, directory, members, new BusWires(vertx), Quotas.of(limits, directory.shardMap()::shardOf),
        orgId -> limits.of(orgId).connections(), metrics, clock, RoomDesk.Bounds.NORMAL,
        new Sharing(outbox, config.sync().syncedOrgs()));
    metrics.gauge("cortex_rooms", "Rooms in memory.", () -> desk.roomCount());
    metrics.gauge("cortex_shards_owned", "Shards this node owns.", () -> desk.shardCount());
    metrics.gauge("cortex_commit_queue_events", "Events waiting for a commit.", () -> desk.queueDepth());
    metrics.gauge("cortex_isolated", "Whether this node is cut off from the larger part of its cluster: 0 or 1.",
        () -> desk.isolated() ? 1 : 0);
    return desk.start().compose(claimed -> listen()).onSuccess(listening -> {
      vertx.setPeriodic(SECOND_MS, tick -> desk.second());
      if (members.clustered()) {
        members.onChange(now -> context.runOnContext(go -> members(now)));
        members(members.live());
        vertx.setPeriodic(BEAT_MS, tick -> desk.beat());
      }
    });
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    return desk.drain().eventually(() -> consumer == null ? Future.succeededFuture() : consumer.unregister());
  }

  /**
   * Begins to take part: shards may be placed here. To be called once the node can serve clients, from any thread.
   *
   * @param publicAddress where the public listener is reached, {@code host:port}
   * @return done when the first claims are; a node without others has made them at its start
   */
  public Future<Void> join(String publicAddress) {
    return onContext(() -> desk.join(publicAddress));
  }

  /**
   * Stops to take part: the shards move to other nodes while this one still serves them. May be called from any thread.
   *
   * @param budgetMs how long to wait for the others, in milliseconds
   * @return done when others own everything, when nobody else could, or when the budget is spent
   */
  public Future<Void> leave(long budgetMs) {
    return onContext(() -> desk.leave(budgetMs));
  }

  private Future<Void> onContext(Supplier<Future<Void>> work) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(go -> work.get().onComplete(done));
    return done.future();
  }

  private Future<Void> listen() {
    String address = Addresses.room(directory.self());
    consumer = members.clustered() ? vertx.eventBus().consumer(address) : vertx.eventBus().localConsumer(address);
    consumer.handler(this::receive);
    return members.clustered() ? consumer.completion() : Future.succeededFuture();
  }

  private void members(Set<String> now) {
    if (stopped) {
      return;
    }
    boolean grown = !live.containsAll(now);
    shrunk |= !now.containsAll(live);
    live = now;
    desk.members(now);
    if (grown && shrunk) {
      // who was cut off may have lost its registrations, and with them we would never hear a beat again
      shrunk = false;
      MessageConsumer<Message> old = consumer;
      listen().eventually(old::unregister).onFailure(failure -> LOG.warn("the rooms could not register anew", failure));
    }
  }

  private void receive(io.vertx.core.eventbus.Message<Message> received) {
    Message body = received.body();
    if (!desk.tell(body)) {
      // composed, so that a throw is a refusal too and not a question without an answer
      Future.succeededFuture()
          .compose(go -> desk.ask(body))
          .onComplete(received::reply, failure -> refuse(received, failure));
    }
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
