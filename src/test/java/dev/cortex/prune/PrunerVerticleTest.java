package dev.cortex.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.config.CortexConfig;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class PrunerVerticleTest {

  private static final long DAY = 24L * 60 * 60 * 1000;
  private static final long NOON = 1_764_000_000_000L;
  private static final String NODE = "n1";
  private static final PrunerVerticle.Schedule FAST = new PrunerVerticle.Schedule(5, 5, new Backoff(1, 5));

  private final AtomicLong wallMs = new AtomicLong(NOON);
  private final AtomicLong monotonicNs = new AtomicLong();
  private final Metrics metrics = new Metrics();
  private final BlockingQueue<Message.Trim> trims = new LinkedBlockingQueue<>();
  private Vertx vertx;

  @BeforeEach
  void startBus() {
    vertx = Vertx.vertx();
    register(Message.AskMark.class);
    register(Message.Marked.class);
    register(Message.Trim.class);
    register(Message.Trimmed.class);
  }

  @AfterEach
  void stopBus() throws Exception {
    await(vertx.close());
  }

  @Test
  void trimsByRetentionTimeAndCountsWhatWent() throws Exception {
    room(NOON - DAY, trim -> {
      passMs(60_000);
      return Future.succeededFuture(new Message.Trimmed(3, 2));
    });
    deploy();
    assertThat(nextTrim()).isEqualTo(new Message.Trim(NOON - DAY, NOON, NOON));
    assertThat(nextTrim()).isEqualTo(new Message.Trim(NOON + 60_000 - DAY, NOON + 60_000, NOON + 60_000));
    assertThat(metrics.scrape())
        .containsPattern("cortex_pruned_events_total [1-9]")
        .containsPattern("cortex_pruned_rows_total [1-9]")
        .contains("cortex_prune_failures_total 0.0");
  }

  @Test
  void wallThatJumpsAheadDoesNotMoveTheCutoff() throws Exception {
    AtomicInteger seen = new AtomicInteger();
    room(NOON, trim -> {
      wallMs.addAndGet(seen.getAndIncrement() == 0 ? 365 * DAY : 0);
      passMs(60_000);
      return Future.succeededFuture(new Message.Trimmed(0, 0));
    });
    deploy();
    nextTrim();
    assertThat(nextTrim()).isEqualTo(new Message.Trim(NOON + 60_000 - DAY, NOON + 60_000, NOON + 60_000));
  }

  @Test
  void startAfterAnImplausibleAbsenceHoldsTheCutoffAtTheNotedTime() throws Exception {
    long noted = NOON - 400 * DAY;
    room(noted, trim -> Future.succeededFuture(new Message.Trimmed(0, 0)));
    deploy();
    assertThat(nextTrim()).isEqualTo(new Message.Trim(noted - DAY, noted, noted));
  }

  @Test
  void trimsNeverOverlap() throws Exception {
    AtomicInteger open = new AtomicInteger();
    AtomicInteger mostOpen = new AtomicInteger();
    room(0, trim -> {
      mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
      return vertx.timer(40, TimeUnit.MILLISECONDS).map(done -> {
        open.decrementAndGet();
        return new Message.Trimmed(1, 0);
      });
    });
    deploy();
    for (int i = 0; i < 5; i++) {
      nextTrim();
    }
    assertThat(mostOpen).hasValue(1);
  }

  @Test
  void failuresAreCountedAndTriedAgain() throws Exception {
    deploy();
    until(() -> metrics.scrape().matches("(?s).*cortex_prune_failures_total [1-9].*"));
    AtomicInteger attempts = new AtomicInteger();
    room(0, trim ->
        attempts.incrementAndGet() <= 2
            ? Future.failedFuture("the store is locked")
            : Future.succeededFuture(new Message.Trimmed(7, 0)));
    until(() -> metrics.scrape().matches("(?s).*cortex_pruned_events_total [1-9].*"));
    assertThat(attempts.get()).isGreaterThanOrEqualTo(3);
    assertThat(metrics.scrape()).doesNotContain("cortex_prune_failures_total 0.0");
  }

  @Test
  void replyOfAnUnexpectedKindIsAFailureAndNotTheEnd() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    room(0, trim ->
        Future.succeededFuture(
            attempts.incrementAndGet() == 1 ? new Message.Marked(1) : new Message.Trimmed(1, 0)));
    deploy();
    until(() -> metrics.scrape().contains("cortex_prune_failures_total 1.0") && attempts.get() >= 2);
  }

  @Test
  void nothingIsAskedAfterTheStop() throws Exception {
    room(0, trim -> vertx.timer(30, TimeUnit.MILLISECONDS).map(done -> new Message.Trimmed(0, 0)));
    String pruner = deploy();
    nextTrim();
    await(vertx.undeploy(pruner));
    trims.clear();
    assertThat(trims.poll(150, TimeUnit.MILLISECONDS)).isNull();
  }

  private interface Room {
    Future<? extends Message> onTrim(Message.Trim trim);
  }

  private void room(long notedMs, Room room) {
    vertx.eventBus().<Message>consumer(Addresses.room(NODE), message -> {
      if (message.body() instanceof Message.Trim trim) {
        trims.add(trim);
        room.onTrim(trim).onComplete(message::reply, failure -> message.fail(503, failure.getMessage()));
      } else if (message.body() instanceof Message.AskMark) {
        message.reply(new Message.Marked(notedMs));
      } else {
        message.fail(400, "unexpected " + message.body());
      }
    });
  }

  private String deploy() throws Exception {
    return await(vertx.deployVerticle(new PrunerVerticle(config(), metrics, clock(), NODE, FAST, () -> 0.5)));
  }

  private Message.Trim nextTrim() throws InterruptedException {
    Message.Trim trim = trims.poll(60, TimeUnit.SECONDS);
    assertThat(trim).as("a trim within 60 s").isNotNull();
    return trim;
  }

  private interface Condition {
    boolean holds();
  }

  private static void until(Condition condition) throws InterruptedException {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("condition within 60 s").isLessThan(deadlineNs);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Moves both clocks; only from within the room, while the pruner waits and reads neither. */
  private void passMs(long ms) {
    monotonicNs.addAndGet(ms * 1_000_000);
    wallMs.addAndGet(ms);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public long wallMs() {
        return wallMs.get();
      }

      @Override
      public long monotonicNs() {
        return monotonicNs.get();
      }
    };
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private <T> void register(Class<T> type) {
    vertx.eventBus().registerDefaultCodec(type, new ByReference<>(type.getName()));
  }

  private record ByReference<T>(String name) implements MessageCodec<T, T> {
    @Override
    public void encodeToWire(Buffer buffer, T message) {
      throw new UnsupportedOperationException("one node");
    }

    @Override
    public T decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException("one node");
    }

    @Override
    public T transform(T message) {
      return message;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }

  private static CortexConfig config() {
    return new CortexConfig(
        "local",
        Path.of("unused"),
        new CortexConfig.Transport(500, 0.8, true, 50),
        new CortexConfig.MessageContract(false, false, 64, 300),
        new CortexConfig.RetryPolicy(5, 1000, 2, true),
        new CortexConfig.Observability(
            "X-Event-Trace-Id", Metrics.CONTRACT_NAMES, new CortexConfig.Observability.Alerting(250, 400)),
        new CortexConfig.Server("127.0.0.1", 0, "127.0.0.1", 0, List.of(), 15),
        new CortexConfig.Store("", "", "", CortexConfig.Store.Durability.FULL),
        new CortexConfig.Retention(24),
        new CortexConfig.Room(CortexConfig.Room.Sharding.ORG, 256),
        new CortexConfig.Cluster("cortex", "127.0.0.1", 5701, List.of(), "", "", ""),
        new CortexConfig.Auth("", "", "", "cortex", List.of(), CortexConfig.Auth.LocalAuth.ORIGIN),
        new CortexConfig.Sync("", "", List.of(), "", 0, 5000, 30_000),
        new CortexConfig.Callbacks(false),
        new CortexConfig.Limits(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of()));
  }
}
