package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.boot.RunFile;
import dev.cortex.chaos.Follower.Way;
import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seed;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a server ends: when it is asked to, and when nobody needs it any more. */
@Tag("process")
@Timeout(600)
final class StopTest {

  private static final String ORG = "acme";
  private static final Duration SIGNAL_MAX = Duration.ofSeconds(5);
  private static final Duration ORPHAN_MAX = Duration.ofSeconds(1);
  private static final Duration TRAFFIC_MAX = Duration.ofSeconds(90);

  /** The machine these tests run on may be busy with others. */
  private static final Duration SLACK = Duration.ofSeconds(15);

  @TempDir Path dataDir;

  private final Whereabouts whereabouts = new Whereabouts();
  private final Journal journal = new Journal();

  @Test
  void aSignalUnderLoadEndsTheServerInTimeAndNothingAcceptedIsLost() throws Exception {
    Random random = new Random(Seed.of("signals"));
    List<Producer> producers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Door door = i == 0 ? new Door.OverSocket() : new Door.OverHttp();
      Plan plan = new Plan(ORG, "p" + i, random.nextLong());
      producers.add(new Producer("p" + i, plan, 20, door, whereabouts, journal));
    }
    List<Follower> followers =
        List.of(
            new Follower(Way.PLAIN, ORG, "", whereabouts, journal),
            new Follower(Way.POLL, ORG, "", whereabouts, journal),
            new Follower(Way.STREAM, ORG, "", whereabouts, journal));
    producers.forEach(Thread::start);
    followers.forEach(Thread::start);
    for (int round = 0; round < 4; round++) {
      signalUnderLoad(random);
    }
    producers.forEach(Producer::finish);
    try (ServerProcess last = ServerProcess.start(dataDir)) {
      whereabouts.at(last.ready());
      for (Producer producer : producers) {
        producer.join(TRAFFIC_MAX.toMillis());
      }
      long head = journal.answered().stream().mapToLong(Journal.Answered::offset).max().orElseThrow();
      for (Follower follower : followers) {
        Await.until(follower.getName() + " is at " + head, TRAFFIC_MAX, () -> follower.lastOffset() >= head);
      }
      whereabouts.end();
    }
    for (Follower follower : followers) {
      follower.join(TRAFFIC_MAX.toMillis());
    }
    System.out.println(
        "signals: " + journal.answered().size() + " answered, " + journal.unknowns() + " unknown");
    assertThat(journal.complaints()).isEmpty();
    assertThat(
            Checker.faults(
                journal.published(), journal.answered(), followers.stream().map(Follower::log).toList()))
        .isEmpty();
    assertThat(journal.answered()).hasSizeGreaterThan(100);
  }

  private void signalUnderLoad(Random random) throws Exception {
    try (ServerProcess server = ServerProcess.start(dataDir)) {
      long before = journal.answers();
      whereabouts.at(server.ready());
      Await.until("traffic", TRAFFIC_MAX, () -> journal.answers() > before + 20);
      assertThat(server.endsWithin(Duration.ofMillis(random.nextInt(500)))).isFalse();
      long begunNs = System.nanoTime();
      server.terminate();
      assertThat(server.exitCode(SIGNAL_MAX.plus(SLACK))).isZero();
      whereabouts.nowhere();
      System.out.println("signals: ended after " + (System.nanoTime() - begunNs) / 1_000_000 + " ms");
      assertThat(server.stdout()).hasSize(1);
      assertThat(server.stderr()).as("a stop is no trouble").noneMatch(line -> line.contains("level=error"));
      assertThat(RunFile.read(dataDir)).isEmpty();
      assertThat(Files.exists(dataDir.resolve("cortex.db-wal"))).as("everything is in one file").isFalse();
    }
  }

  @Test
  void aPlainSubscriberIsToldToComeBack() throws Exception {
    try (ServerProcess server = ServerProcess.start(dataDir);
        Socket socket = Socket.plain(new Http().client(), server.ready(), "")) {
      server.terminate();
      assertThat(socket.closeCode(SIGNAL_MAX.plus(SLACK))).isEqualTo(1012);
      assertThat(server.exitCode(SIGNAL_MAX.plus(SLACK))).isZero();
    }
  }

  @Test
  void theEndOfStandardInputEndsAChildInASecond() throws Exception {
    try (ServerProcess server = ServerProcess.start(dataDir, "--exit-with-parent")) {
      server.stdin().close();
      assertThat(server.exitCode(ORPHAN_MAX.plus(SLACK))).isZero();
      assertThat(RunFile.read(dataDir)).isEmpty();
    }
  }

  @Test
  void theDeathOfItsParentEndsAChildInASecond() throws Exception {
    try (ServerProcess shell = ServerProcess.startUnderShell(dataDir, "--exit-with-parent")) {
      assertThat(shell.server().pid()).isNotEqualTo(shell.handle().pid());
      shell.kill();
      Await.until("the server is gone", ORPHAN_MAX.plus(SLACK), () -> RunFile.read(dataDir).isEmpty());
      Await.until("its process is gone", SLACK, () -> !running(shell.server()));
    }
  }

  @Test
  void withoutTheFlagAServerOutlivesItsParent() throws Exception {
    try (ServerProcess shell = ServerProcess.startUnderShell(dataDir)) {
      shell.kill();
      shell.stdin().close();
      assertThat(new Http().get(shell.ready(), "/readyz").status()).isEqualTo(200);
      assertThat(running(shell.server())).isTrue();
    }
  }

  /** A process whose parent never asks how it ended stays behind as a name without a body. */
  private static boolean running(ProcessHandle process) throws Exception {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    boolean zombie = Files.exists(stat) && Files.readString(stat).contains(") Z ");
    return process.isAlive() && !zombie;
  }
}
