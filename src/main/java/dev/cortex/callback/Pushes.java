package dev.cortex.callback;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.RoomCalls;
import dev.cortex.event.Channel;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every callback of the orgs whose rooms are here. To the rooms this is a gateway like others: it attaches to the orgs
 * that have callbacks, takes deliveries over and reads what it missed.
 */
final class Pushes {

  private static final int EVENTS_MAX = 1_024;
  private static final long ORG_BYTES_MAX = 2L << 20;
  private static final long BYTES_MAX = 64L << 20;
  private static final int ATTACHING_MAX = 64;
  private static final long ROOM_MS = 10_000;
  private static final long REPORT_MS = 10;
  private static final int READ_BYTES = 1 << 20;

  private final PushWorld world;
  private final RoomCalls calls;
  private final String address;
  private final RecentEvents.Budget budget = new RecentEvents.Budget(BYTES_MAX);
  private final Map<String, OrgPushes> orgs = new HashMap<>();
  private final Map<String, Line> lines = new HashMap<>();
  private final Set<String> toAttach = new LinkedHashSet<>();
  private final Set<OrgPushes> withEvents = new HashSet<>();
  private View seen;
  private int attaching;
  private long sentBytes;
  private boolean reporting;
  private volatile int size;

  /**
   * No callbacks yet.
   *
   * @param address where rooms deliver to
   */
  Pushes(PushWorld world, RoomCalls calls, String address) {
    this.world = world;
    this.calls = calls;
    this.address = address;
    this.seen = calls.directory().view();
  }

  /** How many callbacks there are, by org; may be asked from any thread. */
  int size() {
    return size;
  }

  /** Whether the rooms of a shard are here, as far as is known. */
  boolean owns(int shard) {
    return seen.owner(shard).equals(seen.self().node());
  }

  /** Takes in what the registry says of a callback. */
  void apply(Callback row) {
    OrgPushes org = orgs.get(row.orgId());
    Pusher known = org == null ? null : org.pusher(row.key()).orElse(null);
    boolean wanted = owns(row.shard()) && row.isLive(world.clock().wallMs());
    boolean older = known != null && row.changedAtMs() <= known.callback().changedAtMs();
    if (older) {
      return;
    }
    if (known != null && (!wanted || !known.callback().id().equals(row.id()))) {
      remove(org, known);
      known = null;
    }
    if (known != null) {
      known.line().revive();
      known.renewed(row);
    } else if (wanted) {
      add(row);
    }
  }

