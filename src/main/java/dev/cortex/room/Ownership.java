package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.NodeState;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
import dev.cortex.room.Arbitration.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Which shards this node is to own: takes in what it hears of others, of the store and of its own claims, and says what
 * to do. It places and never decides who may write: the store does, at each append. All times are monotonic
 * nanoseconds.
 *
 * <p>A shard is placed on one of the nodes that are READY and seen. A node claims what is placed on it; a node that has
 * a shard serves it until it learns of a higher epoch, so that a planned move leaves no hole.
 */
@Pure
final class Ownership {

  /** What is to be done. */
  sealed interface Effect {
    /** Raise the epochs of these shards; answered by {@link #claimed} or {@link #claimFailed}. */
    record Claim(Set<Integer> shards) implements Effect {}

    /** Forget these shards: they are no longer served here. */
    record Drop(Set<Integer> shards) implements Effect {}

    /** Send {@link #beat} to every other node. */
    record Say() implements Effect {}

    /** Check in with the store as {@link #entry}; answered by {@link #roster}, or by nothing when it fails. */
    record Look() implements Effect {}

    /** Let this node know where rooms are. */
    record Publish(View view) implements Effect {}
  }

  /** An owner that could not look at its epochs for so long answers no question. */
  static final long TRUST_NS = TimeUnit.SECONDS.toNanos(3);

  private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(1);
  private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(1);
  /** Two ticks fit into a period, whatever their lateness. */
  private static final long SLACK_NS = TimeUnit.MILLISECONDS.toNanos(50);

  private final String self;
  private final Peers peers;
  private final Arbitration arbitration;
  private final Holdings holdings;

  private NodeState state = NodeState.STARTING;
  private String address = "";
  private boolean joining;
  private Verdict verdict = Verdict.CONTESTED;
  private boolean looked;
  private long lookedNs;
  private long clearSinceNs;
  private long tickedNs;
  private long saidNs;
  private long askedNs;
  private boolean changed = true;
  private Set<String> seen = Set.of();
  private Set<String> candidates = Set.of();

  /** A node of that name that is starting. */
  Ownership(String self, int shards, Set<String> live, long nowNs) {
    this.self = self;
    this.peers = new Peers(self);
    this.arbitration = new Arbitration(self);
    this.holdings = new Holdings(self, shards);
    peers.live(live);
    tickedNs = nowNs;
    saidNs = nowNs - PERIOD_NS;
    askedNs = saidNs;
  }

  // ---- inputs

  /** The failure detector sees other nodes than before. */
  List<Effect> members(Set<String> live, long nowNs) {
    if (!peers.live(live)) {
      return List.of();
    }
    changed = true;
    List<Effect> effects = new ArrayList<>();
    awake(effects, nowNs);
    say(effects, nowNs);
    settle(effects, nowNs);
    look(effects, nowNs);
    return effects;
  }

  /** Another node described itself. */
  List<Effect> heard(Beat beat, long nowNs) {
    List<Effect> effects = new ArrayList<>();
    awake(effects, nowNs);
    boolean appeared = !seen.contains(beat.node().node());
    if (!peers.hear(beat, nowNs)) {
      return effects;
    }
    changed = true;
    drop(holdings.announced(beat), effects, nowNs);
    if (appeared) {
      say(effects, nowNs);
      look(effects, nowNs);
    }
    settle(effects, nowNs);
    return effects;
  }

  /**
   * The store answered a look.
   *
   * @param askedNs when it was asked
   */
  List<Effect> roster(Roster roster, long askedNs, long nowNs) {
    List<Effect> effects = new ArrayList<>();
    awake(effects, nowNs);
    if (nowNs - askedNs > TRUST_NS) {
      return effects; // an answer from before we stood still, or of a store that is very slow
    }
    seen = peers.seen(nowNs);
    Verdict before = verdict;
    verdict = arbitration.look(roster, seen, peers, nowNs);
    if (verdict == Verdict.CLEAR && (before != Verdict.CLEAR || !looked)) {
      clearSinceNs = nowNs;
    }
    looked = true;
    lookedNs = askedNs;
    boolean maySettle = verdict == Verdict.CLEAR || verdict == Verdict.WON;
    if (state == NodeState.READY && verdict == Verdict.LOST) {
      become(NodeState.ISOLATED, effects, nowNs);
    } else if (state == NodeState.STARTING && joining && maySettle) {
      become(NodeState.READY, effects, nowNs);
    } else if (state == NodeState.ISOLATED && verdict == Verdict.CLEAR && nowNs - clearSinceNs >= SETTLE_NS) {
      become(NodeState.READY, effects, nowNs);
    }
    settle(effects, nowNs);
    return effects;
  }

  /** The store raised these epochs for us. */
  List<Effect> claimed(Map<Integer, Long> raised, long nowNs) {
    List<Effect> effects = new ArrayList<>();
    Set<Integer> lost = holdings.claimed(raised);
    if (state == NodeState.ISOLATED) {
      lost = raised.keySet();
    }
    changed = true;
    drop(lost, effects, nowNs);
    say(effects, nowNs);
    settle(effects, nowNs);
    return effects;
  }

  /** An epoch of ours was raised again by ourselves. */
  void raised(Map<Integer, Long> raised) {
    changed |= holdings.raised(raised);
  }

