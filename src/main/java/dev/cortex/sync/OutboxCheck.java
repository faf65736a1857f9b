package dev.cortex.sync;

import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Asks the cloud how far it took the outbox of an org, and makes sure that it speaks of this outbox: a desktop that was
 * restored begins a new incarnation, and what the former one did not deliver is numbered anew.
 */
final class OutboxCheck {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxCheck.class);
  private static final int ROWS_BYTES = 1 << 20;

  /** Why a new incarnation begins. */
  private enum Reason {
    /** The cloud knows events that are not here. */
    RESTORED("the cloud knows another outbox: this desktop was restored, or a copy of it runs; every cursor given"
        + " out before is answered 410 from now on"),
    /** The cloud knows this outbox as somebody else's. */
    ANOTHER_CALLER("the cloud knows this outbox as another caller's: sync.token is another user's by now"),
    /** The cloud lacks events that it had, and that are here no longer. */
    CLOUD_LOST("the cloud lost events that it had confirmed, and that this desktop does not keep any more");

    private final String words;

    Reason(String words) {
      this.words = words;
    }
  }

  private final String orgId;
  private final BridgeWorld world;
  private final OutboxGate gate;
  private final Predicate<CloudAnswer> counts;

  /**
   * The check of an org.
   *
   * @param counts which answers count against the cloud
   */
  OutboxCheck(String orgId, BridgeWorld world, OutboxGate gate, Predicate<CloudAnswer> counts) {
    this.orgId = orgId;
    this.world = world;
    this.gate = gate;
    this.counts = counts;
  }

  /**
   * Where the outbox goes on.
   *
   * @param sendAfter the first number to send is the next
   * @param mark up to this number the cloud took the outbox
   * @param moved whether the cloud took something of which its answer was lost
   * @param begun whether a new incarnation began
   */
  record Found(SyncState state, long sendAfter, long mark, boolean moved, boolean begun) {}

  /** The cloud did not say where it stands. */
  static final class Unanswered extends RuntimeException {

    private final CloudAnswer answer;

    Unanswered(CloudAnswer answer) {
      super(answer.trouble(), null, false, false);
      this.answer = answer;
    }

    /** What it said instead. */
    CloudAnswer answer() {
      return answer;
    }
  }

  /**
   * Checks once. Fails with {@link Unanswered}, or with what the log of this desktop or the breaker says.
   *
   * @param learned called with the state as soon as it is known, before the cloud is asked
   */
  Future<Found> run(Consumer<SyncState> learned) {
    return world.log().state(orgId).compose(state -> {
      learned.accept(state);
      return ended(state);
    }).compose(state -> mark(state.desktop()).compose(mark -> mark.isEmpty()
        ? begun(Reason.ANOTHER_CALLER)
        : rows(mark.get()).compose(rows -> {
          OptionalLong after = OutboxMarks.sendAfter(state, mark.get(), rows);
          return after.isPresent()
              ? found(state, after.getAsLong(), mark.get().number())
              : begun(OutboxMarks.showsRestore(state, mark.get(), rows) ? Reason.RESTORED : Reason.CLOUD_LOST);
        })));
  }

  private Future<Found> found(SyncState state, long after, long mark) {
    return after <= state.outboxConfirmed()
        ? Future.succeededFuture(new Found(state, after, mark, false, false))
        : world.log().confirm(orgId, state.desktop().incarnation(), after, List.of()).map(now ->
            new Found(now, after, mark, true, false));
  }

  private Future<Found> begun(Reason reason) {
    return gate.reincarnate(orgId, reason == Reason.RESTORED)
        .onSuccess(anew -> LOG.warn(reason.words + "; this desktop sends on under another name"))
        .compose(this::ended)
        .map(anew -> new Found(anew, anew.outboxConfirmed(), 0, false, true));
  }

  /** Ends the former incarnation when there is one. */
  private Future<SyncState> ended(SyncState state) {
    return state.former().isEmpty()
        ? Future.succeededFuture(state)
        : mark(state.former().get().desktop()).compose(mark ->
            // of what another caller sent nothing is known: it is sent again, under the same ids
            world.log().renumber(orgId, mark.orElse(OutboxMark.NOTHING)));
  }

  /** The mark of an outbox; empty when the cloud knows it as another caller's: this desktop sends by another token. */
  private Future<Optional<OutboxMark>> mark(Desktop desktop) {
    String path = "/api/outbox?orgId=" + URLEncoder.encode(orgId, StandardCharsets.UTF_8);
    return gate.question(world.cloud().get(path, desktop), counts).compose(answer -> {
      if (answer instanceof CloudAnswer.Refused refused && refused.code().equals(ErrorCode.OUTBOX_GAP.code())) {
        return Future.succeededFuture(Optional.empty());
      }
      if (answer instanceof CloudAnswer.Refused refused && refused.status() == 404) {
        // another desktop, an inner port: its events are not to be asked for either
        return Future.failedFuture(new Unanswered(
            new CloudAnswer.Stranger("sync.cloud_url leads to no cloud node (404 at /api/outbox)")));
      }
      if (!(answer instanceof CloudAnswer.Ok ok)) {
        return Future.failedFuture(new Unanswered(answer));
      }
      try {
        return Future.succeededFuture(Optional.of(OutboxMarks.read(ok.body())));
      } catch (RefusedException refused) {
        return Future.failedFuture(new Unanswered(new CloudAnswer.Stranger(refused.getMessage())));
      }
    });
  }

  private Future<List<Outgoing>> rows(OutboxMark mark) {
    return world.log().read(orgId, Math.max(0, mark.number() - 1), 2, ROWS_BYTES).map(page -> page.events());
  }
}
