package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.Position;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The sync of one org. Events of the cloud are asked for only after the cloud was asked which outbox it knows: under
 * the incarnation of before a restore it would leave out what was lost here.
 */
final class OrgSync implements OutboxOwner {

  /** Whoever knows every org. */
  interface Owner {
    /** This desktop, as its log names it. */
    void onDesktop(Desktop desktop);

    /** The cloud said which outbox it knows, or that it does not talk about it. */
    void onChecked(OrgSync org);

    /** A new incarnation began, in every org. */
    void onReincarnated(OrgSync org);

    /**
     * The cloud answered as it should.
     *
     * @param back whether it did not before
     */
    void onReached(boolean back);
  }

  private final String orgId;
  private final BridgeWorld world;
  private final Owner owner;
  private final Trouble inboundTrouble;
  private final Trouble outboundTrouble;
  private final Inbound inbound;
  private final OutboxSender sender;
  private boolean learned;
  private boolean checked;

  /**
   * The sync of an org, at rest.
   *
   * @param desktop this desktop, known from the first state on
   */
  OrgSync(
      String orgId,
      BridgeWorld world,
      OutboxGate gate,
      int payloadBytesMax,
      Supplier<Desktop> desktop,
      Owner owner) {
    this.orgId = orgId;
    this.world = world;
    this.owner = owner;
    this.inboundTrouble = new Trouble("events of " + orgId + " from the cloud", world.metrics());
    this.outboundTrouble = new Trouble("events of " + orgId + " to the cloud", world.metrics());
    this.inbound = new Inbound(
        orgId, world, desktop, payloadBytesMax, inboundTrouble, () -> owner.onReached(true));
    this.sender = new OutboxSender(orgId, world, gate, outboundTrouble, this);
  }

  /** Begins. */
  void start() {
    sender.start();
  }

  /** Ends. */
  void stop() {
    inbound.stop();
    sender.stop();
  }

  /** The machine slept, and every connection is gone. */
  void wake() {
    inbound.wake();
    sender.startWithin(world.timing().wakeWithinMs());
  }

  /** Another org found out that a new incarnation began. */
  void begin() {
    inbound.wake();
    inbound.behind();
    sender.start();
  }

  /**
   * The cloud answered something: what waits for it comes back soon.
   *
   * @param back whether it did not before
   */
  void cloudAnswered(boolean back) {
    inbound.toldElsewhere();
    if (back) {
      sender.cloudIsBack();
    }
  }

  /** Looks at the clock; true when push was found wanting. */
  boolean tick() {
    sender.tick();
    return inbound.tick();
  }

  /** The way in. */
  Inbound inbound() {
    return inbound;
  }

  /** The way out. */
  OutboxSender sender() {
    return sender;
  }

  /** Its name. */
  String orgId() {
    return orgId;
  }

  /** Whether the cloud was asked about the outbox and said something. */
  boolean isChecked() {
    return checked;
  }

  /** The rung it stands on. */
  Mode mode() {
    return inbound.ladder().mode(world.nowMs());
  }

  /** What is wrong; empty when nothing is. */
  String lastError() {
    return inboundTrouble.last().isEmpty() ? outboundTrouble.last() : inboundTrouble.last();
  }

  /** How long the oldest event waits that the cloud did not answer for, as far as it was read, ms. */
  long oldestMs() {
    return sender.standing().oldestMs(world.clock().wallMs());
  }

  /** How it stands, for people. */
  JsonObject status() {
    OutboxStanding standing = sender.standing();
    Optional<SyncState> known = standing.known();
    JsonObject outbox = new JsonObject()
        .put("head", standing.head())
        .put("confirmed", known.map(SyncState::outboxConfirmed).orElse(0L))
        .put("depth", standing.depth())
        .put("setAside", standing.setAside())
        .put("oldestMs", oldestMs());
    return new JsonObject()
        .put("orgId", orgId)
        .put("mode", mode().text())
        .put("cursor", inbound.cursor().stored().map(Position::cursor).orElse(null))
        .put("lagMs", inbound.lagMs())
        .put("outbox", outbox)
        .put("nextPollMs", Math.max(0, inbound.ladder().nextPollMs() - world.nowMs()))
        .put("lastError", lastError().isEmpty() ? null : lastError());
  }

  @Override
  public void onState(SyncState state) {
    owner.onDesktop(state.desktop());
    if (!learned) {
      learned = true;
      inbound.cursor().learn(state.cursor());
    }
  }

  @Override
  public void onChecked() {
    checked = true;
    inbound.start();
    owner.onChecked(this);
  }

  @Override
  public void onReached(boolean back) {
    owner.onReached(back);
  }

  @Override
  public void onReincarnated() {
    // what was asked for under the former incarnation lacks what was lost here
    inbound.wake();
    inbound.behind();
    owner.onReincarnated(this);
  }
}
