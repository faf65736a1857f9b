package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.LocalOutbox;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/** The rooms of a node without their verticle: the same parts, wired alike, on whatever log and time a test has. */
public final class RoomModel {

  private static final long LEASE_NS = 2_000_000_000L;

  private final RoomDesk desk;

  /** Rooms of a node without others over a log, which send deliveries by {@code post}. */
  public RoomModel(
      EventLog log, int shards, int roomsMax, long windowBytes, BiConsumer<String, Delivery> post, Clock clock) {
    this(
        log, Directory.alone("n1", new ShardMap(shards, false)), Members.alone("n1"), roomsMax, windowBytes,
        (address, message) -> post.accept(address, (Delivery) message), clock);
  }

  /** The rooms of a node of a cluster over a log, which send what they say by {@code post}. */
  public RoomModel(
      EventLog log,
      Directory directory,
      Members members,
      int roomsMax,
      long windowBytes,
      BiConsumer<String, Message> post,
      Clock clock) {
    this(log, directory, members, roomsMax, windowBytes, post, clock, Sharing.NONE);
  }

  /** The rooms of a cloud of one node, by a name that no other start of it has. */
  public static RoomModel cloud(String node, EventLog log, Clock clock) {
    return alone(node, log, (address, message) -> {}, clock, Sharing.NONE);
  }

  /** The rooms of a desktop that shares orgs with the cloud, by a name that no other start of it has. */
  public static RoomModel desktop(
      String node, EventLog log, LocalOutbox outbox, Set<String> orgs, BiConsumer<String, Message> post, Clock clock) {
    return alone(node, log, post, clock, new Sharing(Optional.of(outbox), orgs));
  }

  private static RoomModel alone(
      String node, EventLog log, BiConsumer<String, Message> post, Clock clock, Sharing sharing) {
    return new RoomModel(
        log, Directory.alone(node, new ShardMap(1, false)), Members.alone(node), 2, 1 << 20, post, clock, sharing);
  }

  private RoomModel(
      EventLog log,
      Directory directory,
      Members members,
      int roomsMax,
      long windowBytes,
      BiConsumer<String, Message> post,
      Clock clock,
      Sharing sharing) {
    Wires wires = new Wires() {

      @Override
      public void send(String address, Message message) {
        post.accept(address, message);
      }

      @Override
      public <T extends Message> Future<T> ask(String address, Message question, Class<T> answer, long timeoutMs) {
        return Future.failedFuture(new RefusedException(ErrorCode.TIMEOUT, "gateways of this model are not asked"));
      }
    };
    desk = new RoomDesk(
        log, directory, members, wires, Admission.UNLIMITED, orgId -> 0, new Metrics(), clock,
        new RoomDesk.Bounds(roomsMax, windowBytes, LEASE_NS), sharing);
  }

  /** Begins to take part in a cluster. */
  public void join() {
    desk.start();
    desk.join("127.0.0.1:1");
  }

  /** Stops to take part in a cluster. */
  public void leave() {
    desk.leave(5_000);
  }

  /** Other nodes are alive than before. */
  public void members(Set<String> live) {
    desk.members(live);
  }

  /** What happens several times a second. */
  public void beat() {
    desk.beat();
  }

  /** Shards the node believes to own. */
  public int shards() {
    return desk.shardCount();
  }

  /** Claims every shard. */
  public Future<Void> start(int shards) {
    return desk.start();
  }

  /** What happens once a second. */
  public void tick() {
    desk.second();
  }

  /** Takes in what needs no answer. */
  public void tell(Message message) {
    if (!desk.tell(message)) {
      desk.ask(message);
    }
  }

  /** Answers a question. */
  public Future<? extends Message> ask(Message ask) {
    return desk.ask(ask);
  }
}
