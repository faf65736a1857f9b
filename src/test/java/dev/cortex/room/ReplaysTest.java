package dev.cortex.room;

import static dev.cortex.room.Drafts.plain;
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
import dev.cortex.ops.Metrics;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class ReplaysTest {

  private static final int TURNS = 10_000;

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);

  @Test
  void anOwnerThatIsOneNoLongerCallsNoCursorOfTheNextOneAheadOfTheLog() {
    Rooms former = owner("n1", "x");
    String logId = former.inMemory("acme").orElseThrow().logId();
    owner("n2", "y");
    Replays replays = new Replays(log, former, new ReplayLeases(1), schedule);

    assertThat(refusal(replays, new Position(logId, 2))).isEqualTo(ErrorCode.MOVED);
    assertThat(refusal(replays, new Position(logId, 3))).isEqualTo(ErrorCode.CURSOR_AHEAD);
  }

  private Rooms owner(String node, String eventId) {
    Rooms rooms = new Rooms(log, new ShardMap(1, false), 100, room -> false);
    Fanout fanout = new Fanout(node, (address, delivery) -> { }, 1 << 20);
    CommitLane lane =
        new CommitLane(node, log, rooms, fanout, Admission.UNLIMITED, new Metrics(), schedule, 1, lost -> { });
    rooms.claim(node, List.of(0));
    schedule.run(TURNS);
    lane.append(new Append("acme", List.of(plain("acme", eventId))));
    schedule.run(TURNS);
    return rooms;
  }

  private ErrorCode refusal(Replays replays, Position from) {
    Future<Located> located = replays.locate(new Locate(Channel.root("acme"), new Since.Cursor(from)));
    schedule.run(TURNS);
    return ((RefusedException) located.cause()).code();
  }
}
