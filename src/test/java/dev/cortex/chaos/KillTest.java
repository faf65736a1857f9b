package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.chaos.Follower.Way;
import dev.cortex.chaos.Journal.Answered;
import dev.cortex.chaos.Journal.Published;
import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seed;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills the server over and over while clients of every kind go on, then judges by what the clients wrote down. */
@Tag("process")
@Timeout(600)
final class KillTest {

  private static final int KILLS = 20;
  private static final String ORG = "acme";
  private static final Duration DRAIN_MAX = Duration.ofSeconds(120);

  @TempDir Path dataDir;

  private final Whereabouts whereabouts = new Whereabouts();
  private final Journal journal = new Journal();
  private final List<Producer> producers = new ArrayList<>();
  private final List<Follower> followers = new ArrayList<>();

  @Test
  void acceptedEventsSurviveTwentyKillsAtRandomMoments() throws Exception {
    Random random = new Random(Seed.of("kills"));
    cast(random);
    long begunNs = System.nanoTime();
    producers.forEach(Thread::start);
    followers.forEach(Thread::start);
    for (int round = 0; round < KILLS; round++) {
      if (random.nextInt(5) == 0) {
        killWhileStarting(random);
      }
      killUnderLoad(random);
    }
    producers.forEach(Producer::finish);
    try (ServerProcess last = ServerProcess.start(dataDir)) {
      whereabouts.at(last.ready());
      for (Producer producer : producers) {
        producer.join(DRAIN_MAX.toMillis());
        assertThat(producer.isAlive()).as(producer.getName() + " is still waiting for an answer").isFalse();
      }
      // the second mark shows that nothing but the first was still on its way
      everyoneGets(last.ready(), "mark.first");
      everyoneGets(last.ready(), "mark.second");
      whereabouts.end();
    }
    for (Follower follower : followers) {
      follower.join(DRAIN_MAX.toMillis());
      assertThat(follower.isAlive()).as(follower.getName() + " did not notice the end").isFalse();
    }
    report((System.nanoTime() - begunNs) / 1_000_000);
    assertThat(journal.complaints()).isEmpty();
    List<Checker.Log> logs = followers.stream().map(Follower::log).toList();
    assertThat(Checker.faults(journal.published(), journal.answered(), logs)).isEmpty();
    assertThat(journal.answered()).hasSizeGreaterThan(KILLS * 10);
    assertThat(journal.unknowns()).as("kills that hit nothing prove nothing").isPositive();
  }

  private void cast(Random random) {
    producer("single", 1, new Door.OverHttp(), random);
    producer("batch", 25, new Door.OverHttp(), random);
    producer("socket", 16, new Door.OverSocket(), random);
    followers.add(new Follower(Way.PLAIN, ORG, "", whereabouts, journal));
    followers.add(new Follower(Way.RICH, ORG, "", whereabouts, journal));
    followers.add(new Follower(Way.RICH, ORG, "planner", whereabouts, journal));
    followers.add(new Follower(Way.SEQUENCE, ORG, "planner:shared", whereabouts, journal));
    followers.add(new Follower(Way.POLL, ORG, "", whereabouts, journal));
    followers.add(new Follower(Way.STREAM, ORG, "", whereabouts, journal));
  }

  private void producer(String name, int eventsMax, Door door, Random random) {
    Plan plan = new Plan(ORG, name, random.nextLong());
    producers.add(new Producer(name, plan, eventsMax, door, whereabouts, journal));
  }

  private void killWhileStarting(Random random) throws Exception {
    try (ServerProcess server = ServerProcess.launchOn(dataDir)) {
      assertThat(server.endsWithin(Duration.ofMillis(random.nextInt(900)))).isFalse();
      server.kill();
    }
  }

  private void killUnderLoad(Random random) throws Exception {
    try (ServerProcess server = ServerProcess.start(dataDir)) {
      long answersBefore = journal.answers();
      boolean cold = random.nextInt(4) == 0;
      Duration delay = Duration.ofMillis(50 + random.nextInt(650));
      whereabouts.at(server.ready());
      Await.until("traffic", DRAIN_MAX, () -> cold || journal.answers() > answersBefore);
      assertThat(server.endsWithin(delay)).isFalse();
      server.kill();
      whereabouts.nowhere();
    }
  }

  private void everyoneGets(Ready server, String type) throws Exception {
    JsonObject payload = new JsonObject();
    Published mark = new Published(type, "planner:shared", 0, payload.encode().hashCode());
    JsonObject event =
        new JsonObject().put("id", type).put("orgId", ORG).put("type", type).put("payload", payload)
            .put("agentId", "planner").put("sessionId", "shared");
    JsonObject result = new Http().publish(server, event.encode()).results().get(0);
    journal.published(mark);
    journal.answered(new Answered(type, "accepted", result.getLong("offset"), result.getLong("sequence")));
    for (Follower follower : followers) {
      Await.until(follower.getName() + " gets " + type, DRAIN_MAX, () -> follower.lastType().equals(type));
    }
  }

  private void report(long tookMs) {
    long accepted = journal.answered().stream().filter(answer -> answer.status().equals("accepted")).count();
    System.out.println(
        "kills: " + KILLS + " kills in " + tookMs + " ms, " + accepted + " accepted, "
            + (journal.answered().size() - accepted) + " duplicates, " + journal.unknowns() + " unknown");
    followers.forEach(one -> System.out.println("  " + one.getName() + " got " + one.log().events().size()));
  }
}