  private void add(Callback row) {
    OrgPushes org = orgs.get(row.orgId());
    if (org == null) {
      org = new OrgPushes(
          row.orgId(), new RecentEvents(budget, EVENTS_MAX, ORG_BYTES_MAX, 0),
          after -> read(row.orgId(), after), this::gaveUp);
      orgs.put(row.orgId(), org);
      attach(row.orgId());
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
      calls.tell(self(), new Detach(address, org.orgId()));
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
    toAttach.remove(org.orgId());
    withEvents.remove(org);
  }

  /**
   * Owners may have changed: what moved away is pushed from elsewhere, what was claimed anew attaches anew.
   *
   * @return shards that are here now and were not before
   */
  List<Integer> ownersChanged() {
    View before = seen;
    seen = calls.directory().view();
    List<Integer> gained = new ArrayList<>();
    Set<Integer> lost = new HashSet<>();
    Set<Integer> again = new HashSet<>();
    for (int shard = 0; shard < seen.owners().size(); shard++) {
      boolean was = before.owner(shard).equals(before.self().node());
      if (owns(shard) && !was) {
        gained.add(shard);
      } else if (owns(shard) && !seen.epochs().get(shard).equals(before.epochs().get(shard))) {
        again.add(shard);
      } else if (was && !owns(shard)) {
        lost.add(shard);
      }
    }
    if (!lost.isEmpty() || !again.isEmpty()) {
      moved(lost, again);
    }
    return gained;
  }

  private void moved(Set<Integer> lost, Set<Integer> again) {
    for (OrgPushes org : List.copyOf(orgs.values())) {
      int shard = calls.directory().shardMap().shardOf(org.orgId());
      if (lost.contains(shard)) {
        size -= org.pushers().size();
        org.pushers().forEach(this::leave);
        drop(org);
      } else if (again.contains(shard)) {
        attach(org.orgId());
      }
    }
  }

  /** Offers what is new in an org to every callback it has here. */
  void broadcastActivity(String orgId) {
    OrgPushes org = orgs.get(orgId);
    if (org != null) {
      org.broadcastActivity();
    }
  }

  /** Takes over what a room committed. */
  void onDelivery(Delivery delivery) {
    if (!delivery.node().equals(self())) {
      calls.tell(delivery.node(), new Detach(address, delivery.orgId()));
      return;
    }
    sentBytes = delivery.sentBytes();
    // an empty delivery may be the room's question why nothing has come back for a while
    report(delivery.events().isEmpty());
    OrgPushes org = orgs.get(delivery.orgId());
    if (org == null) {
      calls.tell(self(), new Detach(address, delivery.orgId()));
    } else {
      org.onDelivery(delivery);
      withEvents.add(org);
    }
  }

  /** Takes in where logs stand. */
  void onStanding(Standing standing) {
    for (Head head : standing.heads()) {
      OrgPushes org = orgs.get(head.orgId());
      if (org != null && standing.node().equals(self())) {
        org.onHead(head);
      }
    }
  }

  /** What happens about once a second. */
  void second() {
    withEvents.removeIf(org -> !org.forget());
  }

  /** Lets go of callbacks whose lease ended. */
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

  /** Nothing is pushed any more. */
  void close() {
    List.copyOf(orgs.values()).forEach(org -> {
      org.pushers().forEach(this::leave);
      drop(org);
    });
    size = 0;
  }

  private void gaveUp(Pusher pusher) {
    if (pusher.line().die()) {
      world.metrics().callbackDropped();
    }
  }

  private String self() {
    return seen.self().node();
  }

  private Future<Page> read(String orgId, long after) {
    String logId = orgs.get(orgId).logId();
    return ask(new Read("", Channel.root(orgId), logId, after, PushBody.EVENTS_MAX, READ_BYTES), Page.class);
  }

  private <T extends Message> Future<T> ask(Message question, Class<T> answer) {
    return calls.askNode(self(), question, answer, ROOM_MS);
  }

  private void report(boolean now) {
    if (now) {
      calls.tell(self(), new Covered(address, sentBytes));
    } else if (!reporting) {
      reporting = true;
      world.vertx().setTimer(REPORT_MS, due -> {
        reporting = false;
        calls.tell(self(), new Covered(address, sentBytes));
      });
    }
  }

  private void attach(String orgId) {
    toAttach.add(orgId);
    while (attaching < ATTACHING_MAX && !toAttach.isEmpty()) {
      String next = toAttach.iterator().next();
      toAttach.remove(next);
      attaching++;
      ask(new Attach(address, next, 0), Attached.class).onComplete(answer -> {
        attaching--;
        attached(next, answer);
      });
    }
  }

  private void attached(String orgId, AsyncResult<Attached> answer) {
    OrgPushes org = orgs.get(orgId);
    if (org == null) {
      calls.tell(self(), new Detach(address, orgId)); // nobody wants it any more
    } else if (answer.succeeded()) {
      org.attached(answer.result().head().orElseThrow());
    } else {
      world.vertx().setTimer(Math.max(1, world.retryMs(1)), again -> attachIfWanted(orgId));
    }
    if (!toAttach.isEmpty()) {
      attach(toAttach.iterator().next());
    }
  }

  private void attachIfWanted(String orgId) {
    if (orgs.containsKey(orgId)) {
      attach(orgId);
    }
  }
}
