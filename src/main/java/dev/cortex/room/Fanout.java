package dev.cortex.room;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Tells gateways what was committed. A gateway has a window of bytes it may not have reported as covered; past it the
 * room says nothing more and, once the gateway has caught up, sends an empty delivery from which it sees what it
 * missed and reads it from the log. So a slow gateway costs no memory here.
 */
final class Fanout {

  /** The window of a gateway, unless a test has another. */
  static final long WINDOW_BYTES = 8L << 20;

  /** Seconds for which a gateway is told on that seems gone: longer than gateways take to renew their interests. */
  private static final int GONE_PROBES_MAX = 90;

  private static final class Gateway {
    private final String address;
    private final Set<String> orgs = new LinkedHashSet<>();
    private boolean all;
    /** Whether its node is not among the live ones, and for how many probes. */
    private boolean gone;
    private int goneProbes;
    private long sentBytes;
    private long coveredBytes;
    private final Map<String, Missed> missed = new LinkedHashMap<>();

    private Gateway(String address) {
      this.address = address;
    }

    private long unreported() {
      return sentBytes - coveredBytes;
    }
  }

  /** What a gateway was not told of an org: everything after that offset. */
  private record Missed(Room room, long after, long epoch) {}

  private final String node;
  private final BiConsumer<String, Delivery> post;
  private final long windowBytes;
  private final Consumer<String> delivered;
  /**
   * Kept as long as their nodes live, or their totals would begin anew; there are as many as there are gateways,
   * attached or not.
   */
  private final Map<String, Gateway> gateways = new HashMap<>();
  private final Map<String, Set<Gateway>> byOrg = new HashMap<>();
  private final Set<Gateway> forAll = new LinkedHashSet<>();

  /** A fan-out without gateways, of which nobody else hears. */
  Fanout(String node, BiConsumer<String, Delivery> post, long windowBytes) {
    this(node, post, windowBytes, orgId -> {});
  }

  /**
   * A fan-out without gateways.
   *
   * @param node the node that speaks
   * @param post sends a delivery to an address
   * @param windowBytes bytes of envelopes that may be on their way to one gateway
   * @param delivered hears of each org of which something was delivered
   */
  Fanout(String node, BiConsumer<String, Delivery> post, long windowBytes, Consumer<String> delivered) {
    this.node = node;
    this.post = post;
    this.windowBytes = windowBytes;
    this.delivered = delivered;
  }

  /** Begins to deliver an org, or every org when {@code orgId} is empty, to a gateway. */
  void attach(String address, String orgId) {
    Gateway gateway = gateways.computeIfAbsent(address, Gateway::new);
    if (orgId.isEmpty()) {
      gateway.all = true;
      forAll.add(gateway);
    } else {
      gateway.orgs.add(orgId);
      byOrg.computeIfAbsent(orgId, org -> new LinkedHashSet<>()).add(gateway);
    }
  }

  /** Ends what {@link #attach} began. */
  void detach(String address, String orgId) {
    Gateway gateway = gateways.get(address);
    if (gateway == null) {
      return;
    }
    if (orgId.isEmpty()) {
      gateway.all = false;
      forAll.remove(gateway);
      gateway.missed.keySet().retainAll(gateway.orgs);
    } else {
      gateway.orgs.remove(orgId);
      leave(orgId, gateway);
      if (!gateway.all) {
        gateway.missed.remove(orgId);
      }
    }
  }

  private void leave(String orgId, Gateway gateway) {
    Set<Gateway> interested = byOrg.getOrDefault(orgId, new LinkedHashSet<>());
    interested.remove(gateway);
    if (interested.isEmpty()) {
      byOrg.remove(orgId);
    }
  }

  /**
   * Notes which nodes are live. Gateways of others are forgotten, but not at once: a node may seem gone for a moment
   * without noticing, and would miss what it is not told until it renews its interests.
   */
  void members(Set<String> live) {
    gateways.values().forEach(gateway -> {
      gateway.gone = !live.contains(Addresses.nodeOf(gateway.address));
      gateway.goneProbes = 0;
    });
  }