  /** A claim failed, or may have. */
  void claimFailed(Collection<Integer> shards, long nowNs) {
    holdings.claimFailed(shards, nowNs);
  }

  /** The store knows a higher epoch than ours: these shards are another's. */
  List<Effect> deposed(Collection<Integer> shards, long nowNs) {
    List<Effect> effects = new ArrayList<>();
    drop(shards, effects, nowNs);
    settle(effects, nowNs);
    return effects;
  }

  /** Begins to take part, once the store says who else does. */
  List<Effect> join(String publicAddress, long nowNs) {
    address = publicAddress;
    joining = true;
    changed = true;
    List<Effect> effects = new ArrayList<>();
    say(effects, nowNs);
    look(effects, nowNs);
    settle(effects, nowNs);
    return effects;
  }

  /** Claims nothing any more; what is owned is served until others claim it. */
  List<Effect> leave(long nowNs) {
    List<Effect> effects = new ArrayList<>();
    joining = false;
    become(NodeState.LEAVING, effects, nowNs);
    settle(effects, nowNs);
    return effects;
  }

  /** Time passes; to be called several times a second. */
  List<Effect> tick(long nowNs) {
    List<Effect> effects = new ArrayList<>();
    awake(effects, nowNs);
    boolean hurry = joining && state == NodeState.STARTING;
    if (hurry || nowNs - saidNs >= PERIOD_NS - SLACK_NS) {
      say(effects, nowNs);
    }
    if (hurry || nowNs - askedNs >= PERIOD_NS - SLACK_NS) {
      look(effects, nowNs);
    }
    holdings.forgive(nowNs);
    settle(effects, nowNs);
    return effects;
  }

  // ---- what is known

  NodeState state() {
    return state;
  }

  /** What this node says of itself to others. */
  Beat beat() {
    Map<Integer, Long> owned = holdings.owned();
    return new Beat(me(), List.copyOf(owned.keySet()), List.copyOf(owned.values()));
  }

  /** What this node notes of itself in the store. */
  NodeEntry entry(long nowNs) {
    return new NodeEntry(self, state == NodeState.READY, Set.copyOf(peers.seen(nowNs)));
  }

  /** The other live nodes, to whom beats go. */
  Set<String> others() {
    return peers.others();
  }

  /** The shards of this node. */
  Set<Integer> owned() {
    return Set.copyOf(holdings.owned().keySet());
  }

  /** Whether everything that is placed on this node is owned by it. */
  boolean settled() {
    return state == NodeState.READY && holdings.complete();
  }

  /** Whether nothing is left to hand over, or nobody to hand it to. */
  boolean handedOver() {
    return holdings.isEmpty() || candidates.isEmpty();
  }

  // ---- rules

  private Node me() {
    return new Node(self, state, address);
  }

  /** Finds out whether we stood still: then what we know is old, and what we own may be another's. */
  private void awake(List<Effect> effects, long nowNs) {
    if (nowNs - tickedNs > TRUST_NS) {
      looked = false;
      verdict = Verdict.CONTESTED;
      arbitration.forget();
      peers.forget();
      settle(effects, nowNs);
      say(effects, nowNs);
      look(effects, nowNs);
    }
    tickedNs = nowNs;
  }

  private void become(NodeState next, List<Effect> effects, long nowNs) {
    state = next;
    changed = true;
    if (next == NodeState.ISOLATED) {
      effects.add(new Effect.Drop(holdings.dropAll()));
    }
    say(effects, nowNs);
    look(effects, nowNs);
  }

  private void say(List<Effect> effects, long nowNs) {
    Effect say = new Effect.Say();
    effects.remove(say); // once, and last: it tells what all the others have led to
    effects.add(say);
    saidNs = nowNs;
  }

  private void look(List<Effect> effects, long nowNs) {
    Effect look = new Effect.Look();
    effects.remove(look);
    effects.add(look);
    askedNs = nowNs;
  }

  private void drop(Collection<Integer> shards, List<Effect> effects, long nowNs) {
    Set<Integer> lost = holdings.drop(shards, nowNs);
    if (lost.isEmpty()) {
      return;
    }
    changed = true;
    effects.add(new Effect.Drop(lost));
    say(effects, nowNs);
  }

  private void settle(List<Effect> effects, long nowNs) {
    Set<String> seenNow = peers.seen(nowNs);
    Set<String> candidatesNow = peers.ready(seenNow);
    if (state == NodeState.READY) {
      candidatesNow.add(self);
    }
    if (!candidatesNow.equals(candidates)) {
      holdings.place(candidatesNow);
    }
    boolean news = changed || !seenNow.equals(seen) || !candidatesNow.equals(candidates);
    seen = seenNow;
    candidates = candidatesNow;
    changed = false;
    if (mayClaim(nowNs)) {
      Set<Integer> wanted = holdings.claim(nowNs);
      if (!wanted.isEmpty()) {
        effects.add(new Effect.Claim(wanted));
      }
    }
    if (news) {
      effects.add(new Effect.Publish(view()));
    }
  }

  private boolean mayClaim(long nowNs) {
    return state == NodeState.READY
        && looked
        && nowNs - lookedNs <= TRUST_NS
        && (verdict == Verdict.CLEAR || verdict == Verdict.WON);
  }

  private View view() {
    return new View(me(), peers.nodes(me(), seen), holdings.owners(peers.beats(seen)), holdings.epochs());
  }
}
