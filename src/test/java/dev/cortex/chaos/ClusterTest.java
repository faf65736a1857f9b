package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.ClusterNode;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Listening;
import dev.cortex.testing.process.Seed;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes as real processes on one database, and what becomes of events when nodes come, go and die. */
@Tag("process")
@Timeout(600)
final class ClusterTest {

  private static final Duration SERVICE_MAX = Duration.ofSeconds(60);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(40);
  private static final int DRAIN_SECONDS = 6;
  private static final String EVERYTHING = "publish subscribe consume admin";

  @TempDir static Path folder;

  private static Cluster cluster;
  private static int orgs;

  @BeforeAll
  static void threeNodesStart() throws Exception {
    cluster = Cluster.of(3, folder, "server.drain_seconds=" + DRAIN_SECONDS).start();
  }

  @AfterAll
  static void everyProcessEnds() {
    cluster.close();
  }

  @BeforeEach
  void allThreeAreThereAndShareTheShards() throws Exception {
    cluster.awaitShared(SERVICE_MAX.multipliedBy(2));
  }

  @Test
  void whatOneNodeTakesEverySubscriberOnEveryNodeGetsOnceAndInOrder() throws Exception {
    String org = orgOf(cluster.node(1));
    String token = Cluster.token(org, "user-1", EVERYTHING);
    Http http = new Http(token);
    List<Socket> sockets = new ArrayList<>();
    try {
      for (ClusterNode node : cluster.nodes()) {
        sockets.add(Socket.plain(http.client(), node.ready(), token, ""));
        Socket rich = Socket.rich(http.client(), node.ready(), token);
        assertThat(rich.next().getString("op")).isEqualTo("welcome");
        rich.send(new JsonObject().put("op", "subscribe").put("channel", org).put("rid", "r"));
        assertThat(rich.next().getString("op")).isEqualTo("subscribed");
        sockets.add(rich);
      }
      for (int i = 1; i <= 60; i++) {
        publish(http, cluster.node(i % 3), i);
      }
      for (Socket socket : sockets) {
        assertThat(sequences(socket, 60)).isEqualTo(upTo(60));
      }
    } finally {
      sockets.forEach(Socket::close);
    }
  }

  @Test
  void theDeathOfAnOwnerLosesNothingAndItsOrgsAreServedAgainWithinSeconds() throws Exception {
    ClusterNode victim = cluster.node(1);
    String org = orgOf(victim);
    String token = Cluster.token(org, "user-1", EVERYTHING);
    Http http = new Http(token);
    try (Socket first = Socket.plain(http.client(), cluster.node(0).ready(), token, "");
        Socket third = Socket.plain(http.client(), cluster.node(2).ready(), token, "")) {
      for (int i = 1; i <= 30; i++) {
        publish(http, cluster.node(2 * (i % 2)), i);
      }
      long killedNs = System.nanoTime();
      victim.process().kill();
      publish(http, cluster.node(0), 31);
      long outMs = (System.nanoTime() - killedNs) / 1_000_000;
      System.out.println("owner killed: its org served again after " + outMs + " ms");
      assertThat(outMs).isLessThan(SERVICE_MAX.toMillis());
      for (int i = 32; i <= 60; i++) {
        publish(http, cluster.node(2 * (i % 2)), i);
      }
      assertThat(sequences(first, 60)).isEqualTo(upTo(60));
      assertThat(sequences(third, 60)).isEqualTo(upTo(60));
      assertThat(http.all(cluster.node(2).ready(), org, "0").stream().map(e -> e.getInteger("sequence")).toList())
          .isEqualTo(upTo(60));
    } finally {
      victim.launch().awaitReady();
    }
  }

  @Test
  void aNodeThatIsToldToEndHandsOverAndSendsItsClientsElsewhere() throws Exception {
    ClusterNode leaver = cluster.node(2);
    String org = orgOf(leaver);
    String token = Cluster.token(org, "user-1", EVERYTHING);
    Http http = new Http(token);
    try (Socket stays = Socket.plain(http.client(), cluster.node(0).ready(), token, "");
        Socket plain = Socket.plain(http.client(), leaver.ready(), token, "");
        Socket rich = Socket.rich(http.client(), leaver.ready(), token)) {
      assertThat(rich.next().getString("op")).isEqualTo("welcome");
      publish(http, cluster.node(0), 1);
      long toldNs = System.nanoTime();
      leaver.process().terminate();
      for (int i = 2; i <= 40; i++) {
        publish(http, cluster.node(i % 2), i);
      }
      assertThat(leaver.process().exitCode(DRAIN_MAX)).isZero();
      System.out.println("signalled node ended after " + (System.nanoTime() - toldNs) / 1_000_000 + " ms");
      assertThat(rich.next().getString("op")).isEqualTo("drain");
      assertThat(plain.closeCode(DRAIN_MAX)).isEqualTo(1012);
      assertThat(sequences(stays, 40)).isEqualTo(upTo(40));
      assertThat(leaver.process().stdout()).hasSize(1);
      assertThat(leaver.process().stderr()).noneMatch(line -> line.contains("level=error"));
    } finally {
      leaver.process().close();
      leaver.launch().awaitReady();
    }
  }

