package dev.cortex.gateway;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Detach;
import io.vertx.core.Future;
import java.util.function.Predicate;

/** What this gateway tells rooms of the orgs it wants to hear of; never that an org is of no use while it is wanted. */
final class Interest {

  private final RoomLink link;
  private final String address;
  private final Directory directory;
  private final ConnectionCounts connections;
  private final Predicate<String> wanted;

  /**
   * The interest of the gateway at that address.
   *
   * @param connections how many connections of an org this gateway has
   * @param wanted whether deliveries of an org are of use here
   */
  Interest(
      RoomLink link,
      String address,
      Directory directory,
      ConnectionCounts connections,
      Predicate<String> wanted) {
    this.link = link;
    this.address = address;
    this.directory = directory;
    this.connections = connections;
    this.wanted = wanted;
  }

  /** Asks the room of a node for the deliveries of an org. */
  Future<Attached> attach(String node, String orgId) {
    return link.askNode(node, new Attach(address, orgId, connections.of(orgId)), Attached.class);
  }

  /** Tells the room of a node that its deliveries are of no use here: another room is attached to. */
  void detach(String node, String orgId) {
    if (directory.view().nodes().containsKey(node)) {
      link.tell(node, new Detach(address, orgId));
    }
  }

  /** Tells the room of a node that deliveries of an org are of no use here, unless they are. */
  void detachIfUnwanted(String node, String orgId) {
    if (!wanted.test(orgId)) {
      detach(node, orgId);
    }
  }
}
