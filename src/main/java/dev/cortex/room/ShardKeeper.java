package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.NodeState;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import dev.cortex.room.Ownership.Effect;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Does what {@link Ownership} decides: checks in with the store, claims and drops shards, sends beats. */
final class ShardKeeper {

  private static final Logger LOG = LoggerFactory.getLogger(ShardKeeper.class);

  /** Hears of shards that came or went. */
  interface Listener {
    /** These shards are ours now. */
    void claimed(Collection<Integer> shards);

    /** These shards are ours no longer. */
    void dropped(Collection<Integer> shards);
  }

  private final String node;
  private final EventLog log;
  private final Rooms rooms;
  private final Directory directory;
  private final Wires wires;
  private final Listener listener;
  private final Metrics metrics;
  private final Clock clock;
  private final Ownership ownership;
  private final Promise<Void> joined = Promise.promise();
  private final Promise<Void> left = Promise.promise();
  private NodeState told;
  private boolean leaving;
  private long leaveByNs;
  private boolean stopped;
  private boolean looking;
  private boolean lookAgain;
  private boolean lookFailed;
  private boolean verified;
  private long verifiedNs;

  /** The keeper of a node that is starting and sees these others alive. */
  ShardKeeper(
      EventLog log,
      Rooms rooms,
      Directory directory,
      Set<String> live,
      Wires wires,
      Listener listener,
      Metrics metrics,
      Clock clock) {
    this.node = directory.self();
    this.log = log;
    this.rooms = rooms;
    this.directory = directory;
    this.wires = wires;
    this.listener = listener;
    this.metrics = metrics;
    this.clock = clock;
    this.ownership = new Ownership(node, directory.shardMap().shards(), live, clock.monotonicNs());
    this.told = ownership.state();
  }

  /** The failure detector sees other nodes than before. */
  void members(Set<String> live) {
    perform(ownership.members(live, clock.monotonicNs()));
  }

  /** Another node described itself. */
  void heard(Beat beat) {
    perform(ownership.heard(beat, clock.monotonicNs()));
  }

  /** The store refused a write: these shards are another's. */
  void deposed(Collection<Integer> shards) {
    perform(ownership.deposed(shards, clock.monotonicNs()));
  }

  /** To be called several times a second. */
  void tick() {
    ownership.raised(rooms.epochs());
    perform(ownership.tick(clock.monotonicNs()));
  }

  /** See {@link OrgRoomVerticle#join}. */
  Future<Void> join(String publicAddress) {
    perform(ownership.join(publicAddress, clock.monotonicNs()));
    return joined.future();
  }

  /** See {@link OrgRoomVerticle#leave}. */
  Future<Void> leave(long budgetMs) {
    leaveByNs = clock.monotonicNs() + budgetMs * 1_000_000;
    leaving = true;
    perform(ownership.leave(clock.monotonicNs()));
    return left.future();
  }

  /** Checks in no more, and tells the store so. */
  Future<Void> stop() {
    stopped = true;
    return log.checkOut(node);
  }

  /** Whether the store confirmed our epochs so lately that questions may be answered. */
  boolean trusted() {
    return verified && clock.monotonicNs() - verifiedNs <= Ownership.TRUST_NS;
  }

  boolean isolated() {
    return ownership.state() == NodeState.ISOLATED;
  }

  private void perform(List<Effect> effects) {
    for (Effect effect : effects) {
      if (effect instanceof Effect.Drop drop) {
        LOG.info("node=" + node + " dropped " + drop.shards().size() + " shards");
        rooms.drop(drop.shards());
        listener.dropped(drop.shards());
      } else if (effect instanceof Effect.Say) {
        Beat beat = ownership.beat();
        ownership.others().forEach(other -> wires.send(Addresses.room(other), beat));
      } else if (effect instanceof Effect.Look) {
        look();
      } else if (effect instanceof Effect.Claim claim) {
        claim(claim.shards());
      } else if (effect instanceof Effect.Publish publish) {
        directory.update(publish.view());
      }
    }
    if (ownership.state() != told) {
      LOG.info("node=" + node + " is " + ownership.state() + ", was " + told);
      told = ownership.state();
    }
    if (ownership.settled()) {
      joined.tryComplete();
    }
    if (leaving && (ownership.handedOver() || clock.monotonicNs() - leaveByNs >= 0)) {
      left.tryComplete();
    }
  }

  private void claim(Set<Integer> shards) {
    rooms.claim(node, shards).onComplete(
        raised -> {
          LOG.info("node=" + node + " claimed " + raised.size() + " shards");
          metrics.claimed(raised.size());
          listener.claimed(raised.keySet());
          perform(ownership.claimed(raised, clock.monotonicNs()));
        },
        failure -> {
          LOG.warn("node=" + node + " could not claim " + shards.size() + " shards: " + failure.getMessage());
          ownership.claimFailed(shards, clock.monotonicNs());
        });
  }

  /** One look at a time: while the store is slow they would only pile up. */
  private void look() {
    if (looking || stopped) {
      lookAgain = looking;
      return;
    }
    looking = true;
    long askedNs = clock.monotonicNs();
    log.checkIn(ownership.entry(askedNs), rooms.owned()).onComplete(
        roster -> {
          looking = false;
          lookFailed = false;
          verified = true;
          verifiedNs = askedNs;
          Set<Integer> outdated = rooms.outdated(roster.epochs());
          if (!outdated.isEmpty()) {
            deposed(outdated);
          }
          perform(ownership.roster(roster, askedNs, clock.monotonicNs()));
          lookOnceMore();
        },
        failure -> {
          looking = false;
          if (!lookFailed) {
            LOG.warn("node=" + node + " could not check in with the store: " + failure.getMessage());
          }
          lookFailed = true;
          lookAgain = false;
        });
  }

  private void lookOnceMore() {
    if (lookAgain) {
      lookAgain = false;
      look();
    }
  }
}
