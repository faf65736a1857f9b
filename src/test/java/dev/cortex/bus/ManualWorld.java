package dev.cortex.bus;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A bus on which the test answers, and a clock that the test moves. */
public final class ManualWorld implements Carrier, Clock {

  /** A question that is waiting for its answer. */
  public record Asked(String node, boolean here, Message question, long timeoutMs, Promise<Message> answer) {

    /** Answers with a refusal. */
    public void refuse(ErrorCode code) {
      answer.fail(new RefusedException(code, code.sentence()));
    }
  }

  private record Timer(long atMs, Runnable turn) {}

  /** Questions in the order they were asked; the test removes them. */
  public final Queue<Asked> asked = new ArrayDeque<>();
  final List<Timer> timers = new ArrayList<>();
  private final Queue<Runnable> turns = new ArrayDeque<>();
  private long nowMs = 1_000;

  /** Calls in this world that always pause for the shortest time. */
  public RoomCalls calls(Directory directory) {
    return new RoomCalls(this, directory, this, () -> 0, 10_000);
  }

  /** Whether nobody waits for time to pass. */
  public boolean isTimeless() {
    return timers.isEmpty();
  }

  @Override
  public <T extends Message> Future<T> ask(
      String node, boolean here, Message question, Class<T> answer, long timeoutMs) {
    Promise<Message> promise = Promise.promise();
    asked.add(new Asked(node, here, question, timeoutMs, promise));
    return promise.future().map(answer::cast);
  }

  @Override
  public void tell(String node, boolean here, Message message) {
    asked.add(new Asked(node, here, message, 0, Promise.promise()));
  }

  @Override
  public Executor home() {
    return turns::add;
  }

  @Override
  public Runnable after(long ms, Runnable turn) {
    Timer timer = new Timer(nowMs + ms, turn);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  @Override
  public long wallMs() {
    return nowMs;
  }

  @Override
  public long monotonicNs() {
    return TimeUnit.MILLISECONDS.toNanos(nowMs);
  }

  /** Takes the turns that wait on the caller's context. */
  public void settle() {
    for (Runnable turn = turns.poll(); turn != null; turn = turns.poll()) {
      turn.run();
    }
  }

  /** Lets time pass, one millisecond after the other. */
  public void pass(long ms) {
    for (long end = nowMs + ms; nowMs < end; ) {
      nowMs++;
      List<Timer> due = timers.stream().filter(timer -> timer.atMs() <= nowMs).toList();
      timers.removeAll(due);
      due.forEach(timer -> timer.turn().run());
      settle();
    }
  }

  /** What the node "me" knows: one shard, its owner and epoch, and who else is there. */
  public static View view(String owner, long epoch, String... others) {
    Node self = new Node("me", NodeState.READY, "");
    Map<String, Node> nodes = new HashMap<>(Map.of("me", self));
    for (String other : others) {
      nodes.put(other, new Node(other, NodeState.READY, ""));
    }
    return new View(self, nodes, List.of(owner), List.of(epoch));
  }
}
