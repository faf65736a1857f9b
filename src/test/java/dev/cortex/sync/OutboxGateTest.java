package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Desktop;
import dev.cortex.ops.Metrics;
import dev.cortex.sync.OutboxCheck.Unanswered;
import dev.cortex.sync.OutboxGate.LeftAlone;
import dev.cortex.testing.Patience;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class OutboxGateTest {

  private final Vertx vertx = Vertx.vertx();
  private final Desktop desktop = new Desktop("laptop", "i1");
  private CircuitBreaker breaker;
  private CloudClient cloud;
  private OutboxGate gate;

  @BeforeEach
  void nobodyListens() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    breaker = CircuitBreaker.create(
        "cloud", vertx, new CircuitBreakerOptions().setMaxFailures(1).setTimeout(60_000).setResetTimeout(50));
    cloud = new CloudClient(vertx, "http://127.0.0.1:" + port, "", 1, BridgeBed.FAST);
    LocalLog log = new LocalLog(vertx, Directory.alone("n1", new ShardMap(16, false)));
    gate = new OutboxGate(
        breaker, new BridgeWorld(vertx, cloud, log, new Metrics(), Clock.SYSTEM, () -> 0.5, BridgeBed.FAST));
  }

  @AfterEach
  void close() throws Exception {
    gate.close();
    cloud.close().await(30, TimeUnit.SECONDS);
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @Test
  void trialThatIsLostDoesNotCloseTheBreaker() throws Exception {
    AtomicInteger trials = new AtomicInteger();
    breaker.halfOpenHandler(begun -> trials.incrementAndGet());
    breaker.execute(() -> Future.failedFuture("an outage"));
    Patience.until("one trial is let through", 60, () -> gate.word().equals("half_open"));

    Future<CloudAnswer> trial = gate.batch(cloud.get("/api/events", desktop), answer -> false);
    assertThat(failure(gate.batch(cloud.get("/api/events", desktop), answer -> false)))
        .as("one at a time").isInstanceOf(LeftAlone.class);
    assertThat(failure(trial)).isInstanceOf(Unanswered.class);
    assertThat(gate.word()).isEqualTo("half_open");

    assertThat(failure(gate.batch(cloud.get("/api/events", desktop), answer -> true))).isInstanceOf(Unanswered.class);
    Patience.until("it was open again", 60, () -> trials.get() == 2);
  }

  private static Throwable failure(Future<?> asked) throws Exception {
    return asked.transform(done -> Future.succeededFuture(done.cause())).await(60, TimeUnit.SECONDS);
  }
}
