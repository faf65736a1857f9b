package dev.cortex.sync;

import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.RefusedException;
import dev.cortex.sync.OutboxCheck.Unanswered;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Brings batches of an outbox to the cloud, and notes in the log of this desktop what the cloud answered. */
final class OutboxDelivery {

  private final String orgId;
  private final BridgeWorld world;
  private final OutboxGate gate;
  private final Predicate<CloudAnswer> counts;
  private final AsideNotice aside;

  /**
   * The deliveries of an org.
   *
   * @param counts which answers count against the cloud
   * @param aside hears what is set aside
   */
  OutboxDelivery(
      String orgId, BridgeWorld world, OutboxGate gate, Predicate<CloudAnswer> counts, AsideNotice aside) {
    this.orgId = orgId;
    this.world = world;
    this.gate = gate;
    this.counts = counts;
    this.aside = aside;
  }

  /**
   * One batch.
   *
   * @param desktop in whose name it goes
   * @param withheld whether it is too large, so that only its numbers go
   * @param knownThrough no higher number can have been taken by the cloud before this batch
   */
  record Errand(OutboxBatch batch, Desktop desktop, boolean withheld, long knownThrough) {}

  /**
   * What came of a batch.
   *
   * @param through the last number that was noted
   * @param state how the log stands since; empty when nothing was noted
   * @param rest what the cloud answered to the others; empty when there are none
   */
  record Delivered(long through, Optional<SyncState> state, Optional<CloudAnswer> rest) {}

  /** The cloud took something else by the numbers of a batch: another desktop by this name, a copy of this one. */
  static final class Foreign extends RuntimeException {

    Foreign() {
      super("the cloud knows other events by these numbers", null, false, false);
    }
  }

  /**
   * Brings a batch. Fails as the gate does, with {@link Unanswered} when it was answered otherwise than with results,
   * with {@link Foreign}, or with what the log says.
   *
   * @param current whether the answer counts when it comes; it fails when it does not
   */
  Future<Delivered> bring(Errand errand, BooleanSupplier current) {
    long timeoutMs = world.timing().requestMs();
    CloudClient.Ask ask = errand.withheld()
        ? errand.batch().withheld(errand.desktop(), timeoutMs)
        : errand.batch().question(errand.desktop(), timeoutMs);
    return gate.batch(ask, counts).compose(answer -> current.getAsBoolean()
        ? take(errand, answer)
        : Future.failedFuture("asked again since"));
  }

  private Future<Delivered> take(Errand errand, CloudAnswer answer) {
    if (!(answer instanceof CloudAnswer.Ok ok)) {
      return Future.failedFuture(new Unanswered(answer));
    }
    OutboxBatch batch = errand.batch();
    OutboxResults results;
    try {
      results = OutboxResults.read(ok.body(), batch.first(), batch.events().size());
    } catch (RefusedException refused) {
      return Future.failedFuture(new Unanswered(new CloudAnswer.Stranger(refused.getMessage())));
    }
    if (results.unknown() > errand.knownThrough()) {
      return Future.failedFuture(new Foreign());
    }
    long through = batch.first() + results.settled() - 1;
    Optional<CloudAnswer> rest = results.doubt().isEmpty()
        ? Optional.empty()
        : Optional.of(new CloudAnswer.Failed(results.doubt(), ok.retryAfterMs()));
    if (results.settled() == 0) {
      return Future.succeededFuture(new Delivered(through, Optional.empty(), rest));
    }
    OutboxResults noted = errand.withheld() ? results.withheld() : results;
    return world.log().confirm(orgId, errand.desktop().incarnation(), through, noted.refused()).map(now -> {
      aside.refused(noted.refused());
      return new Delivered(through, Optional.of(now), rest);
    });
  }
}
