package dev.cortex.room;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.Requests;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.RefusedException;
import dev.cortex.log.EventLog;
import dev.cortex.log.sql.SqliteEventLog;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes on one event bus and one store, with a failure detector that the test turns. */
@Timeout(300)
final class OrgRoomVerticleTest {

  private static final int SHARDS = 8;
  private static final int PATIENCE_SECONDS = 60;

  private static final class Detector implements Members {
    private final List<Consumer<Set<String>>> listeners = new CopyOnWriteArrayList<>();
    private volatile Set<String> live = Set.of();

    private void see(String... nodes) {
      live = Set.of(nodes);
      listeners.forEach(listener -> listener.accept(live));
    }

    @Override
    public Set<String> live() {
      return live;
    }

    @Override
    public void onChange(Consumer<Set<String>> listener) {
      listeners.add(listener);
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final Detector detector = new Detector();
  private final ShardMap shardMap = new ShardMap(SHARDS, false);
  private final Directory first = directory("n1");
  private final Directory second = directory("n2");
  private CortexConfig config;
  private EventLog log;
  private OrgRoomVerticle one;
  private OrgRoomVerticle two;
  private String twosId;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    config = ConfigLoader.load(new ConfigSource("local", Optional.empty(), Map.of(), List.of())).config();
    Codecs.register(vertx.eventBus());
    log = await(SqliteEventLog.open(vertx, folder, true, Clock.SYSTEM));
    detector.see("n1");
    one = node(first);
    await(vertx.deployVerticle(one));
    await(one.join("one:1"));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void aNodeThatJoinsAloneOwnsEverything() {
    assertThat(first.view().owners()).containsOnly("n1");
    assertThat(first.view().self()).isEqualTo(new Node("n1", NodeState.READY, "one:1"));
  }

  @Test
  void aNodeThatJoinsTakesItsPartAndGivesItBackBeforeItLeaves() throws Exception {
    joinSecond();
    for (Directory directory : List.of(first, second)) {
      until("both know who owns what", PATIENCE_SECONDS, () -> directory.view().owners().equals(placed("n1", "n2")));
      assertThat(directory.view().nodes().get("n2").address()).isEqualTo("two:1");
    }
    await(two.leave(10_000));
    assertThat(second.view().self().state()).isEqualTo(NodeState.LEAVING);
    until("the first has it all", PATIENCE_SECONDS, () -> first.view().owners().equals(placed("n1")));
    await(vertx.undeploy(twosId));
  }

  @Test
  void publishesAreTakenByTheOwnerAndByTheOtherNodeAfterItsEnd() throws Exception {
    joinSecond();
    String org = orgOf("n2");
    assertThat(append("n2", org, "x")).isEqualTo(Outcome.accepted("x", 1, 0));
    assertThatThrownBy(() -> append("n1", org, "z")).isInstanceOfSatisfying(
        RefusedException.class, refused -> assertThat(refused.code()).isEqualTo(ErrorCode.MOVED));

    await(vertx.undeploy(twosId));
    detector.see("n1");
    until("the first took over", PATIENCE_SECONDS, () -> takes("n1", org, "w"));
    assertThat(append("n1", org, "x")).isEqualTo(Outcome.duplicate("x", 1, 0));
    assertThat(append("n1", org, "y")).isEqualTo(Outcome.accepted("y", 3, 0));
  }

  @Test
  void gatewaysAreToldWhereLogsStandAfterADelivery() throws Exception {
    List<Message> heard = new CopyOnWriteArrayList<>();
    String gateway = Addresses.gateway("n1", 0);
    vertx.eventBus().<Message>localConsumer(gateway).handler(message -> heard.add(message.body()));
    await(Requests.ask(vertx.eventBus(), Addresses.room("n1"), new Attach(gateway, "acme", 1), Attached.class, 60_000));
    append("n1", "acme", "x");

    until("a delivery", PATIENCE_SECONDS, () -> heard.stream().anyMatch(message -> message instanceof Delivery));
    until("a standing", PATIENCE_SECONDS, () -> heard.stream().anyMatch(message ->
        message instanceof Standing standing && standing.heads().get(0).position().offset() == 1));
  }

  private void joinSecond() throws Exception {
    detector.see("n1", "n2");
    two = node(second);
    twosId = await(vertx.deployVerticle(two));
    await(two.join("two:1"));
  }

  private OrgRoomVerticle node(Directory directory) {
    return new OrgRoomVerticle(config, log, new Metrics(), Clock.SYSTEM, directory, detector);
  }

  private Directory directory(String name) {
    Node self = new Node(name, NodeState.STARTING, "");
    return new Directory(shardMap, new View(
        self, Map.of(name, self), Collections.nCopies(SHARDS, ""), Collections.nCopies(SHARDS, 0L)));
  }

  private Outcome append(String node, String org, String id) throws Exception {
    Append append = new Append(org, List.of(Drafts.plain(org, id)));
    return await(Requests.ask(vertx.eventBus(), Addresses.room(node), append, Appended.class, 60_000))
        .outcomes().get(0);
  }

  /** Whether a node owns an org by now; where a shard is to be is known before it has been claimed. */
  private boolean takes(String node, String org, String id) throws Exception {
    try {
      return append(node, org, id).status() == Outcome.Status.ACCEPTED;
    } catch (RefusedException refused) {
      assertThat(refused.code()).isEqualTo(ErrorCode.MOVED);
      return false;
    }
  }

  /** An org that belongs to a node when both are there. */
  private String orgOf(String node) {
    for (int i = 0; true; i++) {
      if (placed("n1", "n2").get(shardMap.shardOf("org" + i)).equals(node)) {
        return "org" + i;
      }
    }
  }

  private static List<String> placed(String... nodes) {
    Set<String> all = new HashSet<>(List.of(nodes));
    return IntStream.range(0, SHARDS).mapToObj(shard -> ShardMap.choose(shard, all)).toList();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
