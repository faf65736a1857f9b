package dev.cortex.bench;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog.LogPage;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.sql.PostgresEventLog;
import dev.cortex.log.sql.SqlEventLog;
import dev.cortex.log.sql.SqliteEventLog;
import dev.cortex.store.PostgresServer;
import dev.cortex.testing.LocalPostgres;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * How long one commit takes by the number of events in it, at full durability, beside plain JDBC that inserts the same
 * rows in batches, and one page of a replay.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class LogBench {

  private static final int PAGE_EVENTS = 500;
  private static final int PAGE_BYTES = 8 << 20;
  private static final String LOG_ID = "benchbenchben";
  private static final String AGENT = "planner";
  private static final String SESSION = "s-1";

  /** What stores the log: {@code sqlite} or {@code postgres}. */
  @Param({"sqlite", "postgres"})
  String store;

  private Vertx vertx;
  private Path dataDir;
  private SqlEventLog log;
  private PlainInserts plain;
  private byte[] payload;
  private long epoch;
  private long head;

  /** Runs every measurement. */
  public static void main(String[] args) throws RunnerException {
    new Runner(new OptionsBuilder().include(LogBench.class.getSimpleName()).build()).run();
  }

  /** How many events share a commit. */
  @State(Scope.Thread)
  public static class Batch {
    @Param({"1", "10", "100", "1000"})
    int events;
  }

  /** Opens an empty log with one page of events. */
  @Setup(Level.Trial)
  public void open() throws IOException, SQLException {
    vertx = Vertx.vertx();
    dataDir = Files.createTempDirectory("log-bench");
    payload = ("{\"text\":\"" + "x".repeat(189) + "\"}").getBytes(StandardCharsets.UTF_8);
    if (store.equals("postgres")) {
      LocalPostgres.Database database = LocalPostgres.shared().database();
      PostgresServer server = new PostgresServer(database.url(), database.user(), database.password());
      log = PostgresEventLog.open(vertx, server, Clock.SYSTEM).await();
      plain = new PlainInserts(
          DriverManager.getConnection(
              database.url() + "?reWriteBatchedInserts=true", database.user(), database.password()));
    } else {
      log = SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM).await();
      plain = new PlainInserts(
          DriverManager.getConnection(
              "jdbc:sqlite:" + dataDir.resolve(SqliteEventLog.FILE) + "?synchronous=FULL&busy_timeout=5000"));
    }
    epoch = log.claim("bench", List.of(0)).await().get(0);
    commit(PAGE_EVENTS);
  }

  /** Closes the log and deletes it. */
  @TearDown(Level.Trial)
  public void close() throws IOException, SQLException {
    plain.close();
    log.close().await();
    vertx.close().await();
    try (Stream<Path> files = Files.walk(dataDir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** One commit. */
  @Benchmark
  public AppendResult append(Batch batch) {
    return commit(batch.events);
  }

  /** The same rows by plain JDBC: no fence, no head to compare, nothing found out. */
  @Benchmark
  public long plainInserts(Batch batch) throws SQLException {
    OrgAppend append = next(batch.events);
    plain.commit(append);
    head += batch.events;
    return head;
  }

  /** One page of the org's log. */
  @Benchmark
  public LogPage readPage() {
    return log.read(Channel.root("acme"), 0, PAGE_EVENTS, PAGE_EVENTS, PAGE_BYTES).await();
  }

  private AppendResult commit(int count) {
    AppendResult result = log.append(List.of(next(count))).await().get(0);
    if (result != AppendResult.COMMITTED) {
      throw new IllegalStateException("the append was answered " + result);
    }
    head += count;
    return result;
  }

  private OrgAppend next(int count) {
    List<NewEvent> events = new ArrayList<>(count);
    long now = System.currentTimeMillis();
    for (long offset = head + 1; offset <= head + count; offset++) {
      String id = String.format("01900000-0000-7000-8000-%012x", offset);
      KeyRef key = new KeyRef("acme", KeyRef.Kind.UUID, 0x0190000000007000L, offset);
      Draft draft =
          new Draft(
              id, true, "acme", "user-1", "agent.token", payload, now, AGENT, SESSION, 0, "", Priority.STANDARD, "");
      events.add(new NewEvent(draft, offset, offset, now, List.of(new KeyRow(key, offset, offset, 1, 2))));
    }
    SessionRow session = new SessionRow(new SessionRef("acme", AGENT, SESSION), "", head + count, head + count);
    return new OrgAppend("acme", 0, epoch, LOG_ID, head, events, List.of(session));
  }
}
