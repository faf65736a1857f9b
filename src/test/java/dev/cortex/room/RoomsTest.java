package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.ShardMap;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.log.LogException.Kind;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class RoomsTest {

  private static final int TURNS = 10_000;

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final ShardMap shardMap = new ShardMap(4, false);
  private final Rooms rooms = new Rooms(log, shardMap, 100, room -> false);
  private final int shard = shardMap.shardOf("acme");

  @Test
  void theRoomOfAnotherNodeIsNotServed() {
    assertThat(failure(load())).isEqualTo(ErrorCode.MOVED);
    assertThat(rooms.epoch(shard)).isZero();
    claim();
    assertThat(load().succeeded()).isTrue();
    rooms.drop(List.of(shard));
    assertThat(failure(load())).isEqualTo(ErrorCode.MOVED);
    assertThat(rooms.size()).isZero();
  }

  @Test
  void aRoomWhoseShardIsDroppedWhileItIsReadIsNotServed() {
    claim();
    Future<Room> loading = rooms.load("acme");
    rooms.drop(List.of(shard));
    schedule.run(TURNS);

    assertThat(failure(loading)).isEqualTo(ErrorCode.MOVED);
    assertThat(rooms.size()).isZero();
  }

  @Test
  void reclaimingTakesNothingFromAnother() {
    claim();
    log.claim("n2", List.of(shard));
    Future<?> lost = rooms.reclaim("n1", List.of(shard));
    schedule.run(TURNS);

    assertThat(lost.result()).isEqualTo(Set.of(shard));
    assertThat(rooms.owned()).isEmpty();
    assertThat(log.epochs()).isEqualTo(Map.of(shard, 2L));
  }

  @Test
  void aReclaimOfUnknownOutcomeIsRepeatedBeforeItCounts() {
    claim();
    log.failNext(Kind.UNKNOWN, true);
    rooms.reclaim("n1", List.of(shard));
    schedule.run(TURNS);
    assertThat(rooms.outdated(log.epochs())).as("it may be our own raise").isEmpty();
    rooms.ensureClaimed("n1", List.of("acme"));
    schedule.run(TURNS);

    assertThat(rooms.epoch(shard)).isEqualTo(3);
  }

  @Test
  void aHigherEpochInTheStoreMeansThatAShardIsAnothers() {
    claim();

    assertThat(rooms.outdated(Map.of(shard, 1L))).isEmpty();
    assertThat(rooms.outdated(Map.of(shard, 2L))).containsExactly(shard);
    assertThat(rooms.outdated(Map.of((shard + 1) % 4, 2L))).isEmpty();
  }

  @Test
  void roomsNobodyUsesLeaveMemoryALittleAtATime() {
    rooms.claim("n1", List.of(0, 1, 2, 3));
    schedule.run(TURNS);
    rooms.passivate(0, 100, 10);
    for (int i = 0; i < 20; i++) {
      rooms.load("org" + i);
    }
    schedule.run(TURNS);
    rooms.passivate(50, 100, 10);
    rooms.load("org0");
    assertThat(rooms.passivate(99, 100, 10)).isZero();
    assertThat(rooms.passivate(100, 100, 10)).isEqualTo(10);
    assertThat(rooms.passivate(100, 100, 10)).isEqualTo(9);
    assertThat(rooms.inMemory("org0")).as("used since").isPresent();
    assertThat(rooms.passivate(150, 100, 10)).isEqualTo(1);
  }

  private void claim() {
    rooms.claim("n1", List.of(shard));
    schedule.run(TURNS);
  }

  private Future<Room> load() {
    Future<Room> loading = rooms.load("acme");
    schedule.run(TURNS);
    return loading;
  }

  private static ErrorCode failure(Future<?> refused) {
    return ((RefusedException) refused.cause()).code();
  }
}
