package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ReplaysTest {

  private static final int TURNS = 100_000;

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final Rooms mine = rooms("n1");
  private final Replays replays =
      new Replays(log, mine, new ReplayLeases(1_000_000_000L), schedule);

  @Test
  void aCursorAheadOfTheLogIsRefusedForGood() {
    publish("n1", mine, "a-1");

    assertThat(refusal(new Position(logId(), 9))).isEqualTo(ErrorCode.CURSOR_AHEAD);
  }

  @Test
  void anOwnerThatDoesNotKnowYetThatItLostTheRoomTurnsNoGoodCursorAway() {
    publish("n1", mine, "a-1");
    publish("n2", rooms("n2"), "a-2");

    assertThat(mine.load("acme").result().head()).as("what it still believes").isEqualTo(1);
    assertThat(refusal(new Position(logId(), 2))).isEqualTo(ErrorCode.MOVED);
  }

  @Test
  void anOwnerThatNeverSawTheFirstEventTurnsNoCursorOfItsLogAway() {
    mine.claim("n1", List.of(0));
    schedule.run(TURNS);
    Future<Room> before = mine.load("acme");
    schedule.run(TURNS);
    assertThat(before.result().head()).isZero();
    publish("n2", rooms("n2"), "a-1");

    assertThat(refusal(new Position(logId(), 1))).isEqualTo(ErrorCode.MOVED);
  }

  private Rooms rooms(String node) {
    return new Rooms(log, new ShardMap(1, false), 100, room -> false);
  }

  private void publish(String node, Rooms rooms, String id) {
    rooms.claim(node, List.of(0));
    schedule.run(TURNS);
    CommitLanes lanes = new CommitLanes(1, rooms, lane ->
        Lanes.one(log, rooms, new Fanout(node, (a, d) -> {}, 1), Admission.UNLIMITED, schedule));
    lanes.append(new Append("acme", List.of(Drafts.plain("acme", id))));
    schedule.run(TURNS);
  }

  private String logId() {
    Future<String> stored = log.heads(List.of("acme")).map(heads -> heads.get("acme").logId());
    schedule.run(TURNS);
    return stored.result();
  }

  private ErrorCode refusal(Position cursor) {
    Future<Located> located = replays.locate(new Locate(Channel.root("acme"), new Since.Cursor(cursor)));
    schedule.run(TURNS);
    return ((RefusedException) located.cause()).code();
  }
}
