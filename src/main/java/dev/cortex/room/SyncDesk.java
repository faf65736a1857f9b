package dev.cortex.room;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskOutbox;
import dev.cortex.bus.Message.AskSetAside;
import dev.cortex.bus.Message.AskSyncState;
import dev.cortex.bus.Message.ConfirmOutbox;
import dev.cortex.bus.Message.Former;
import dev.cortex.bus.Message.GiveUp;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.OutboxPage;
import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.ReadOutbox;
import dev.cortex.bus.Message.Reincarnate;
import dev.cortex.bus.Message.RenumberOutbox;
import dev.cortex.bus.Message.SendAgain;
import dev.cortex.bus.Message.SetAside;
import dev.cortex.bus.Message.SetAsideEvent;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.LocalOutbox;
import dev.cortex.log.LocalOutbox.Refusal;
import dev.cortex.log.LocalOutbox.State;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;

/**
 * Answers what desktop and cloud want to know of each other. What changes an outbox takes turns with commits, so that
 * no number is given twice.
 */
final class SyncDesk {

  private static final int ASIDE_MAX = 1_000;

  private final EventLog log;
  private final Sharing sharing;
  private final Rooms rooms;
  private final NewLogIds newLogIds;
  private final CommitLanes lanes;
  private final ObjLongConsumer<String> grew;

  /**
   * A desk over a log.
   *
   * @param grew hears of an org's outbox that has numbers up to there now
   */
  SyncDesk(
      EventLog log,
      Sharing sharing,
      Rooms rooms,
      NewLogIds newLogIds,
      CommitLanes lanes,
      ObjLongConsumer<String> grew) {
    this.log = log;
    this.sharing = sharing;
    this.rooms = rooms;
    this.newLogIds = newLogIds;
    this.lanes = lanes;
    this.grew = grew;
  }

  /** The org that a question concerns; empty when the question is not for this desk. */
  static Optional<String> orgOf(Message ask) {
    if (ask instanceof AskOutbox question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof AskSyncState question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof ReadOutbox question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof ConfirmOutbox question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof Reincarnate question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof RenumberOutbox question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof AskSetAside question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof SendAgain question) {
      return Optional.of(question.orgId());
    } else if (ask instanceof GiveUp question) {
      return Optional.of(question.orgId());
    }
    return Optional.empty();
  }

  /** Answers a question that is for this desk. */
  Future<Message> ask(Message ask) {
    if (ask instanceof AskOutbox question) {
      return mark(question).map(Function.identity());
    }
    LocalOutbox outbox = sharing.outbox()
        .orElseThrow(() -> new IllegalArgumentException("not for a cloud: " + ask.getClass().getSimpleName()));
    if (ask instanceof AskSyncState question) {
      return outbox.state(question.orgId()).compose(state -> answer(outbox, question.orgId(), state));
    } else if (ask instanceof ReadOutbox read) {
      return outbox.read(read.orgId(), read.after(), read.eventsMax(), read.bytesMax())
          .map(page -> new OutboxPage(page.stream()
              .map(one -> new Outgoing(one.number(), one.id(), one.event().receivedAt(), one.event().json()))
              .toList()));
    } else if (ask instanceof ConfirmOutbox confirm) {
      List<Refusal> refused = confirm.refused().stream()
          .map(one -> new Refusal(one.number(), one.code(), one.message()))
          .toList();
      return lanes
          .chore(confirm.orgId(), () ->
              outbox.confirm(confirm.orgId(), confirm.incarnation(), confirm.through(), refused))
          .compose(state -> answer(outbox, confirm.orgId(), state));
    } else if (ask instanceof Reincarnate reincarnate) {
      return lanes.chore(reincarnate.orgId(), () -> begun(outbox, reincarnate.restored()))
          .compose(desktop -> outbox.state(reincarnate.orgId()))
          .compose(state -> answer(outbox, reincarnate.orgId(), state));
    } else if (ask instanceof RenumberOutbox renumber) {
      return numbered(renumber.orgId(), () -> outbox.renumber(renumber.orgId(), renumber.through(), renumber.refused()))
          .compose(state -> answer(outbox, renumber.orgId(), state));
    } else if (ask instanceof SendAgain again) {
      return numbered(again.orgId(), () -> outbox.sendAgain(again.orgId(), again.ids()))
          .compose(state -> answer(outbox, again.orgId(), state));
    } else if (ask instanceof GiveUp given) {
      return numbered(given.orgId(), () -> outbox.giveUp(given.orgId(), given.ids()))
          .compose(state -> answer(outbox, given.orgId(), state));
    }
    return outbox.aside(((AskSetAside) ask).orgId(), ASIDE_MAX)
        .map(events -> new SetAside(events.stream()
            .map(one -> new SetAsideEvent(
                one.id(), one.code(), one.message(), one.atMs(), one.again(), one.givenUp(), one.event().json()))
            .toList()));
  }

  private Future<OutboxMark> mark(AskOutbox question) {
    OutboxRef outbox = new OutboxRef(question.orgId(), question.desktop());
    return log.marks(Set.of(outbox), Set.of()).map(found -> {
      OutboxRow row = found.outboxes().get(outbox);
      if (row != null && !row.subject().equals(question.subject())) {
        throw new RefusedException(ErrorCode.OUTBOX_GAP, OutboxIntake.ANOTHERS);
      }
      return row == null
          ? OutboxMark.NOTHING
          : new OutboxMark(
              row.number(), row.hash(), row.refusals().stream().map(OutboxRow.Refusal::number).toList());
    });
  }

  /** Begins a new incarnation; no room in memory may go on under an id that its log has no more. */
  private Future<Desktop> begun(LocalOutbox outbox, boolean restored) {
    Future<Desktop> begun = outbox.reincarnate(restored);
    return restored
        ? begun.onFailure(unsure -> rooms.forgetAll()).compose(desktop -> newLogIds.ofAll().map(desktop))
        : begun;
  }

  /** Gives numbers in the outbox, between two commits: the room's memory of it is as old as the answer, or gone. */
  private Future<State> numbered(String orgId, Supplier<Future<State>> work) {
    return lanes
        .chore(orgId, () -> work.get()
            .onSuccess(state -> rooms.inMemory(orgId).ifPresent(room -> room.outboxHead(state.head())))
            .onFailure(failure -> rooms.forget(orgId)))
        .onSuccess(state -> grew.accept(orgId, state.head()));
  }

  private Future<Message> answer(LocalOutbox outbox, String orgId, State state) {
    Desktop self = outbox.desktop();
    return log.marks(Set.of(), Set.of(orgId)).map(found -> new SyncState(
        self,
        Optional.ofNullable(found.cursors().get(orgId)),
        state.head(),
        state.confirmed(),
        state.former().map(former -> new Former(new Desktop(self.install(), former), state.formerHead())),
        state.setAside()));
  }
}
