package dev.cortex.room;

import dev.cortex.event.Draft;
import dev.cortex.event.Priority;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.SyncMarks;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Batches of one session to number, for benchmarks. */
public final class NumberingLoad {

  private static final long NOW = 1_764_000_000_000L;

  private final Room room = new Room("acme", 0, "benchbenchben");
  private final List<Draft> drafts = new ArrayList<>();
  private final Known nothing = new Known(Map.of(), Map.of());
  private final Known everything;

  /** A batch of so many events with 200 bytes of payload. */
  public NumberingLoad(int events) {
    byte[] payload = ("{\"text\":\"" + "x".repeat(189) + "\"}").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < events; i++) {
      drafts.add(new Draft(
          String.format("01900000-0000-7000-8000-%012x", i), true, "acme", "user-1", "agent.token", payload, NOW,
          "planner", "s-1", 0, "planner/s-1/" + i, Priority.STANDARD, ""));
    }
    Map<KeyRef, KeyRow> keys = new HashMap<>();
    for (NewEvent event : fresh().events()) {
      event.keys().forEach(row -> keys.put(row.key(), row));
    }
    everything = new Known(keys, Map.of());
  }

  /** Numbers the batch as new events. */
  public OrgAppend fresh() {
    return number(nothing);
  }

  /** Finds out that the batch was stored already. */
  public OrgAppend repeated() {
    return number(everything);
  }

  private OrgAppend number(Known known) {
    Numbering numbering = new Numbering(room, 1, known, Long.MAX_VALUE);
    Publishing publishing = new Publishing(numbering);
    for (Draft draft : drafts) {
      publishing.add(draft, NOW);
    }
    return numbering.append(SyncMarks.Noted.NOTHING);
  }
}
