package dev.cortex.sim;

import dev.cortex.base.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/** Virtual time: everything happens in the order of one seed, on one thread, without waiting. */
public final class Schedule implements Clock {

  private record Turn(long atUs, long number, Runnable work) {}

  private final Random random;
  private final PriorityQueue<Turn> turns =
      new PriorityQueue<>(Comparator.comparingLong(Turn::atUs).thenComparingLong(Turn::number));
  private final Map<String, Long> lines = new HashMap<>();
  private final Set<Long> cancelled = new HashSet<>();
  private final Set<Long> pending = new HashSet<>();
  private long nowUs = 1_764_000_000_000_000L;
  private long numbers;

  /** An empty schedule; the seed decides every delay. */
  public Schedule(long seed) {
    this.random = new Random(seed);
  }

  /** The chance of this schedule. */
  public Random random() {
    return random;
  }

  /** Whether something happens that happens in so many of a thousand cases. */
  public boolean chance(int perMille) {
    return random.nextInt(1000) < perMille;
  }

  /** Runs work after that many microseconds. */
  public long after(long us, Runnable work) {
    long number = numbers++;
    pending.add(number);
    turns.add(new Turn(nowUs + us, number, work));
    return number;
  }

  /** Takes a turn back; false when it has run. */
  public boolean cancel(long number) {
    return pending.contains(number) && cancelled.add(number);
  }

  /** Runs work after a random delay, but never before what was put in the same line earlier. */
  public void inLine(String line, long maxUs, Runnable work) {
    long at = Math.max(lines.getOrDefault(line, 0L), nowUs + random.nextLong(maxUs));
    lines.put(line, at);
    after(at - nowUs, work);
  }

  /** Does the work after a random delay in a line and answers after another. */
  public <T> Future<T> answer(String line, long maxUs, Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    inLine(line, maxUs, () -> work.get().onComplete(done ->
        after(random.nextLong(maxUs), () -> promise.handle(done))));
    return promise.future();
  }

  /** Runs until nothing is left to do, or fails when that takes more than so many turns. */
  public void run(int turnsMax) {
    int done = 0;
    while (!turns.isEmpty()) {
      if (done++ > turnsMax) {
        throw new AssertionError("still busy after " + turnsMax + " turns");
      }
      step();
    }
  }

  /** Runs everything due within that time. */
  public void runFor(long us, int turnsMax) {
    long end = nowUs + us;
    int done = 0;
    while (!turns.isEmpty() && turns.peek().atUs() <= end) {
      if (done++ > turnsMax) {
        throw new AssertionError("still busy after " + turnsMax + " turns");
      }
      step();
    }
    nowUs = end;
  }

  private void step() {
    Turn next = turns.remove();
    nowUs = Math.max(nowUs, next.atUs());
    pending.remove(next.number());
    if (!cancelled.remove(next.number())) {
      next.work().run();
    }
  }

  @Override
  public long wallMs() {
    return nowUs / 1000;
  }

  @Override
  public long monotonicNs() {
    return nowUs * 1000;
  }
}
