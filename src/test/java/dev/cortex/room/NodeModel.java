package dev.cortex.room;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The rooms of one node of several, without their verticle and on a test's bus, store and time. */
public final class NodeModel {

  private static final RoomDesk.Bounds BOUNDS = new RoomDesk.Bounds(3, 1 << 20, 2_000_000_000L);

  private final RoomDesk desk;

  /**
   * A node that is starting.
   *
   * @param live the nodes that its failure detector sees
   * @param send takes what it sends to an address
   */
  public NodeModel(
      EventLog log, Directory directory, Supplier<Set<String>> live, BiConsumer<String, Message> send, Clock clock) {
    Members members = new Members() {

      @Override
      public Set<String> live() {
        return live.get();
      }

      @Override
      public void onChange(Consumer<Set<String>> listener) {
        throw new AssertionError("the model is told of changes");
      }
    };
    Wires wires = new Wires() {

      @Override
      public void send(String address, Message message) {
        send.accept(address, message);
      }

      @Override
      public <T extends Message> Future<T> ask(String address, Message question, Class<T> answer, long timeoutMs) {
        return Future.failedFuture(new RefusedException(ErrorCode.TIMEOUT, "gateways of this model are not asked"));
      }
    };
    desk = new RoomDesk(
        log, directory, members, wires, Admission.UNLIMITED, orgId -> 0, new Metrics(), clock, BOUNDS,
        Sharing.NONE);
    desk.start();
  }

  /** Begins to take part. */
  public Future<Void> join() {
    return desk.join("host:1");
  }

  /** Hands its shards over. */
  public Future<Void> leave(long budgetMs) {
    return desk.leave(budgetMs);
  }

  /** Answers what it took. */
  public Future<Void> drain() {
    return desk.drain();
  }

  /** The failure detector sees others than before. */
  public void members(Set<String> live) {
    desk.members(live);
  }

  /** What happens several times a second. */
  public void beat() {
    desk.beat();
  }

  /** What happens once a second. */
  public void second() {
    desk.second();
  }

  /** Takes in what needs no answer. */
  public void tell(Message message) {
    if (!desk.tell(message)) {
      throw new AssertionError("a question: " + message);
    }
  }

  /** Answers a question. */
  public Future<? extends Message> ask(Message question) {
    return desk.ask(question);
  }

  /** The shards it owns and their epochs. */
  public Map<Integer, Long> epochs() {
    return desk.epochs();
  }

  /** Whether it gave up because of a cut. */
  public boolean isolated() {
    return desk.isolated();
  }
}
