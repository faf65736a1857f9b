package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.NodeState;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.Roster;
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

  private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(1);

  private final String self;
  private final Peers peers;
  private final Judgement judgement;
  private final Holdings holdings;
  private final Agenda agenda;

  private NodeState state = NodeState.STARTING;
  private String address = "";
  private boolean joining;
  private long tickedNs;
  private boolean changed = true;
  private Set<String> seen = Set.of();
  private Set<String> candidates = Set.of();

  /** A node of that name that is starting. */
  Ownership(String self, int shards, Set<String> live, long nowNs) {
    this.self = self;
    this.peers = new Peers(self);
    this.judgement = new Judgement(self);
    this.holdings = new Holdings(self, shards);
    this.agenda = new Agenda(nowNs);
    peers.live(live);
    tickedNs = nowNs;
  }

  // ---- inputs

  /** The failure detector sees other nodes than before. */
  List<Effect> members(Set<String> live, long nowNs) {
    if (!peers.live(live)) {
      return List.of();
    }
    changed = true;
    awake(nowNs);
    agenda.say(nowNs);
    settle(nowNs);
    agenda.look(nowNs);
    return agenda.take();
  }

  /** Another node described itself. */
  List<Effect> heard(Beat beat, long nowNs) {
    awake(nowNs);
    boolean appeared = !seen.contains(beat.node().node());
    if (!peers.hear(beat, nowNs)) {
      return agenda.take();
    }
    changed = true;
    drop(holdings.announced(beat), nowNs);
    if (appeared) {
      agenda.say(nowNs);
      agenda.look(nowNs);
    }
    settle(nowNs);
    return agenda.take();
  }

  /**
   * The store answered a look.
   *
   * @param askedNs when it was asked
   */
  List<Effect> roster(Roster roster, long askedNs, long nowNs) {
    awake(nowNs);
    if (nowNs - askedNs > TRUST_NS) {
      return agenda.take(); // an answer from before we stood still, or of a store that is very slow
    }
    seen = peers.seen(nowNs);
    judgement.take(roster, seen, peers, askedNs, nowNs);
    if (state == NodeState.READY && judgement.isLost()) {
      become(NodeState.ISOLATED, nowNs);
    } else if (state == NodeState.STARTING && joining && judgement.isFavourable()) {
      become(NodeState.READY, nowNs);
    } else if (state == NodeState.ISOLATED && judgement.isClearFor(SETTLE_NS, nowNs)) {
      become(NodeState.READY, nowNs);
    }
    settle(nowNs);
    return agenda.take();
  }

  /** The store raised these epochs for us. */
  List<Effect> claimed(Map<Integer, Long> raised, long nowNs) {
    Set<Integer> lost = holdings.claimed(raised);
    if (state == NodeState.ISOLATED) {
      lost = raised.keySet();
    }
    changed = true;
    drop(lost, nowNs);
    agenda.say(nowNs);
    settle(nowNs);
    return agenda.take();
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
    drop(shards, nowNs);
    settle(nowNs);
    return agenda.take();
  }

  /** Begins to take part, once the store says who else does. */
  List<Effect> join(String publicAddress, long nowNs) {
    address = publicAddress;
    joining = true;
    changed = true;
    agenda.say(nowNs);
    agenda.look(nowNs);
    settle(nowNs);
    return agenda.take();
  }

  /** Claims nothing any more; what is owned is served until others claim it. */
  List<Effect> leave(long nowNs) {
    joining = false;
    become(NodeState.LEAVING, nowNs);
    settle(nowNs);
    return agenda.take();
  }

  /** Time passes; to be called several times a second. */
  List<Effect> tick(long nowNs) {
    awake(nowNs);
    boolean hurry = joining && state == NodeState.STARTING;
    if (hurry || agenda.isSayDue(nowNs)) {
      agenda.say(nowNs);
    }
    if (hurry || agenda.isLookDue(nowNs)) {
      agenda.look(nowNs);
    }
    holdings.forgive(nowNs);
    settle(nowNs);
    return agenda.take();
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
  private void awake(long nowNs) {
    if (nowNs - tickedNs > TRUST_NS) {
      judgement.forget();
      peers.forget();
      settle(nowNs);
      agenda.say(nowNs);
      agenda.look(nowNs);
    }
    tickedNs = nowNs;
  }

  private void become(NodeState next, long nowNs) {
    state = next;
    changed = true;
    if (next == NodeState.ISOLATED) {
      agenda.add(new Effect.Drop(holdings.dropAll()));
    }
    agenda.say(nowNs);
    agenda.look(nowNs);
  }

  private void drop(Collection<Integer> shards, long nowNs) {
    Set<Integer> lost = holdings.drop(shards, nowNs);
    if (lost.isEmpty()) {
      return;
    }
    changed = true;
    agenda.add(new Effect.Drop(lost));
    agenda.say(nowNs);
  }

  private void settle(long nowNs) {
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
    if (state == NodeState.READY && judgement.allowsClaims(nowNs)) {
      Set<Integer> wanted = holdings.claim(nowNs);
      if (!wanted.isEmpty()) {
        agenda.add(new Effect.Claim(wanted));
      }
    }
    if (news) {
      agenda.add(new Effect.Publish(view()));
    }
  }

  private View view() {
    return new View(me(), peers.nodes(me(), seen), holdings.owners(peers.beats(seen)), holdings.epochs());
  }
}
