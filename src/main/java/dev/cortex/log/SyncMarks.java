package dev.cortex.log;

import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the log knows of sync. */
@Pure
public final class SyncMarks {

  private SyncMarks() {}

  /**
   * What was found.
   *
   * @param outboxes the outboxes asked for; unknown ones are absent
   * @param cursors how far the cloud's log was applied in the orgs asked for; absent before the first time
   */
  public record Found(Map<OutboxRef, OutboxRow> outboxes, Map<String, Position> cursors) {

    /** Nothing. */
    public static final Found NOTHING = new Found(Map.of(), Map.of());
  }

  /**
   * What an append notes beside its events, in the same transaction.
   *
   * @param outboxHead the highest number this log gave in its own outbox of the org, 0 to leave it as it is
   * @param outboxes outboxes as they are after it: their refusals replace those remembered before
   * @param cursor how far the cloud's log is applied after it; empty to leave it as it is
   */
  public record Noted(long outboxHead, List<OutboxRow> outboxes, Optional<Position> cursor) {

    /** Nothing. */
    public static final Noted NOTHING = new Noted(0, List.of(), Optional.empty());

    /** Whether there is nothing to note. */
    public boolean isEmpty() {
      return outboxHead == 0 && outboxes.isEmpty() && cursor.isEmpty();
    }
  }
}
