package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Source;
import dev.cortex.event.Desktop;
import dev.cortex.event.Position;
import dev.cortex.log.Known;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.SyncMarks;
import dev.cortex.log.SyncMarks.Noted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a batch holds of one org: its appends, each numbered by the rules of its source, together one append. */
@Pure
final class Intake {

  /**
   * The other log of a desktop's org.
   *
   * @param desktop this desktop
   * @param outgoing whether events that are born here go to the cloud
   * @param renewed whether this log has another log id since the batch began
   */
  record Other(Desktop desktop, boolean outgoing, boolean renewed) {}

  private final Room room;
  private final Numbering numbering;
  private final Publishing publishing;
  private final OutboxIntake outboxes;
  private final Optional<CloudIntake> cloud;

  /**
   * Nothing yet.
   *
   * @param known what the log knows of the keys and sessions of everything that will be added
   * @param marks what it knows of the outboxes and the cursor that are concerned
   * @param other the other log, on a desktop
   * @param storedBytesMax at so many stored bytes of payload no producer's event is taken
   */
  Intake(
      Room room, long epoch, Known known, SyncMarks.Found marks, Optional<Other> other, long storedBytesMax) {
    this.room = room;
    this.numbering = new Numbering(room, epoch, known, storedBytesMax);
    this.publishing = new Publishing(
        numbering, other.map(Other::outgoing).orElse(false), room.outboxHead());
    this.outboxes = new OutboxIntake(numbering, room.orgId(), marks.outboxes());
    this.cloud = other.map(log -> new CloudIntake(
        numbering, log.desktop(), Optional.ofNullable(marks.cursors().get(room.orgId())), log.renewed()));
  }

  /** Gives every entry of an append its verdict, in order. */
  List<Verdict> add(Append append, List<Entry> entries, long nowMs) {
    if (append.source() instanceof Source.Outbox outbox) {
      return outboxes.add(outbox, entries, nowMs);
    } else if (append.source() instanceof Source.Cloud range) {
      return fromCloud().add(range, entries, nowMs);
    } else if (append.source() instanceof Source.Single) {
      return fromCloud().addSingle(entries, nowMs);
    }
    List<Verdict> verdicts = new ArrayList<>(entries.size());
    append.drafts().forEach(draft -> verdicts.add(publishing.add(draft, nowMs)));
    return verdicts;
  }

  /** Everything added, ready to be committed; empty when nothing is to be stored. */
  Optional<OrgAppend> append() {
    List<OutboxRow> moved = outboxes.moved();
    Optional<Position> cursor = cloud.filter(CloudIntake::moved).flatMap(CloudIntake::cursor);
    Noted noted = publishing.outboxHead() == 0 && moved.isEmpty() && cursor.isEmpty()
        ? Noted.NOTHING
        : new Noted(publishing.outboxHead(), moved, cursor);
    return numbering.hasEvents() || !noted.isEmpty() ? Optional.of(numbering.append(noted)) : Optional.empty();
  }

  Room room() {
    return room;
  }

  /** Bytes of payload of everything that is to be stored. */
  long payloadBytes() {
    return numbering.payloadBytes();
  }

  /** Events in conflict with what is here. */
  int conflicts() {
    return cloud.map(CloudIntake::conflicts).orElse(0);
  }

  /** Where the cursor in the cloud's log stands once this is committed; empty without one. */
  Optional<Position> cursor() {
    return cloud.flatMap(CloudIntake::cursor);
  }

  private CloudIntake fromCloud() {
    return cloud.orElseThrow(() -> new IllegalStateException("there is no other log of " + room.orgId()));
  }
}
