package dev.cortex.callback;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.RoomCalls;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every callback of the orgs whose rooms are here: comes with the registry's word, goes with it or with the room. */
final class Pushes {

  private static final int EVENTS_MAX = 1_024;
  private static final long ORG_BYTES_MAX = 2L << 20;
  private static final long BYTES_MAX = 64L << 20;

  private final PushWorld world;
  private final HomeShards shards;
  private final RoomLink rooms;
  private final RecentEvents.Budget budget = new RecentEvents.Budget(BYTES_MAX);
  private final Map<String, OrgPushes> orgs = new HashMap<>();
  private final Map<String, Line> lines = new HashMap<>();
  private final Set<OrgPushes> withEvents = new HashSet<>();
  private boolean closed;
  private volatile int size;

  /**
   * No callbacks yet.
   *
   * @param shards those that are here
   * @param address where rooms deliver to
   */
  Pushes(PushWorld world, HomeShards shards, RoomCalls calls, String address) {
    this.world = world;
    this.shards = shards;
    this.rooms = new RoomLink(world, calls, shards.node(), address, this::attached);
  }

  /** How many callbacks there are, by org; may be asked from any thread. */
  int size() {
    return size;
  }

  /** Takes in what the registry says of a callback, which may be old news. */
  void apply(Callback row) {
    OrgPushes org = orgs.get(row.orgId());
    Pusher known = org == null ? null : org.pusher(row.key()).orElse(null);
    boolean wanted = shards.holds(row.shard()) && row.isLive(world.clock().wallMs());
    boolean older = known != null && row.changedAtMs() <= known.callback().changedAtMs();
    if (older || closed) {
      return;
    }
    if (known != null && (!wanted || !known.callback().id().equals(row.id()))) {
      remove(org, known);
      known = null;
    }
    if (known != null) {
      boolean wasDead = known.line().revive();
      known.renewed(row);
      if (wasDead) {
        known.line().resume();
      }
    } else if (wanted) {
      add(row);
    }
  }

  private void add(Callback row) {
    OrgPushes org = orgs.get(row.orgId());
    if (org == null) {
      org = new OrgPushes(
          row.orgId(), new RecentEvents(budget, EVENTS_MAX, ORG_BYTES_MAX, 0),
          (logId, after, bytesMax) -> rooms.read(row.orgId(), logId, after, bytesMax), this::gaveUp);
      orgs.put(row.orgId(), org);
      rooms.attach(row.orgId());
    }
    Line line = lines.computeIfAbsent(row.id(), id -> new Line(world.vertx(), id, world.breakerMs()));
    Pusher pusher = new Pusher(org, world, line, row);
    line.join(pusher);
    size++;
    org.add(pusher);
  }

  private void remove(OrgPushes org, Pusher pusher) {
    size--;
    leave(pusher);
    if (org.remove(pusher)) {
      drop(org);
      rooms.leave(org.orgId());
    }
  }

  private void leave(Pusher pusher) {
    if (pusher.line().leave(pusher)) {
      lines.remove(pusher.callback().id(), pusher.line());
    }
  }

  private void drop(OrgPushes org) {
    org.stop();
    orgs.remove(org.orgId());
    withEvents.remove(org);
  }

  private void dropWhole(OrgPushes org) {
    size -= org.pushers().size();
    org.pushers().forEach(this::leave);
    drop(org);
    rooms.forget(org.orgId());
  }

  /** Owners may have changed: what moved away is pushed from elsewhere, what was claimed anew attaches anew. */
  void onShards(HomeShards.Change change) {
    if (change.lost().isEmpty() && change.again().isEmpty()) {
      return;
    }
    for (OrgPushes org : List.copyOf(orgs.values())) {
      int shard = shards.shardOf(org.orgId());
      if (change.lost().contains(shard)) {
        dropWhole(org);
      } else if (change.again().contains(shard)) {
        rooms.attach(org.orgId());
      }
    }
  }

  /** Takes over what a room committed. */
  void onDelivery(Delivery delivery) {
    OrgPushes org = orgs.get(delivery.orgId());
    if (rooms.accepts(delivery) && org != null) {
      org.onDelivery(delivery);
      withEvents.add(org);
    }
  }

  /** Takes in where logs stand. */
  void onStanding(Standing standing) {
    for (Head head : standing.heads()) {
      OrgPushes org = orgs.get(head.orgId());
      if (org != null && standing.node().equals(shards.node())) {
        org.onHead(head);
      }
    }
  }

  private void attached(Head head) {
    OrgPushes org = orgs.get(head.orgId());
    if (org != null) {
      org.attached(head);
    }
  }

  /** Lets go of events that were told everywhere; to be called about once a second. */
  void forget() {
    withEvents.removeIf(org -> !org.forget());
  }

  /** Lets go of callbacks whose lease ended; to be called about once a minute. */
  void expire() {
    long nowMs = world.clock().wallMs();
    for (OrgPushes org : List.copyOf(orgs.values())) {
      for (Pusher pusher : List.copyOf(org.pushers())) {
        if (!pusher.callback().isLive(nowMs)) {
          remove(org, pusher);
        }
      }
    }
  }

  /** Nothing is pushed any more, whatever the registry still says. */
  void close() {
    closed = true;
    List.copyOf(orgs.values()).forEach(this::dropWhole);
  }

  private void gaveUp(Pusher pusher) {
    if (pusher.line().die()) {
      world.metrics().callbackDropped();
    }
  }
}
