package dev.cortex.room;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Connect;
import dev.cortex.bus.Message.Connected;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Disconnect;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What gateways tell and ask of themselves: which orgs they want to hear of, what they have taken over, and how many
 * connections they have. Gateways and orgs that are gone are forgotten.
 */
final class GatewayDesk {

  private final Rooms rooms;
  private final Tenure tenure;
  private final Fanout fanout;
  private final Connections connections;

  /** A desk that hands what gateways tell to these. */
  GatewayDesk(Rooms rooms, Tenure tenure, Fanout fanout, Connections connections) {
    this.rooms = rooms;
    this.tenure = tenure;
    this.fanout = fanout;
    this.connections = connections;
  }

  /** Takes in what a gateway tells; false when it is something else. */
  boolean tell(Message message) {
    if (message instanceof Covered covered) {
      fanout.covered(covered.gateway(), covered.sentBytes());
    } else if (message instanceof Detach detach) {
      fanout.detach(detach.gateway(), detach.orgId());
    } else if (message instanceof Disconnect disconnect) {
      connections.disconnect(disconnect.gateway(), disconnect.orgId());
    } else {
      return false;
    }
    return true;
  }

  /** A gateway wants to hear of an org, or of every one when it names none. */
  Future<Attached> attach(Attach attach) {
    String orgId = attach.orgId();
    if (!orgId.isEmpty() && !tenure.holds(orgId)) {
      return Tenure.moved();
    }
    // at once, or a detach that follows would be overtaken; what is delivered before the answer is in its head
    fanout.attach(attach.gateway(), orgId);
    if (orgId.isEmpty()) {
      return Future.succeededFuture(new Attached(Optional.empty()));
    }
    connections.announced(attach.gateway(), orgId, attach.connections());
    return tenure.answer(orgId, () -> rooms.load(orgId).map(room -> new Attached(Optional.of(rooms.head(room)))));
  }

  /** Counts a connection of an org, or refuses one that is too many. */
  Future<Connected> connect(Connect connect) {
    return tenure.answer(connect.orgId(), () -> connections.connect(connect.gateway(), connect.orgId())
        ? Future.succeededFuture(new Connected())
        : Future.failedFuture(new RefusedException(
            ErrorCode.RATE_LIMITED, connect.orgId() + " has as many connections as it may have")));
  }

  /** The live nodes are others than before. */
  void members(Set<String> live) {
    fanout.members(live);
    connections.retainGateways(gateway -> live.contains(Addresses.nodeOf(gateway)));
  }

  /** Forgets these orgs. */
  void forget(Predicate<String> orgs) {
    fanout.forget(orgs);
    connections.forget(orgs);
  }
}