  @Test
  void nodesListenWhereTheyWereToldAndNowhereElse() throws Exception {
    for (ClusterNode node : cluster.nodes()) {
      Set<String> expected = new TreeSet<>(node.ports().all().stream().map(port -> "127.0.0.1:" + port).toList());
      assertThat(Listening.of(node.ready().pid())).isEqualTo(expected);
    }
  }

  @Test
  void strangersOnThePortsOfTheClusterHarmNothing() throws Exception {
    Random random = new Random(Seed.of("strangers"));
    ClusterNode target = cluster.node(0);
    for (int port : List.of(target.ports().membership(), target.ports().messages())) {
      for (int i = 0; i < 20; i++) {
        byte[] noise = new byte[1 + random.nextInt(65_536)];
        random.nextBytes(noise);
        if (i % 2 == 0 && noise.length > 4) {
          ByteBuffer.wrap(noise).putInt(i % 4 == 0 ? Integer.MAX_VALUE : -1); // the length of a message, as it were
        }
        speak(port, noise);
      }
    }
    String org = orgOf(target);
    Http http = new Http(Cluster.token(org, "user-1", EVERYTHING));
    for (int i = 1; i <= 6; i++) {
      publish(http, cluster.node(i % 3), i);
    }
    assertThat(target.owners()).contains(target.id()).hasSize(256);
  }

  @Test
  void aNodeThatPlacesOrgsOtherwiseIsRefusedAndSaysWhy() throws Exception {
    try (Cluster others = Cluster.of(1, folder.resolve("others"))) {
      ClusterNode stranger = others.node(0);
      String members = "127.0.0.1:" + stranger.ports().membership() + ",127.0.0.1:"
          + cluster.node(0).ports().membership();
      stranger.launch("room.shards=128", "cluster.members=" + members);
      ServerProcess.Refusal refusal = stranger.process().refusal();
      assertThat(refusal.code()).isEqualTo("incompatible_cluster");
      assertThat(refusal.message()).contains("room.shards: 128").contains("room.shards: 256");
      assertThat(stranger.process().exitCode(SERVICE_MAX)).isEqualTo(78);
    }
  }

  /** Publishes the event of that sequence until it is known to be stored; repeats are by the same id. */
  private static void publish(Http http, ClusterNode by, int sequence) throws Exception {
    String event =
        new JsonObject()
            .put("id", "e-" + sequence)
            .put("type", "test.happened")
            .put("agentId", "planner")
            .put("sessionId", "s-1")
            .put("sequence", sequence)
            .encode();
    Await.until("event " + sequence + " is stored", SERVICE_MAX, () -> {
      Http.Answer answer = http.post(by.ready(), "/api/events", event);
      boolean stored = answer.status() == 200
          && List.of("accepted", "duplicate").contains(answer.results().get(0).getString("status"));
      assertThat(stored || answer.status() == 503 || answer.status() == 200).as(answer.toString()).isTrue();
      return stored;
    });
  }

  private static List<Integer> sequences(Socket socket, int count) throws InterruptedException {
    List<Integer> seen = new ArrayList<>();
    while (seen.size() < count) {
      JsonObject frame = socket.next();
      if (frame.getString("op") == null) {
        seen.add(frame.getInteger("sequence"));
      }
    }
    assertThat(socket.next(Duration.ofMillis(200)).filter(frame -> frame.getString("op") == null)).isEmpty();
    return seen;
  }

  private static List<Integer> upTo(int last) {
    return IntStream.rangeClosed(1, last).boxed().toList();
  }

  /** An org nobody used yet, whose room is on that node. */
  private static String orgOf(ClusterNode node) throws Exception {
    while (true) {
      String org = "org-" + ++orgs;
      if (cluster.owner(org) == node) {
        return org;
      }
    }
  }

  private static void speak(int port, byte[] bytes) throws IOException {
    try (java.net.Socket stranger = new java.net.Socket("127.0.0.1", port)) {
      OutputStream out = stranger.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (SocketException hungUp) {
      assertThat(hungUp).hasMessageMatching(".*(reset|Broken pipe|closed).*");
    }
  }
}
