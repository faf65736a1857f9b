package dev.cortex.room;

import dev.cortex.log.EventLog;
import dev.cortex.log.Known;
import dev.cortex.log.LocalOutbox;
import dev.cortex.log.SyncMarks;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Reads what a batch has to know before its appends can be numbered. */
final class Lookup {

  /**
   * What was found.
   *
   * @param rooms the rooms that are ours
   * @param epochs their epochs before anything else was read: who has claimed a shard since shuts out what comes of it
   * @param renewed orgs whose log has another log id since
   */
  record Found(
      Map<String, Room> rooms,
      Map<String, Long> epochs,
      Known known,
      SyncMarks.Found marks,
      Sharing sharing,
      Set<String> renewed) {

    /** The intake of an org whose room was found. */
    Intake intake(String orgId, long storedBytesMax) {
      Optional<Intake.Other> other = sharing.desktop().map(desktop ->
          new Intake.Other(desktop, sharing.isOutgoing(orgId), renewed.contains(orgId)));
      return new Intake(rooms.get(orgId), epochs.get(orgId), known, marks, other, storedBytesMax);
    }
  }

  private final String node;
  private final EventLog log;
  private final Rooms rooms;
  private final NewLogIds newLogIds;
  private final Sharing sharing;
  private final Consumer<Set<Integer>> deposed;

  /**
   * Reads from a log.
   *
   * @param deposed hears of shards that turned out to be another node's
   */
  Lookup(
      String node, EventLog log, Rooms rooms, NewLogIds newLogIds, Sharing sharing, Consumer<Set<Integer>> deposed) {
    this.node = node;
    this.log = log;
    this.rooms = rooms;
    this.newLogIds = newLogIds;
    this.sharing = sharing;
    this.deposed = deposed;
  }

  /** Reads what is needed. */
  Future<Found> of(Needs needs) {
    Map<String, Room> found = new HashMap<>();
    Map<String, Long> epochs = new HashMap<>();
    Set<String> renewed = new HashSet<>();
    return rooms
        .ensureClaimed(node, needs.orgs())
        .compose(lost -> {
          if (!lost.isEmpty()) {
            deposed.accept(lost);
          }
          return rooms.load(needs.orgs());
        })
        .compose(loaded -> {
          found.putAll(loaded);
          loaded.forEach((orgId, room) -> epochs.put(orgId, rooms.epoch(room.shard())));
          return marks(needs);
        })
        .compose(marks -> renew(needs, marks)
            .compose(anew -> {
              anew.forEach(room -> found.put(room.orgId(), room));
              anew.forEach(room -> renewed.add(room.orgId()));
              return log.known(needs.keys(), needs.sessions());
            })
            .map(known -> new Found(found, epochs, known, marks, sharing, renewed)));
  }

  private Future<SyncMarks.Found> marks(Needs needs) {
    return needs.marks()
        ? log.marks(needs.outboxes(), needs.fromCloud())
        : Future.succeededFuture(SyncMarks.Found.NOTHING);
  }

  /** Gives logs in which something will be missing another log id, and answers their rooms. */
  private Future<List<Room>> renew(Needs needs, SyncMarks.Found marks) {
    List<Future<Room>> rooms = new ArrayList<>();
    needs.begunAnew().stream().filter(marks.cursors()::containsKey).forEach(orgId ->
        sharing.outbox().ifPresent(outbox -> rooms.add(renew(outbox, orgId))));
    return rooms.isEmpty()
        ? Future.succeededFuture(List.of())
        : Future.all(rooms).map(done -> rooms.stream().map(Future::result).toList());
  }

  /** Gives a log another log id: its readers learn at once that they may have missed something. */
  private Future<Room> renew(LocalOutbox outbox, String orgId) {
    return outbox.renewLogId(orgId).onFailure(unsure -> rooms.forget(orgId)).compose(done -> newLogIds.of(orgId));
  }
}
