package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Delivery;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/**
 * What this gateway has taken over from the rooms of each node, as totals: a room sends no more than a window beyond
 * what it was told of, and a total that is repeated cannot drift.
 */
@Pure
final class Credits {

  private static final class Total {
    private long taken;
    private long reported;
    private boolean asked;
  }

  private final ObjLongConsumer<String> report;
  private final Map<String, Total> byNode = new LinkedHashMap<>();

  /**
   * Nothing was taken over yet.
   *
   * @param report tells a node's rooms the total
   */
  Credits(ObjLongConsumer<String> report) {
    this.report = report;
  }

  /** A delivery was taken over; the answer is how many bytes its node has not been told of. */
  long took(Delivery delivery) {
    Total total = byNode.computeIfAbsent(delivery.node(), node -> new Total());
    total.taken = delivery.sentBytes();
    total.asked |= delivery.events().isEmpty();
    return total.taken - total.reported;
  }

  /** Tells every node whose total has changed, or which asked: a report before may have been lost. */
  void report() {
    byNode.forEach((node, total) -> {
      if (total.taken != total.reported || total.asked) {
        report(node, total);
      }
    });
  }

  /** Tells one node, even if nothing has changed: the report before may have been lost. */
  void report(String node) {
    report(node, byNode.get(node));
  }

  /** Forgets the nodes that are not among these: a node that comes back has another name. */
  void retain(Collection<String> live) {
    byNode.keySet().retainAll(live);
  }

  private void report(String node, Total total) {
    total.reported = total.taken;
    total.asked = false;
    report.accept(node, total.taken);
  }
}
