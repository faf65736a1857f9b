package dev.cortex.sync;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskSetAside;
import dev.cortex.bus.Message.AskSync;
import dev.cortex.bus.Message.AskSyncState;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.GiveUp;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.Push;
import dev.cortex.bus.Message.SetAside;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.bus.Requests;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Channel;
import dev.cortex.event.Principal;
import dev.cortex.ingest.IngestVerticle;
import dev.cortex.log.sql.SqliteEventLog;
import dev.cortex.ops.Metrics;
import dev.cortex.room.OrgRoomVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A desktop without doors: its log, room, ingest and bridge, in this process, on a clock that can be set ahead. */
final class BridgeBed implements AutoCloseable {

  static final String ORG = "acme";

  /** Everything within a second or two, but for what takes long because the machine is busy. */
  static final Timing FAST = new Timing(50, 200, 1, 20_000, 20_000, 20_000, 300, 50, 20, 50, 300, 300);

  /** The same, with a cloud that has little time to answer. */
  static final Timing IMPATIENT = new Timing(50, 200, 1, 1_000, 1_000, 500, 300, 50, 20, 50, 300, 300);

  /** The same as the first, with nothing that looks at an outbox of itself within the time of a test. */
  static final Timing CALM = new Timing(50, 600_000, 1, 20_000, 20_000, 20_000, 300, 50, 20, 50, 300, 300);

  final Vertx vertx = Vertx.vertx();
  final FakeCloud cloud;
  final Metrics metrics = new Metrics();
  private final AtomicLong aheadMs = new AtomicLong();
  private final Clock clock = new Clock() {
    @Override
    public long wallMs() {
      return System.currentTimeMillis() + aheadMs.get();
    }

    @Override
    public long monotonicNs() {
      return System.nanoTime();
    }
  };
  private final Directory directory;
  private final CortexConfig config;
  private final SqliteEventLog log;
  private final Timing timing;
  private String bridge = "";

  /** A desktop whose bridge does not run yet. */
  BridgeBed(Path dataDir, String... sets) throws Exception {
    this(dataDir, FAST, sets);
  }

  /** The same, with times of its own. */
  BridgeBed(Path dataDir, Timing timing, String... sets) throws Exception {
    this.timing = timing;
    Codecs.register(vertx.eventBus());
    cloud = new FakeCloud(vertx);
    List<Assignment> assignments = new ArrayList<>(List.of(
        new Assignment("dataDir", "data_dir", dataDir.toString()),
        new Assignment("set", "sync.cloud_url", cloud.url()),
        new Assignment("set", "sync.token", "a-token-of-nobody"),
        new Assignment("set", "sync.orgs", ORG)));
    for (String set : sets) {
      int equals = set.indexOf('=');
      assignments.add(new Assignment("set", set.substring(0, equals), set.substring(equals + 1)));
    }
    config = ConfigLoader.load(new ConfigSource("local", Optional.empty(), Map.of(), assignments)).config();
    directory = Directory.alone("n1", new ShardMap(config.room().shards(), false));
    log = await(SqliteEventLog.open(vertx, dataDir, true, clock));
    await(vertx.deployVerticle(new OrgRoomVerticle(
        config, log, metrics, clock, directory, Members.alone("n1"), Optional.of(log))));
    await(vertx.deployVerticle(new IngestVerticle(config, metrics, clock, directory)));
  }

  BridgeBed started() throws Exception {
    bridge = await(vertx.deployVerticle(
        new SyncBridgeVerticle(
            config, metrics, clock, directory, timing, () -> ThreadLocalRandom.current().nextDouble())));
    return this;
  }

  void stopBridge() throws Exception {
    await(vertx.undeploy(bridge));
  }

  /** The machine slept for that long. */
  void sleep(long ms) {
    aheadMs.addAndGet(ms);
  }

  /** An event is born on this desktop. */
  void publish(String... ids) throws Exception {
    JsonArray events = new JsonArray();
    for (String id : ids) {
      events.add(new JsonObject().put("id", id).put("orgId", ORG).put("type", "a.b"));
    }
    publish(events);
  }

