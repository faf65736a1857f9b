package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.ShardMap;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.Optional;
import java.util.function.BiConsumer;

/** The rooms of a node without their verticle: the same parts, wired alike, on whatever log and time a test has. */
public final class RoomModel {

  private final String node;
  private final Rooms rooms;
  private final Fanout fanout;
  private final CommitLane lane;
  private final Replays replays;
  private final Trimmer trimmer;

  /** Rooms of a node over a log, which send deliveries by {@code post}. */
  public RoomModel(
      String node,
      EventLog log,
      int shards,
      int roomsMax,
      long windowBytes,
      BiConsumer<String, Delivery> post,
      Clock clock) {
    this.node = node;
    CommitLane[] made = new CommitLane[1];
    ReplayLeases leases = new ReplayLeases(2_000_000_000L);
    rooms = new Rooms(log, new ShardMap(shards, false), roomsMax, room -> made[0].isCommitting(room));
    fanout = new Fanout(node, post, windowBytes);
    lane = new CommitLane(node, log, rooms, fanout, Admission.UNLIMITED, new Metrics(), clock);
    made[0] = lane;
    replays = new Replays(log, rooms, leases, clock);
    trimmer = new Trimmer(log, rooms, lane, leases, clock);
  }

  /** Claims shards. */
  public Future<Void> claim(Collection<Integer> shards) {
    return rooms.claim(node, shards);
  }

  /** The epoch under which the node claimed a shard. */
  public long epoch(int shard) {
    return rooms.epoch(shard);
  }

  /** What happens once a second. */
  public void tick() {
    fanout.probe();
  }

  /** Takes in what needs no answer. */
  public void tell(Message message) {
    if (message instanceof Message.Covered covered) {
      fanout.covered(covered.gateway(), covered.sentBytes());
    } else if (message instanceof Message.Detach detach) {
      fanout.detach(detach.gateway(), detach.orgId());
    } else if (message instanceof Message.Keep keep) {
      replays.keep(keep);
    } else {
      ask(message);
    }
  }

  /** Answers a question. */
  public Future<? extends Message> ask(Message ask) {
    if (ask instanceof Message.Append append) {
      return lane.append(append);
    } else if (ask instanceof Message.Attach attach) {
      fanout.attach(attach.gateway(), attach.orgId());
      return attach.orgId().isEmpty()
          ? Future.succeededFuture(new Attached(Optional.empty()))
          : rooms.load(attach.orgId()).map(room -> new Attached(Optional.of(replays.head(room))));
    } else if (ask instanceof Message.AskHead askHead) {
      return rooms.load(askHead.orgId()).map(replays::head);
    } else if (ask instanceof Message.Locate locate) {
      return replays.locate(locate);
    } else if (ask instanceof Message.Read read) {
      return replays.read(read);
    }
    return trimmer.trim((Message.Trim) ask);
  }
}
