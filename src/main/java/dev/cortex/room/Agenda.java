package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.room.Ownership.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What one input to {@link Ownership} leads to, in order: what is said and asked comes once, and after what led to it.
 * It knows when either is due again. All times are monotonic nanoseconds.
 */
@Pure
final class Agenda {

  private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(1);
  /** Two ticks fit into a period, whatever their lateness. */
  private static final long SLACK_NS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final Effect SAY = new Effect.Say();
  private static final Effect LOOK = new Effect.Look();

  private List<Effect> effects = new ArrayList<>();
  private long saidNs;
  private long askedNs;

  /** Nothing to do; to say and to look are due. */
  Agenda(long nowNs) {
    saidNs = nowNs - PERIOD_NS;
    askedNs = saidNs;
  }

  void add(Effect effect) {
    effects.add(effect);
  }

  /** What this node is and owns is to be told. */
  void say(long nowNs) {
    effects.remove(SAY); // once, and last: it tells what all the others have led to
    effects.add(SAY);
    saidNs = nowNs;
  }

  /** The store is to be looked at. */
  void look(long nowNs) {
    effects.remove(LOOK);
    effects.add(LOOK);
    askedNs = nowNs;
  }

  /** Whether it was not said for a period. */
  boolean isSayDue(long nowNs) {
    return nowNs - saidNs >= PERIOD_NS - SLACK_NS;
  }

  /** Whether it was not looked for a period. */
  boolean isLookDue(long nowNs) {
    return nowNs - askedNs >= PERIOD_NS - SLACK_NS;
  }

  /** Everything since the last call; nothing is left to do. */
  List<Effect> take() {
    List<Effect> taken = effects;
    effects = new ArrayList<>();
    return taken;
  }
}