  /** An event with a payload of about so many bytes is born on this desktop. */
  void publishLarge(String id, int bytes) throws Exception {
    publish(new JsonArray().add(new JsonObject().put("id", id).put("orgId", ORG).put("type", "a.b")
        .put("payload", new JsonObject().put("text", "x".repeat(bytes)))));
  }

  private void publish(JsonArray events) throws Exception {
    Ingest ingest = new Ingest(events.toBuffer().getBytes(), Format.JSON, Map.of(), Principal.LOCAL, "");
    Ingested done = await(Requests.ask(vertx.eventBus(), Addresses.INGEST, ingest, Ingested.class, 60_000));
    if (done.outcomes().stream().anyMatch(one -> one.error().isPresent())) {
      throw new AssertionError(done.toString());
    }
  }

  /** What the cloud refused. */
  SetAside aside() throws Exception {
    return await(new RoomCalls(vertx, directory).ask(ORG, new AskSetAside(ORG), SetAside.class, 60_000));
  }

  /** Leaves an event out for ever that the cloud refused. */
  SyncState giveUp(String id) throws Exception {
    GiveUp wish = new GiveUp(ORG, List.of(id));
    return await(new RoomCalls(vertx, directory).ask(ORG, wish, SyncState.class, 60_000));
  }

  SyncState state() throws Exception {
    return await(new RoomCalls(vertx, directory).ask(ORG, new AskSyncState(ORG), SyncState.class, 60_000));
  }

  /** Where the desktop stands in the cloud's log; empty text before the first time. */
  String cursor() throws Exception {
    return state().cursor().map(at -> at.cursor()).orElse("");
  }

  /** Which incarnation of its log readers of this desktop follow. */
  String logId() throws Exception {
    return await(new RoomCalls(vertx, directory).read(ORG, new AskHead(ORG), Head.class, 60_000)).position().logId();
  }

  /** Ids of everything in this desktop's log, in order. */
  List<String> ids() throws Exception {
    return await(log.read(Channel.root(ORG), 0, Long.MAX_VALUE, 5_000, 1 << 24)).events().stream()
        .map(event -> new JsonObject(Buffer.buffer(event.json())).getString("id")).toList();
  }

  JsonObject status() throws Exception {
    Answer answer = await(Requests.ask(vertx.eventBus(), Addresses.SYNC, new AskSync(), Answer.class, 60_000));
    return new JsonObject(Buffer.buffer(answer.json()));
  }

  JsonObject orgStatus() throws Exception {
    return status().getJsonArray("orgs").getJsonObject(0);
  }

  /** The secret that the desktop told the cloud last. */
  String secret() {
    List<FakeCloud.Asked> registrations = cloud.askedFor("/api/callbacks").stream()
        .filter(one -> one.method().equals("POST")).toList();
    return new JsonObject(registrations.get(registrations.size() - 1).body()).getString("secret");
  }

  /** Pushes a body signed with that secret; fails as the bridge refuses. */
  JsonObject push(String secret, String body) throws Exception {
    long seconds = clock.wallMs() / 1_000;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String signature = WebhookSignature.sign(List.of(secret), "msg-1", seconds, bytes);
    return push(new Push("msg-1", Long.toString(seconds), signature, bytes));
  }

  JsonObject push(Push push) throws Exception {
    Answer answer = await(Requests.ask(vertx.eventBus(), Addresses.SYNC, push, Answer.class, 60_000));
    return new JsonObject(Buffer.buffer(answer.json()));
  }

  static String range(String logId, long after, long through, JsonObject... events) {
    return new JsonObject().put("logId", logId).put("after", after).put("through", through)
        .put("events", new JsonArray(List.of(events))).encode();
  }

  static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws TimeoutException {
    for (String deployed : vertx.deploymentIDs()) {
      await(vertx.undeploy(deployed));
    }
    await(log.close());
    await(vertx.close());
  }
}
