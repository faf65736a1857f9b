package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigLoader;
import dev.cortex.config.CortexConfig;
import dev.cortex.testing.Patience;
import dev.cortex.testing.TestAuthority;
import dev.cortex.testing.process.FreePorts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes of one cluster inside one process. */
@Timeout(300)
class HazelcastClusterTest {

  private static final String SECRET = "auth.jwt_secret=0123456789abcdef0123456789abcdef";

  @TempDir Path folder;

  private final List<NodeBus> nodes = new ArrayList<>();

  @AfterEach
  void everyNodeLeaves() throws Exception {
    for (NodeBus node : nodes) {
      await(node.vertx().close());
    }
  }

  @Test
  void nodesSeeEachOtherSpeakAndNoticeWhoLeaves() throws Exception {
    List<Integer> ports = FreePorts.find(2, 1_000);
    NodeBus first = join(config(ports, 0));
    assertThat(first.members().live()).containsExactly(first.node());
    NodeBus second = join(config(ports, 1));
    assertThat(second.node()).isNotEqualTo(first.node());
    LinkedBlockingQueue<Set<String>> told = new LinkedBlockingQueue<>();
    first.members().onChange(told::add);
    Patience.until("both see both", 60, () ->
        first.members().live().size() == 2 && second.members().live().equals(first.members().live()));

    Promise<String> heard = Promise.promise();
    await(second.vertx().eventBus().<String>consumer("greetings", message -> heard.tryComplete(message.body()))
        .completion());
    first.vertx().eventBus().send("greetings", "hello");
    assertThat(await(heard.future())).isEqualTo("hello");

    nodes.remove(second);
    await(second.vertx().close());
    // that both were there may be told late
    Patience.until("it is told", 60, () -> Set.of(first.node()).equals(told.poll(1, TimeUnit.SECONDS)));
    assertThat(first.members().live()).containsExactly(first.node());
  }

  @Test
  void whoPlacesOrgsOtherwiseIsSentAwayAndTheOthersStay() throws Exception {
    List<Integer> ports = FreePorts.find(2, 1_000);
    NodeBus first = join(config(ports, 0));
    StartException refused = refusal(HazelcastCluster.join(config(ports, 1, "room.shards=128"), options()));
    assertThat(refused.failure()).isEqualTo(StartFailure.INCOMPATIBLE_CLUSTER);
    assertThat(refused).hasMessageContaining("room.shards: 128").hasMessageContaining("room.shards: 256")
        .hasMessageContaining("127.0.0.1:" + ports.get(0));
    Patience.until("the first is alone again", 60, () -> first.members().live().equals(Set.of(first.node())));
  }

  @Test
  void aTakenPortIsNamedBeforeAnybodyIsJoined() throws Exception {
    List<Integer> ports = FreePorts.find(1, 1_000);
    try (ServerSocket taken = new ServerSocket(ports.get(0) + 1_000, 1, InetAddress.getByName("127.0.0.1"))) {
      StartException refused = refusal(HazelcastCluster.join(config(ports, 0), options()));
      assertThat(refused.failure()).isEqualTo(StartFailure.PORT_IN_USE);
      assertThat(refused).hasMessageContaining("cluster.port + 1000: 127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void withCertificatesOnlyThoseOfTheSameAuthorityAreHeard() throws Exception {
    List<Integer> ports = FreePorts.find(3, 1_000);
    TestAuthority authority = TestAuthority.in(folder.resolve("ours"));
    NodeBus first = join(config(ports, 0, tls(authority.sign("first"))));
    NodeBus second = join(config(ports, 1, tls(authority.sign("second"))));
    NodeBus stranger = join(config(ports, 2, tls(TestAuthority.in(folder.resolve("theirs")).sign("stranger"))));
    LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    await(first.vertx().eventBus().<String>consumer("greetings", message -> heard.add(message.body())).completion());
    stranger.vertx().eventBus().send("greetings", "from a stranger");
    try (Socket plain = new Socket("127.0.0.1", ports.get(0) + 1_000)) {
      plain.setSoTimeout(60_000);
      plain.getOutputStream().write(new byte[64]);
      byte[] answer = plain.getInputStream().readAllBytes();
      assertThat(answer.length).as("an alert and the end, and no word of the bus").isLessThan(16);
    }
    second.vertx().eventBus().send("greetings", "from a member");
    assertThat(heard.poll(60, TimeUnit.SECONDS)).isEqualTo("from a member");
    assertThat(heard).isEmpty();
  }

  private static String[] tls(TestAuthority.Signed signed) {
    return new String[] {
      "cluster.tls_cert=" + signed.cert(), "cluster.tls_key=" + signed.key(), "cluster.tls_ca=" + signed.authority()
    };
  }

  private NodeBus join(CortexConfig config) throws Exception {
    NodeBus node = await(HazelcastCluster.join(config, options()));
    nodes.add(node);
    return node;
  }

  private static VertxOptions options() {
    return new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(4);
  }

  private static CortexConfig config(List<Integer> ports, int own, String... more) {
    StringBuilder members = new StringBuilder();
    for (int port : ports) {
      members.append(members.isEmpty() ? "" : ",").append("127.0.0.1:").append(port);
    }
    CortexOptions options =
        CortexOptions.local()
            .profile("cloud")
            .environment(Map.of())
            .set("auth.jwt_secret", SECRET)
            .set("store.url", "jdbc:postgresql://127.0.0.1/none")
            .set("cluster.port", String.valueOf(ports.get(own)))
            .set("cluster.members", members.toString());
    for (String set : more) {
      options = options.set(set.substring(0, set.indexOf('=')), set.substring(set.indexOf('=') + 1));
    }
    return ConfigLoader.load(options.source()).config();
  }

  private static StartException refusal(Future<?> start) {
    ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> await(start));
    assertThat(e).as("the start must be refused").isNotNull();
    return (StartException) e.getCause();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
