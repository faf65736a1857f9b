package dev.cortex.bench;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.wire.Wire;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

/** What 20 events of 200 bytes cost on their way to another node, in the binary form and, for scale, as JSON. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class WireBench {

  private static final int EVENTS = 20;

  private final Delivery delivery = delivery();
  private final Buffer binary = write();
  private final Buffer json = writeJson();

  private static Delivery delivery() {
    byte[] envelope = ("{\"text\":\"" + "x".repeat(189) + "\"}").getBytes(StandardCharsets.UTF_8);
    List<StoredEvent> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      long receivedAt = 1_764_000_000_000L + i;
      events.add(new StoredEvent(900_000 + i, "planner", "s-42", 70 + i, Priority.STANDARD, receivedAt, envelope));
    }
    return new Delivery("node-0123456789", "acme", "a123456789abc", 4, 899_999, 900_019, events, 1L << 33);
  }

  /** Writes the delivery. */
  @Benchmark
  public Buffer write() {
    Buffer buffer = Buffer.buffer(1024);
    Wire.write(Delivery.class, delivery, buffer);
    return buffer;
  }

  /** Reads it. */
  @Benchmark
  public Delivery read() {
    return Wire.read(Delivery.class, binary, 0);
  }

  /** Writes it as JSON. */
  @Benchmark
  public Buffer writeJson() {
    JsonArray events = new JsonArray();
    for (StoredEvent event : delivery.events()) {
      events.add(
          new JsonObject()
              .put("offset", event.offset())
              .put("agentId", event.agentId())
              .put("sessionId", event.sessionId())
              .put("sequence", event.sequence())
              .put("priority", event.priority().text())
              .put("receivedAt", event.receivedAt())
              .put("json", new String(event.json(), StandardCharsets.UTF_8)));
    }
    return new JsonObject()
        .put("node", delivery.node())
        .put("orgId", delivery.orgId())
        .put("logId", delivery.logId())
        .put("epoch", delivery.epoch())
        .put("after", delivery.after())
        .put("through", delivery.through())
        .put("events", events)
        .put("sentBytes", delivery.sentBytes())
        .toBuffer();
  }

  /** Reads that JSON. */
  @Benchmark
  public Delivery readJson() {
    JsonObject read = json.toJsonObject();
    List<StoredEvent> events = new ArrayList<>();
    for (Object item : read.getJsonArray("events")) {
      JsonObject event = (JsonObject) item;
      events.add(
          new StoredEvent(
              event.getLong("offset"),
              event.getString("agentId"),
              event.getString("sessionId"),
              event.getLong("sequence"),
              Priority.of(event.getString("priority")).orElseThrow(),
              event.getLong("receivedAt"),
              event.getString("json").getBytes(StandardCharsets.UTF_8)));
    }
    return new Delivery(
        read.getString("node"),
        read.getString("orgId"),
        read.getString("logId"),
        read.getLong("epoch"),
        read.getLong("after"),
        read.getLong("through"),
        events,
        read.getLong("sentBytes"));
  }

  /** Runs the benchmarks of this class. */
  public static void main(String[] args) throws RunnerException {
    new Runner(new OptionsBuilder().include(WireBench.class.getSimpleName()).build()).run();
  }
}
