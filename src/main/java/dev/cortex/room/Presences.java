package dev.cortex.room;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Present;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Asks every gateway of a log who is connected to a channel. */
final class Presences {

  private static final long TIMEOUT_MS = 1_000;

  private final Fanout fanout;
  private final Members members;
  private final Wires wires;

  Presences(Fanout fanout, Members members, Wires wires) {
    this.fanout = fanout;
    this.members = members;
    this.wires = wires;
  }

  /** Who is connected, over all gateways; fails when a live one does not answer. */
  Future<Present> of(AskPresence ask) {
    List<Future<Map<String, Integer>>> answers = new ArrayList<>();
    for (String gateway : fanout.gatewaysOf(ask.channel().orgId())) {
      answers.add(wires.ask(gateway, ask, Present.class, TIMEOUT_MS)
          .map(Present::connectionsByUser)
          .recover(failure -> isGone(gateway) ? Future.succeededFuture(Map.of()) : Future.failedFuture(failure)));
    }
    return Future.all(answers).map(all -> {
      Map<String, Integer> present = new TreeMap<>();
      answers.forEach(one -> one.result().forEach((user, count) -> present.merge(user, count, Integer::sum)));
      return new Present(present);
    });
  }

  /** Whether a gateway's node has left, and its connections with it. */
  private boolean isGone(String gateway) {
    return members.clustered() && !members.live().contains(Addresses.nodeOf(gateway));
  }
}
