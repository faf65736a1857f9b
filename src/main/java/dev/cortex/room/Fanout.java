package dev.cortex.room;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.event.StoredEvent;
import io.vertx.core.eventbus.EventBus;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells gateways what was committed. A gateway has a window of bytes it may not have reported as covered; past it the
 * room says nothing more and, once the gateway has caught up, sends an empty delivery from which it sees what it
 * missed and reads it from the log. So a slow gateway costs no memory here.
 */
final class Fanout {

  /** Bytes of envelopes on their way to one gateway. */
  static final long WINDOW_BYTES = 8L << 20;

  /** Kept while nothing is delivered to it as well: what it reports as covered is a total since the start. */
  private static final class Gateway {
    private final String address;
    private final Set<String> orgs = new HashSet<>();
    private boolean all;
    private long sentBytes;
    private long coveredBytes;
    private final Map<String, Missed> missed = new HashMap<>();

    private Gateway(String address) {
      this.address = address;
    }
  }

  private record Missed(Room room, long epoch) {}

  private final EventBus bus;
  private final Map<String, Gateway> gateways = new HashMap<>();
  private final Map<String, Set<Gateway>> byOrg = new HashMap<>();
  private final Set<Gateway> forAll = new LinkedHashSet<>();

  Fanout(EventBus bus) {
    this.bus = bus;
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
    } else {
      gateway.orgs.remove(orgId);
      Set<Gateway> interested = byOrg.getOrDefault(orgId, new HashSet<>());
      interested.remove(gateway);
      if (interested.isEmpty()) {
        byOrg.remove(orgId);
      }
    }
  }

  /** Takes a gateway's report of the bytes it has covered since it attached. */
  void covered(String address, long bytesTotal) {
    Gateway gateway = gateways.get(address);
    if (gateway == null) {
      return;
    }
    gateway.coveredBytes = Math.max(gateway.coveredBytes, bytesTotal);
    if (!gateway.missed.isEmpty() && gateway.sentBytes - gateway.coveredBytes < WINDOW_BYTES / 2) {
      List<Missed> missed = List.copyOf(gateway.missed.values());
      gateway.missed.clear();
      missed.forEach(m -> send(gateway, m.room(), m.room().head(), List.of(), m.epoch()));
    }
  }

  /** Sends events that were just committed, the first one following {@code after}, to whom they concern. */
  void deliver(Room room, long after, List<StoredEvent> events, long epoch) {
    Set<Gateway> interested = byOrg.get(room.orgId());
    if (interested != null) {
      interested.forEach(gateway -> deliver(gateway, room, after, events, epoch));
    }
    for (Gateway gateway : forAll) {
      if (!gateway.orgs.contains(room.orgId())) {
        deliver(gateway, room, after, events, epoch);
      }
    }
  }

  /** Lets gateways see where an org's head is, when events may have been committed that were not delivered. */
  void nudge(Room room, long epoch) {
    deliver(room, room.head(), List.of(), epoch);
  }

  /** The gateways that may have connections of an org. */
  Collection<String> gatewaysOf(String orgId) {
    Set<String> addresses = new LinkedHashSet<>();
    byOrg.getOrDefault(orgId, Set.of()).forEach(gateway -> addresses.add(gateway.address));
    forAll.forEach(gateway -> addresses.add(gateway.address));
    return addresses;
  }

  private void deliver(Gateway gateway, Room room, long after, List<StoredEvent> events, long epoch) {
    if (gateway.sentBytes - gateway.coveredBytes > WINDOW_BYTES) {
      gateway.missed.put(room.orgId(), new Missed(room, epoch));
      return;
    }
    for (StoredEvent event : events) {
      gateway.sentBytes += event.json().length;
    }
    send(gateway, room, after, events, epoch);
  }

  private void send(Gateway gateway, Room room, long after, List<StoredEvent> events, long epoch) {
    bus.send(gateway.address, new Delivery(room.orgId(), room.logId(), epoch, after, room.head(), events));
  }
}
