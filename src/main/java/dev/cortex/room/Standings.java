package dev.cortex.room;

import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Standing;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Tells gateways again where the logs stand of which they were told something lately, so that a delivery that was lost
 * on the way is found without waiting for the next one.
 */
final class Standings {

  /** How often it is said: losing all of them is losing the way itself. */
  private static final int TIMES = 3;

  private static final int HEADS_MAX = 500;

  private final String node;
  private final Fanout fanout;
  private final Rooms rooms;
  private final BiConsumer<String, Standing> post;
  private final Map<String, Integer> left = new LinkedHashMap<>();

  Standings(String node, Fanout fanout, Rooms rooms, BiConsumer<String, Standing> post) {
    this.node = node;
    this.fanout = fanout;
    this.rooms = rooms;
    this.post = post;
  }

  /** Something was delivered of an org. */
  void delivered(String orgId) {
    left.put(orgId, TIMES);
  }

  /** To be called about once a second. */
  void tell() {
    Map<String, List<Head>> heads = new LinkedHashMap<>();
    Iterator<Map.Entry<String, Integer>> recent = left.entrySet().iterator();
    while (recent.hasNext()) {
      Map.Entry<String, Integer> org = recent.next();
      rooms.inMemory(org.getKey()).ifPresent(room ->
          fanout.gatewaysOf(room.orgId()).forEach(gateway ->
              heads.computeIfAbsent(gateway, address -> new ArrayList<>()).add(rooms.head(room))));
      if (org.getValue() == 1) {
        recent.remove();
      } else {
        org.setValue(org.getValue() - 1);
      }
    }
    heads.forEach((gateway, all) -> {
      for (int from = 0; from < all.size(); from += HEADS_MAX) {
        List<Head> part = List.copyOf(all.subList(from, Math.min(all.size(), from + HEADS_MAX)));
        post.accept(gateway, new Standing(node, part));
      }
    });
  }
}
