package dev.cortex.sim;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import dev.cortex.room.NodeModel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * One process of a simulated cluster: it can be frozen, killed and cut off, and has a failure detector that notices the
 * like of others late. Its calls to the store take time to get there and back, and some get stuck on the way.
 */
final class ClusterNode {

  private static final long BEAT_US = 250_000;
  private static final long SECOND_US = 1_000_000;
  private static final long DETECT_US = 200_000;
  private static final long SILENCE_US = 5_000_000;
  private static final long DEATH_US = 500_000;

  final String name;
  final Directory directory;
  final NodeModel model;
  private final Schedule schedule;
  private final MemoryLog store;
  private final Map<String, Long> contactUs = new HashMap<>();
  private final ArrayDeque<Runnable> backlog = new ArrayDeque<>();
  private Set<String> live;
  private boolean frozen;
  private boolean dead;
  private boolean storeLost;
  private boolean stuckWrites;
  private int calls;

  ClusterNode(
      String name, Set<String> live, ShardMap shards, MemoryLog store, Schedule schedule,
      BiConsumer<String, Message> send) {
    this.name = name;
    this.live = live;
    this.schedule = schedule;
    this.store = store;
    Node self = new Node(name, NodeState.STARTING, "");
    this.directory = new Directory(shards, new View(
        self, Map.of(name, self), Collections.nCopies(shards.shards(), ""), Collections.nCopies(shards.shards(), 0L)));
    EventLog log = (EventLog) Proxy.newProxyInstance(
        getClass().getClassLoader(), new Class<?>[] {EventLog.class}, (proxy, method, arguments) ->
            method.getReturnType() == Future.class ? call(method, arguments) : invoke(method, arguments));
    this.model = new NodeModel(log, directory, () -> this.live, send, schedule);
    every(BEAT_US, model::beat);
    every(SECOND_US, model::second);
  }

  /** Does something on this node: now, after its freeze, or never. */
  void run(Runnable work) {
    if (dead) {
      return;
    }
    if (frozen) {
      backlog.add(work);
    } else {
      work.run();
    }
  }

  boolean dead() {
    return dead;
  }

  boolean frozen() {
    return frozen;
  }

  void kill() {
    dead = true;
    backlog.clear();
  }

  void freeze() {
    frozen = true;
  }

  /**
   * Goes on.
   *
   * @param believing whether its failure detector believes that all is as it was
   */
  void thaw(boolean believing) {
    frozen = false;
    if (believing) {
      contactUs.replaceAll((node, at) -> nowUs());
    }
    while (!backlog.isEmpty() && !frozen && !dead) {
      backlog.remove().run();
    }
  }

  void storeLost(boolean lost) {
    storeLost = lost;
  }

  void stuckWrites(boolean stuck) {
    stuckWrites = stuck;
  }

  /** Looks who is alive; {@code reached} are the running processes it is connected to, {@code running} all of them. */
  void detect(Set<String> reached, Set<String> running) {
    reached.forEach(other -> contactUs.put(other, nowUs()));
    contactUs.entrySet().removeIf(contact ->
        nowUs() - contact.getValue() > (running.contains(contact.getKey()) ? SILENCE_US : DEATH_US));
    Set<String> now = new TreeSet<>(contactUs.keySet());
    now.add(name);
    if (!now.equals(live)) {
      live = now;
      model.members(now);
    }
  }

  static long detectUs() {
    return DETECT_US;
  }

  private long nowUs() {
    return schedule.monotonicNs() / 1_000;
  }

  private void every(long us, Runnable work) {
    schedule.after(us, () -> {
      if (dead) {
        return;
      }
      // a timer that could not fire fires once
      if (!frozen) {
        work.run();
      }
      every(us, work);
    });
  }

  private Object invoke(Method method, Object[] arguments) {
    try {
      return method.invoke(store, arguments);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new AssertionError(e);
    }
  }

  /** A call goes out after a while, its answer comes back after another: or the call is late, and called unknown. */
  private Future<?> call(Method method, Object[] arguments) {
    if (storeLost) {
      return later(Future.failedFuture(new LogException(LogException.Kind.BUSY, "unreachable", null)), 1_000);
    }
    Promise<Object> answer = Promise.promise();
    boolean append = method.getName().equals("append");
    boolean stuck = append && stuckWrites && schedule.chance(300);
    String line = append ? name + " append" + calls++ : name + ' ' + method.getName() + calls++;
    schedule.inLine(line, stuck ? 4_000_000 : 5_000, () -> {
      Future<?> done = (Future<?>) invoke(method, arguments);
      done.onComplete(result -> schedule.after(schedule.random().nextInt(3_000), () -> run(() -> {
        if (result.succeeded()) {
          answer.tryComplete(result.result());
        } else {
          answer.tryFail(result.cause());
        }
      })));
    });
    if (stuck) {
      schedule.after(300_000, () -> run(() ->
          answer.tryFail(new LogException(LogException.Kind.UNKNOWN, "no answer in time", null))));
    }
    return answer.future();
  }

  private Future<Object> later(Future<Object> result, long us) {
    Promise<Object> answer = Promise.promise();
    schedule.after(us, () -> run(() -> answer.handle(result)));
    return answer.future();
  }
}
