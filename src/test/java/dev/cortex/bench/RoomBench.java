package dev.cortex.bench;

import dev.cortex.bus.Message.Budget;
import dev.cortex.gateway.JoinedLoad;
import dev.cortex.log.OrgAppend;
import dev.cortex.room.NumberingLoad;
import dev.cortex.room.QuotaLoad;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** What an event costs between its door and its sockets, beside the commit: numbered in a room, joined at a gateway. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class RoomBench {

  private final NumberingLoad batch = new NumberingLoad(100);
  private final QuotaLoad unlimited = new QuotaLoad(1, false, false);
  private final QuotaLoad orgLimited = new QuotaLoad(1, true, false);
  private final QuotaLoad allLimited = new QuotaLoad(1, true, true);
  private final QuotaLoad allLimitedBatch = new QuotaLoad(100, true, true);
  private final JoinedLoad events = new JoinedLoad(20);

  /** Numbers 100 new events of a session, each with an idempotency key. */
  @Benchmark
  public OrgAppend numberFresh() {
    return batch.fresh();
  }

  /** Recognises 100 repeats. */
  @Benchmark
  public OrgAppend numberRepeated() {
    return batch.repeated();
  }

  /** Admits and settles an append of one event where nothing is limited. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Budget admitUnlimited() {
    return unlimited.pass();
  }

  /** The same where the events and bytes of the org are limited, as they are in a cluster by default. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Budget admitByOrg() {
    return orgLimited.pass();
  }

  /** The same where agents and sessions are limited too. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Budget admitByAll() {
    return allLimited.pass();
  }

  /** The same with 100 events of a session. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public Budget admitBatchByAll() {
    return allLimitedBatch.pass();
  }

  /** Joins 20 events in one buffer of frames. */
  @Benchmark
  public int join() {
    return events.webSocket();
  }

  /** Runs the benchmarks of this class. */
  public static void main(String[] args) throws RunnerException {
    new Runner(new OptionsBuilder().include(RoomBench.class.getSimpleName()).build()).run();
  }
}
