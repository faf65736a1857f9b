package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Heads;
import dev.cortex.bus.Message.Keep;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.log.EventLog;
import dev.cortex.log.OrgHead;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import io.vertx.core.Future;
import java.util.List;

/**
 * Finds beginnings and reads old events, beside the room's turn: nothing here waits for a commit or makes one wait.
 */
final class Replays {

  /** Senders' clocks and ours may differ by this much when a client names a time instead of a cursor. */
  private static final long TIME_OVERLAP_MS = 5 * 60_000;

  private final EventLog log;
  private final Rooms rooms;
  private final ReplayLeases leases;
  private final Clock clock;

  Replays(EventLog log, Rooms rooms, ReplayLeases leases, Clock clock) {
    this.log = log;
    this.rooms = rooms;
    this.leases = leases;
    this.clock = clock;
  }

  /** Where a room stands, for the outside. */
  Head head(Room room) {
    return rooms.head(room);
  }

  /** Where the rooms of this node's log stand. */
  Future<Heads> heads() {
    return log.orgs().compose(rooms::load).map(loaded -> new Heads(loaded.values().stream().map(this::head).toList()));
  }

  /** Resolves a beginning, or refuses with the reason why what was missed cannot be told exactly. */
  Future<Located> locate(Locate ask) {
    return rooms.load(ask.channel().orgId()).compose(room -> {
      if (ask.since() instanceof Since.Cursor cursor) {
        return fromCursor(room, ask.channel(), cursor.position());
      } else if (ask.since() instanceof Since.Sequence sequence) {
        return fromSequence(room, ask.channel(), sequence.sequence());
      } else if (ask.since() instanceof Since.Time time) {
        return fromTime(room, ask.channel(), time.unixMs());
      }
      return Future.succeededFuture(new Located(head(room), room.head(), 0));
    });
  }

  /** Reads one page after a position, or refuses when it is no longer served. */
  Future<Page> read(Read ask) {
    String orgId = ask.channel().orgId();
    return rooms.load(orgId).compose(room -> {
      if (!room.logId().equals(ask.logId())) {
        return turnAway(room, ErrorCode.CURSOR_LOG_CHANGED, "the log of " + orgId + " is another one now");
      }
      if (ask.after() < room.floor()) {
        return refusePruned(room, ask.after());
      }
      if (!ask.reader().isEmpty()) {
        leases.reading(orgId, ask.reader(), ask.after(), clock.monotonicNs());
      }
      long head = room.head();
      return log.read(ask.channel(), ask.after(), head, ask.eventsMax(), ask.bytesMax()).compose(page -> {
        if (ask.after() < Math.max(room.floor(), page.floor())) {
          return refusePruned(room, ask.after()); // trimmed while we read: the page may have a hole
        }
        if (page.through() >= head) {
          leases.done(orgId, ask.reader());
        }
        return Future.succeededFuture(new Page(head(room), page.events(), page.through()));
      });
    });
  }

  /** Keeps the floor before a reader that shares another's page. */
  void keep(Keep ask) {
    leases.reading(ask.orgId(), ask.reader(), ask.after(), clock.monotonicNs());
  }

  private Future<Located> fromCursor(Room room, Channel channel, Position cursor) {
    if (!cursor.logId().equals(room.logId())) {
      return otherLog(room, channel, cursor);
    }
    if (cursor.offset() > room.head()) {
      return turnAway(
          room,
          ErrorCode.CURSOR_AHEAD,
          "the cursor is at offset " + cursor.offset() + ", the log ends at " + room.head());
    }
    return after(room, channel, cursor.offset());
  }

