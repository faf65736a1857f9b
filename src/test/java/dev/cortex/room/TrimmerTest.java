package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.Message.Trimmed;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Draft;
import dev.cortex.log.LogException.Kind;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class TrimmerTest {

  private static final int TURNS = 1_000_000;

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final Rooms rooms = new Rooms(log, new ShardMap(1, false), 100, room -> false);
  private final ReplayLeases leases = new ReplayLeases(1_000_000_000L);
  private final CommitLanes lanes = new CommitLanes(1, rooms, lane ->
      Lanes.one(log, rooms, new Fanout("n1", (a, d) -> {}, 1), Admission.UNLIMITED, schedule));
  private final Trimmer trimmer = new Trimmer(log, rooms, lanes, leases, schedule);

  @BeforeEach
  void claim() {
    rooms.claim("n1", List.of(0));
    schedule.run(TURNS);
  }

  @Test
  void expiredEventsOfEveryOrgGoAndTheirCountIsTold() {
    publish("acme", 1_200);
    publish("bell", 3);

    assertThat(trim().result().events()).isEqualTo(1_203);
    assertThat(log.floor("acme")).isEqualTo(1_200);
    assertThat(log.floor("bell")).isEqualTo(3);
  }

  @Test
  void aTrimThatFailedServesWhatIsLeftAndIsDoneTheNextTime() {
    publish("acme", 600);
    log.failNext(Kind.BUSY, false);

    assertThat(trim().failed()).isTrue();
    assertThat(rooms.load("acme").result().floor()).isZero();
    assertThat(trim().result().events()).isEqualTo(600);
  }

  @Test
  void whatMovedAwayIsLeftToItsNewOwner() {
    publish("acme", 3);
    rooms.drop(List.of(0));

    assertThat(trim().result()).isEqualTo(new Trimmed(0, 0));
    assertThat(log.floor("acme")).isZero();
    Future<Long> mark = log.retentionMark();
    schedule.run(TURNS);
    assertThat(mark.result()).as("noted by the owner of the first shard").isZero();
  }

  @Test
  void theOwnerOfTheFirstShardNotesTheTime() {
    trim();
    Future<Long> mark = log.retentionMark();
    schedule.run(TURNS);

    assertThat(mark.result()).isPositive();
  }

  @Test
  void aReaderIsNotOvertaken() {
    publish("acme", 600);
    leases.reading("acme", "r", 100, schedule.monotonicNs());

    assertThat(trim().result().events()).isEqualTo(100);
    leases.done("acme", "r");
    assertThat(trim().result().events()).isEqualTo(500);
  }

  @Test
  void aLongBacklogGoesWithoutADeepStack() throws InterruptedException {
    Throwable[] thrown = new Throwable[1];
    Thread shallow = new Thread(null, () -> {
      publish("acme", 100_000);
      assertThat(trim().result().events()).isEqualTo(100_000);
    }, "shallow", 256 * 1024);
    shallow.setUncaughtExceptionHandler((thread, failure) -> thrown[0] = failure);
    shallow.start();
    shallow.join();

    assertThat(thrown[0]).isNull();
  }

  private Future<Trimmed> trim() {
    long nowMs = schedule.wallMs() + 1;
    Future<Trimmed> trimmed = trimmer.trim(new Trim(nowMs, nowMs, nowMs));
    schedule.run(TURNS);
    return trimmed;
  }

  private void publish(String org, int events) {
    for (int from = 0; from < events; from += 400) {
      List<Draft> drafts = new ArrayList<>();
      for (int i = from; i < Math.min(events, from + 400); i++) {
        drafts.add(Drafts.plain(org, "x" + i));
      }
      lanes.append(new Append(org, drafts));
      schedule.run(TURNS);
    }
  }
}
