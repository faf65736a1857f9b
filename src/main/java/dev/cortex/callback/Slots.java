package dev.cortex.callback;

import dev.cortex.base.Pure;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How many pushes of a node are under way at a time, and how much they hold: orgs take turns, none has all of it, and
 * callbacks that lately led to nothing share a small part, so that those which hang hold up no others. Whoever waits
 * costs nothing until its turn: only orgs that may have one are looked at.
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

  /** One push: it waits, then has a slot, then is over. */
  final class Turn {
    private final Org org;
    private final boolean doubtful;
    private final Consumer<Turn> begin;
    private boolean has;
    private int held;

    private Turn(Org org, boolean doubtful, Consumer<Turn> begin) {
      this.org = org;
      this.doubtful = doubtful;
      this.begin = begin;
    }

    /** Waits no more; one that has its slot keeps it until it is over. */
    void leave() {
      if (org.waiting(doubtful).remove(this)) {
        settle(org);
      }
    }

    /** Holds so many bytes from now on, and not what it held before. */
    void hold(int heldBytes) {
      bytes += heldBytes - held;
      held = heldBytes;
    }

    /** Is over: gives its slot back, and what was held with it. */
    void end() {
      if (has) {
        has = false;
        hold(0);
        count(this, -1);
        settle(org);
        pump();
      }
    }
  }

  private static final class Org {
    private final String id;
    private final Set<Turn> sure = new LinkedHashSet<>();
    private final Set<Turn> doubtful = new LinkedHashSet<>();
    private int taken;

    Org(String id) {
      this.id = id;
    }

    Set<Turn> waiting(boolean inDoubt) {
      return inDoubt ? doubtful : sure;
    }
  }

  private final Bounds bounds;
  private final Map<String, Org> orgs = new HashMap<>();
  /** Orgs that may have a slot more and want it, in the order of their turns. */
  private final Set<Org> ready = new LinkedHashSet<>();
  private final Set<Org> readyInDoubt = new LinkedHashSet<>();
  private boolean lastInDoubt;
  private int taken;
  private int doubtfulTaken;
  private long bytes;
  private boolean pumping;

  Slots(Bounds bounds) {
    this.bounds = bounds;
  }

  /** Takes a slot as soon as there is one, perhaps at once, and then begins. */
  Turn take(String orgId, boolean doubtful, Consumer<Turn> begin) {
    Org org = orgs.computeIfAbsent(orgId, Org::new);
    Turn turn = new Turn(org, doubtful, begin);
    org.waiting(doubtful).add(turn);
    settle(org);
    pump();
    return turn;
  }

  /** How many bytes the next body may have. */
  int bodyMax() {
    return (int) Math.max(bounds.bodyMin(), Math.min(bounds.bodyMax(), (bounds.bytes() - bytes) / 4));
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
    while (taken < bounds.all() && (!ready.isEmpty() || mayDoubt())) {
      lastInDoubt = mayDoubt() && (ready.isEmpty() || !lastInDoubt);
      next(lastInDoubt);
    }
    pumping = false;
  }

  private boolean mayDoubt() {
    return doubtfulTaken < bounds.doubtful() && !readyInDoubt.isEmpty();
  }

  private void next(boolean inDoubt) {
    Set<Org> queue = inDoubt ? readyInDoubt : ready;
    Org org = queue.iterator().next();
    Turn turn = org.waiting(inDoubt).iterator().next();
    org.waiting(inDoubt).remove(turn);
    queue.remove(org); // behind the others, if it wants more
    turn.has = true;
    count(turn, 1);
    settle(org);
    turn.begin.accept(turn);
  }

  private void count(Turn turn, int more) {
    taken += more;
    turn.org.taken += more;
    doubtfulTaken += turn.doubtful ? more : 0;
  }

  /** Puts an org where it belongs now. */
  private void settle(Org org) {
    boolean mayTake = org.taken < bounds.ofOrg();
    settle(ready, org, mayTake && !org.sure.isEmpty());
    settle(readyInDoubt, org, mayTake && !org.doubtful.isEmpty());
    if (org.taken == 0 && org.sure.isEmpty() && org.doubtful.isEmpty()) {
      orgs.remove(org.id);
    }
  }

  private static void settle(Set<Org> queue, Org org, boolean belongs) {
    if (belongs) {
      queue.add(org);
    } else {
      queue.remove(org);
    }
  }
}