  private Future<Located> otherLog(Room room, Channel channel, Position cursor) {
    return log.orgOfLog(cursor.logId()).compose(owner -> {
      if (owner.isPresent() && !owner.get().equals(room.orgId())) {
        return refuse(ErrorCode.CURSOR_INVALID, "the cursor does not belong to this org");
      }
      boolean fromBeforeTheFirst = owner.isEmpty() && cursor.offset() == 0 && room.floor() == 0;
      return fromBeforeTheFirst
          ? after(room, channel, 0)
          : turnAway(room, ErrorCode.CURSOR_LOG_CHANGED, "the cursor belongs to another incarnation of the log");
    });
  }

  /**
   * Refuses a position for good, but only when the store agrees: this node may have lost the room and not know it yet,
   * or a commit may be on its way into memory. Then it is asked again, here or at the next owner.
   */
  private <T> Future<T> turnAway(Room room, ErrorCode code, String message) {
    return log.heads(List.of(room.orgId())).compose(heads -> {
      OrgHead stored = heads.get(room.orgId());
      boolean current = stored == null
          ? room.head() == 0
          : stored.logId().equals(room.logId()) && stored.head() <= room.head();
      return current ? refuse(code, message) : Future.failedFuture(Rooms.moved());
    });
  }

  private Future<Located> after(Room room, Channel channel, long offset) {
    Head head = head(room);
    if (offset == room.head()) {
      return Future.succeededFuture(new Located(head, offset, 0)); // nothing new, answered from memory
    }
    if (offset < room.floor()) {
      // below the floor nothing can be read, but a channel beneath which nothing happened since has missed nothing
      return log.lastOffset(channel).compose(last -> last <= offset
          ? Future.succeededFuture(new Located(head, head.position().offset(), 0))
          : refusePruned(room, offset));
    }
    return missed(head, channel, offset);
  }

  private Future<Located> fromSequence(Room room, Channel channel, long sequence) {
    if (channel.sessionId().isEmpty()) {
      return refuse(ErrorCode.BAD_REQUEST, "since.sequence needs a channel of the form org:agent:session");
    }
    Head head = head(room);
    SessionRef ref = new SessionRef(channel.orgId(), channel.agentId(), channel.sessionId());
    return log.known(List.of(), List.of(ref)).compose(known -> {
      SessionRow row = known.sessions().get(ref);
      long last = row == null ? 0 : row.lastSequence();
      if (sequence > last) {
        return refuse(ErrorCode.CURSOR_AHEAD, "the session's last sequence is " + last + ", not " + sequence);
      }
      if (sequence == last) {
        return Future.succeededFuture(new Located(head, head.position().offset(), 0));
      }
      return log.offsetAfterSequence(ref, sequence).compose(first -> first.isEmpty()
          ? this.<Located>refusePruned(room, sequence)
          : log.count(channel, first.getAsLong() - 1, row.lastOffset()).compose(retained ->
              retained < last - sequence
                  ? refusePruned(room, sequence)
                  : missed(head, channel, first.getAsLong() - 1)));
    });
  }

  private Future<Located> fromTime(Room room, Channel channel, long unixMs) {
    Head head = head(room);
    return log.offsetAtTime(channel.orgId(), Math.max(0, unixMs - TIME_OVERLAP_MS)).compose(first -> first.isEmpty()
        ? Future.succeededFuture(new Located(head, head.position().offset(), 0))
        : missed(head, channel, Math.max(first.getAsLong() - 1, room.floor())));
  }

  private Future<Located> missed(Head head, Channel channel, long after) {
    long through = head.position().offset();
    return channel.isRoot()
        ? Future.succeededFuture(new Located(head, after, Math.max(0, through - after)))
        : log.count(channel, after, through).map(count -> new Located(head, after, count));
  }

  private <T> Future<T> refusePruned(Room room, long asked) {
    return refuse(
        ErrorCode.CURSOR_PRUNED,
        "events after " + asked + " were pruned; the log of " + room.orgId() + " is retained from offset "
            + (room.floor() + 1));
  }

  private static <T> Future<T> refuse(ErrorCode code, String message) {
    return Future.failedFuture(new RefusedException(code, message));
  }
}
