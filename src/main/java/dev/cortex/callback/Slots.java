package dev.cortex.callback;

import dev.cortex.base.Pure;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many pushes of a node are under way at a time, and how much they hold: orgs take turns, none has all of it, and
 * callbacks that lately led to nothing share a small part, so that those which hang hold up no others.
 */
@Pure
final class Slots {

  /**
   * How much is allowed.
   *
   * @param all pushes at a time
   * @param doubtful those of callbacks that lately led to nothing
   * @param ofOrg those of one org
   * @param bytes bytes of bodies at a time, about
   * @param bodyMin bytes a body may always have
   * @param bodyMax bytes a body may have at most
   */
  record Bounds(int all, int doubtful, int ofOrg, long bytes, int bodyMin, int bodyMax) {
    static final Bounds NORMAL = new Bounds(512, 64, 128, 64L << 20, 64 << 10, 1 << 20);
  }

  private record Waiting(boolean doubtful, Runnable turn) {}

  private static final class Org {
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Deque<Waiting> doubtful = new ArrayDeque<>();
    private int taken;
  }

  private final Bounds bounds;
  private final Map<String, Org> orgs = new LinkedHashMap<>();
  private int taken;
  private int doubtfulTaken;
  private int waiting;
  private long bytes;
  private boolean pumping;

  Slots(Bounds bounds) {
    this.bounds = bounds;
  }

  /** Takes a slot as soon as there is one, and then the turn. It is to be given back by {@link #release}. */
  void take(String orgId, boolean doubtful, Runnable turn) {
    Org org = orgs.computeIfAbsent(orgId, absent -> new Org());
    (doubtful ? org.doubtful : org.waiting).add(new Waiting(doubtful, turn));
    waiting++;
    pump();
  }

  /** How many bytes the next body may have. */
  int bodyMax() {
    return (int) Math.max(bounds.bodyMin(), Math.min(bounds.bodyMax(), (bounds.bytes() - bytes) / 4));
  }

  /** A body of so many bytes is held from now on. */
  void hold(int bodyBytes) {
    bytes += bodyBytes;
  }

  /** Gives a slot back, and what was held with it. */
  void release(String orgId, boolean doubtful, int bodyBytes) {
    bytes -= bodyBytes;
    taken--;
    doubtfulTaken -= doubtful ? 1 : 0;
    Org org = orgs.get(orgId);
    org.taken--;
    pump();
    dropIfUnused(orgId, org);
  }

  /** Pushes under way. */
  int taken() {
    return taken;
  }

  private void pump() {
    if (pumping) {
      return; // a turn that was over at once
    }
    pumping = true;
    boolean found = true;
    while (found && waiting > 0 && taken < bounds.all()) {
      found = next();
    }
    pumping = false;
  }

  /** Gives one slot to the org whose turn it is; false when nobody who waits may have one. */
  private boolean next() {
    Iterator<Map.Entry<String, Org>> all = orgs.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<String, Org> entry = all.next();
      Org org = entry.getValue();
      boolean doubtful = org.waiting.isEmpty();
      Waiting chosen = org.taken >= bounds.ofOrg() ? null : org.waiting.poll();
      if (chosen == null && org.taken < bounds.ofOrg() && doubtfulTaken < bounds.doubtful()) {
        chosen = org.doubtful.poll();
      }
      if (chosen != null) {
        all.remove();
        orgs.put(entry.getKey(), org); // behind the others
        waiting--;
        taken++;
        org.taken++;
        doubtfulTaken += doubtful ? 1 : 0;
        chosen.turn().run();
        return true;
      }
    }
    return false;
  }

  private void dropIfUnused(String orgId, Org org) {
    if (org.taken == 0 && org.waiting.isEmpty() && org.doubtful.isEmpty()) {
      orgs.remove(orgId);
    }
  }
}
