package dev.cortex.room;

import io.vertx.core.Future;
import java.util.List;

/**
 * Lets everybody learn of logs that have another log id: the rooms in memory are read anew, and the gateways are shown
 * where their logs are now, so that subscribers hear at once that they may have missed something.
 */
final class NewLogIds {

  private final Rooms rooms;
  private final Fanout fanout;

  NewLogIds(Rooms rooms, Fanout fanout) {
    this.rooms = rooms;
    this.fanout = fanout;
  }

  /** After one org's log has got another id, or may have. */
  Future<Room> of(String orgId) {
    rooms.forget(orgId);
    return rooms.load(orgId).onSuccess(this::show);
  }

  /** After all logs have got other ids, or may have. */
  Future<Void> ofAll() {
    List<String> orgIds = rooms.forgetAll();
    return rooms.load(orgIds).onSuccess(loaded -> loaded.values().forEach(this::show)).mapEmpty();
  }

  private void show(Room room) {
    fanout.nudge(room, room.head(), rooms.epoch(room.shard()));
  }
}
