package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Desktop;
import dev.cortex.event.Hash128;
import dev.cortex.event.Position;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.SyncMarks;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PostgreSQL finds the rows of every hot statement by an index, also in tables it knows nothing about yet. */
@Timeout(120)
final class PostgresPlanTest {

  private static PostgresLogs logs;
  private static PostgresEventLog log;

  @BeforeAll
  static void open() {
    logs = new PostgresLogs();
    log = logs.open();
  }

  @AfterAll
  static void close() {
    logs.close();
  }

  /** Binds the parameters of a statement. */
  private interface Binding {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private static String plan(String statement, Binding binding) {
    return await(
        log.database()
            .commit(
                0,
                sql -> {
                  PreparedStatement explain = sql.prepare("EXPLAIN " + statement);
                  binding.bind(explain);
                  StringBuilder plan = new StringBuilder();
                  try (ResultSet row = explain.executeQuery()) {
                    while (row.next()) {
                      plan.append(row.getString(1)).append('\n');
                    }
                  }
                  return plan.toString();
                }));
  }

  @Test
  void appendFindsShardsAndHeadsByTheirKeysAndJoinsNoEvents() {
    OrgAppend append = append("acme", 1, 0, 3, "a", "s");
    String plan = plan(PostgresAppend.STATEMENT, new PostgresAppend(List.of(append), 1)::bind);
    assertThat(plan).contains("Index Scan using shards_pkey", "Index Scan using org_heads_").doesNotContain("Seq Scan");
    assertThat(plan.lines().filter(line -> line.contains("Join") || line.contains("Nested Loop")))
        .as("the heads are looked up, everything else is taken as it comes: %s", plan)
        .hasSize(1);
    assertThat(plan.lines().filter(line -> line.contains("SubPlan") && !line.contains("Filter")))
        .as(plan)
        .allMatch(line -> line.contains("hashed") || line.strip().matches("SubPlan \\d+"));
    assertThat(plan).contains("Function Scan on e", "Function Scan on k", "Function Scan on s");
  }

  @Test
  void appendThatNotesFindsOutboxesAndRefusalsByTheirKeys() {
    OutboxRef outbox = new OutboxRef("acme", new Desktop("laptop", "first"));
    List<OutboxRow.Refusal> refusals = List.of(new OutboxRow.Refusal(2, "id-2", "forbidden", ""));
    OutboxRow row = new OutboxRow(outbox, "user u", 2, new Hash128(0, 1), refusals);
    SyncMarks.Noted noted = new SyncMarks.Noted(0, List.of(row), Optional.of(new Position("ccccccccccccc", 7)));
    PostgresAppend append =
        new PostgresAppend(
            List.of(new OrgAppend("acme", 0, 1, TestEvents.logId("acme"), 0, List.of(), List.of(), noted)), 1);
    assertThat(append.text()).isEqualTo(PostgresAppend.NOTING);
    String plan = plan(append.text(), append::bind);
    assertThat(plan)
        .contains("Index Scan using shards_pkey", "Index Scan using org_heads_", "outbox_refusals_pkey")
        .doesNotContain("Seq Scan");
  }

  @Test
  void appendWithoutAnythingToNoteHasNoPartsForIt() {
    OrgAppend append = append("acme", 1, 0, 3, "a", "s");
    assertThat(new PostgresAppend(List.of(append), 1).text()).isEqualTo(PostgresAppend.STATEMENT);
    assertThat(PostgresAppend.STATEMENT).doesNotContain("outboxes", "sync_cursors");
  }

  @ParameterizedTest
  @CsvSource({
    "READ_ORG, realtime_events_pkey",
    "READ_SESSION, idx_events_session",
    "READ_AGENT, idx_events_agent",
    "COUNT_SESSION, idx_events_session",
    "COUNT_AGENT, idx_events_agent",
    "AFTER_SEQUENCE, idx_events_session",
    "RECEIVED_AT, realtime_events_pkey",
    "KEYS, event_keys_pkey",
    "SESSIONS, sessions_pkey",
    "SWEEP_KEYS, idx_event_keys_received",
    "SWEEP_SESSIONS, idx_sessions_touched",
    "SWEEP_LOG_IDS, idx_old_log_ids_retired",
    "RETIRE_HEADS, idx_org_heads_gone",
    "EXPIRED, idx_org_heads_oldest",
    "EXPIRED, realtime_events_pkey",
    "OLDEST_RETAINED, idx_org_heads_oldest",
    "FIRST_UNCONFIRMED, realtime_events_pkey",
    "OUTBOX, outboxes_pkey",
    "REFUSALS, outbox_refusals_pkey",
    "CURSOR, sync_cursors_pkey",
  })
  void rowsAreFoundByAnIndex(String name, String index) {
    String plan = plan(statement(name), explain -> bind(name, explain));
    assertThat(plan).contains(index).doesNotContain("Seq Scan");
    if (name.startsWith("READ_")) {
      assertThat(plan).as("pages come in order").doesNotContain("Sort");
    }
  }

  private static void bind(String name, PreparedStatement explain) throws SQLException {
    if (name.equals("KEYS")) {
      for (int i = 0; i < 64; i++) {
        explain.setString(3 * i + 1, "acme");
        explain.setInt(3 * i + 2, 1);
        explain.setBytes(3 * i + 3, new byte[16]);
      }
      return;
    }
    int count = (int) statement(name).chars().filter(c -> c == '?').count();
    int texts =
        switch (name) {
          case "SESSIONS" -> count;
          case "READ_ORG", "RECEIVED_AT", "FIRST_UNCONFIRMED", "CURSOR" -> 1;
          case "READ_AGENT", "COUNT_AGENT" -> 2;
          case "READ_SESSION", "COUNT_SESSION", "AFTER_SEQUENCE", "OUTBOX", "REFUSALS" -> 3;
          default -> 0;
        };
    for (int place = 1; place <= count; place++) {
      if (place <= texts) {
        explain.setString(place, "a" + place);
      } else {
        explain.setLong(place, 7);
      }
    }
  }

  private static String statement(String name) {
    return switch (name) {
      case "READ_ORG" -> EventRows.READ_ORG;
      case "READ_SESSION" -> EventRows.READ_SESSION;
      case "READ_AGENT" -> EventRows.READ_AGENT;
      case "COUNT_SESSION" -> EventRows.COUNT_SESSION;
      case "COUNT_AGENT" -> EventRows.COUNT_AGENT;
      case "AFTER_SEQUENCE" -> EventRows.AFTER_SEQUENCE;
      case "RECEIVED_AT" -> EventRows.RECEIVED_AT;
      case "KEYS" -> KnownRows.keyQuery(64);
      case "SESSIONS" -> KnownRows.sessionQuery(64);
      case "SWEEP_KEYS" -> Upkeep.SWEEP_KEYS;
      case "SWEEP_SESSIONS" -> Upkeep.SWEEP_SESSIONS;
      case "SWEEP_LOG_IDS" -> Upkeep.SWEEP_LOG_IDS;
      case "RETIRE_HEADS" -> Upkeep.RETIRE_HEADS;
      case "EXPIRED" -> HeadRows.EXPIRED;
      case "OLDEST_RETAINED" -> Upkeep.OLDEST_RETAINED;
      case "FIRST_UNCONFIRMED" -> Upkeep.FIRST_UNCONFIRMED;
      case "OUTBOX" -> MarkRows.OUTBOX;
      case "REFUSALS" -> MarkRows.REFUSALS;
      case "CURSOR" -> MarkRows.CURSOR;
      default -> throw new IllegalArgumentException(name);
    };
  }
}