  private void forgetGone() {
    gateways.values().removeIf(gateway -> {
      if (!gateway.gone || ++gateway.goneProbes < GONE_PROBES_MAX) {
        return false;
      }
      forAll.remove(gateway);
      for (String orgId : gateway.orgs) {
        leave(orgId, gateway);
      }
      return true;
    });
  }

  /** Forgets every interest in these orgs, which are another node's now; their gateways follow the directory. */
  void forget(Predicate<String> orgs) {
    byOrg.entrySet().removeIf(interest -> {
      if (!orgs.test(interest.getKey())) {
        return false;
      }
      interest.getValue().forEach(gateway -> gateway.orgs.remove(interest.getKey()));
      return true;
    });
    gateways.values().forEach(gateway -> gateway.missed.keySet().removeIf(orgs));
  }

  /**
   * Takes a gateway's report.
   *
   * @param sentBytes the total that the last delivery it took over was stamped with
   */
  void covered(String address, long sentBytes) {
    Gateway gateway = gateways.get(address);
    if (gateway == null) {
      return;
    }
    gateway.coveredBytes = Math.min(sentBytes, gateway.sentBytes);
    if (!gateway.missed.isEmpty() && gateway.unreported() < windowBytes / 2) {
      List<Missed> missed = List.copyOf(gateway.missed.values());
      gateway.missed.clear();
      missed.forEach(m -> send(gateway, m.room(), m.after(), List.of(), m.epoch()));
    }
  }

  /**
   * Lets gateways whose window is shut say again what they have covered, in case a delivery or a report was lost. To be
   * called about once a second.
   */
  void probe() {
    forgetGone();
    for (Gateway gateway : gateways.values()) {
      if (!gateway.missed.isEmpty()) {
        Missed eldest = gateway.missed.values().iterator().next();
        send(gateway, eldest.room(), eldest.after(), List.of(), eldest.epoch());
      }
    }
  }

  /** Sends events that were just committed, the first one following {@code after}, to whom they concern. */
  void deliver(Room room, long after, List<StoredEvent> events, long epoch) {
    Set<Gateway> interested = byOrg.get(room.orgId());
    if (interested != null) {
      delivered.accept(room.orgId());
      for (Gateway gateway : interested) {
        deliver(gateway, room, after, events, epoch);
      }
    }
    for (Gateway gateway : forAll) {
      if (!gateway.orgs.contains(room.orgId())) {
        deliver(gateway, room, after, events, epoch);
      }
    }
  }

  /** Lets gateways see where an org's head is, when events after an offset may be committed but not delivered. */
  void nudge(Room room, long after, long epoch) {
    deliver(room, after, List.of(), epoch);
  }

  /** The live gateways that may have connections of an org. */
  Collection<String> gatewaysOf(String orgId) {
    Set<String> addresses = new LinkedHashSet<>();
    byOrg.getOrDefault(orgId, Set.of()).stream().filter(one -> !one.gone).forEach(one -> addresses.add(one.address));
    forAll.stream().filter(one -> !one.gone).forEach(one -> addresses.add(one.address));
    return new ArrayList<>(addresses);
  }

  private void deliver(Gateway gateway, Room room, long after, List<StoredEvent> events, long epoch) {
    Missed before = gateway.missed.isEmpty() ? null : gateway.missed.get(room.orgId());
    if (before != null || gateway.unreported() > windowBytes) {
      long first = before == null ? after : Math.min(before.after(), after);
      gateway.missed.put(room.orgId(), new Missed(room, first, epoch));
      return;
    }
    for (StoredEvent event : events) {
      gateway.sentBytes += event.json().length;
    }
    send(gateway, room, after, events, epoch);
  }

  private void send(Gateway gateway, Room room, long after, List<StoredEvent> events, long epoch) {
    post.accept(
        gateway.address,
        new Delivery(node, room.orgId(), room.logId(), epoch, after, room.head(), events, gateway.sentBytes));
  }
}
