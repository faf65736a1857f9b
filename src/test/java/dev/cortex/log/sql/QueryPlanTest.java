package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.ResultSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every statement of the hot paths, and every sweep, finds its rows by an index and never reads a whole table. */
@Timeout(120)
final class QueryPlanTest {

  @TempDir Path dataDir;

  private Vertx vertx;
  private SqliteEventLog log;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    log = await(SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM));
  }

  @AfterEach
  void close() {
    await(log.close());
    await(vertx.close());
  }

  private String plan(String statement) {
    return await(
        log.database()
            .read(
                sql -> {
                  StringBuilder plan = new StringBuilder();
                  try (ResultSet row = sql.prepare("EXPLAIN QUERY PLAN " + statement).executeQuery()) {
                    while (row.next()) {
                      plan.append(row.getString("detail")).append('\n');
                    }
                  }
                  return plan.toString();
                }));
  }

  @ParameterizedTest
  @CsvSource({
    "READ_ORG, sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset>? AND log_offset<?)",
    "READ_SESSION, idx_events_session (org_id=? AND agent_id=? AND session_id=? AND log_offset>? AND log_offset<?)",
    "READ_AGENT, idx_events_agent (org_id=? AND agent_id=? AND log_offset>? AND log_offset<?)",
    "COUNT_SESSION, COVERING INDEX idx_events_session (org_id=? AND agent_id=? AND session_id=?",
    "COUNT_AGENT, COVERING INDEX idx_events_agent (org_id=? AND agent_id=? AND log_offset>? AND log_offset<?)",
    "AFTER_SEQUENCE, COVERING INDEX idx_events_session (org_id=? AND agent_id=? AND session_id=?)",
    "RECEIVED_AT, sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset=?)",
    "KEYS, k USING PRIMARY KEY (org_id=? AND kind=? AND key=?)",
    "SESSIONS, s USING PRIMARY KEY (org_id=? AND agent_id=? AND session_id=?)",
    "SWEEP_KEYS, idx_event_keys_received (received_at<?)",
    "SWEEP_SESSIONS, idx_sessions_touched (touched_at<?)",
    "SWEEP_LOG_IDS, idx_old_log_ids_retired (retired_at<?)",
    "SWEEP_HEADS, idx_org_heads_gone (touched_at<?)",
    "EXPIRED, idx_org_heads_oldest (floor_received_at>? AND floor_received_at<?)",
    "EXPIRED, e USING INDEX sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset=?)",
    "OLDEST_RETAINED, idx_org_heads_oldest (floor_received_at>?)",
    "FIRST_UNCONFIRMED, sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset>? AND log_offset<?)",
    "OUTBOX, outboxes USING PRIMARY KEY (org_id=? AND install=? AND incarnation=?)",
    "REFUSALS, outbox_refusals USING PRIMARY KEY (org_id=? AND install=? AND incarnation=?)",
    "FORGET_REFUSAL, outbox_refusals USING PRIMARY KEY (org_id=? AND install=? AND incarnation=? AND number=?)",
    "CURSOR, sync_cursors USING PRIMARY KEY (org_id=?)",
    "STATE, s USING COVERING INDEX idx_set_aside_offset (org_id=?)",
    "READ_NUMBERED, realtime_events USING INDEX idx_events_outbox (org_id=? AND outbox_number>?)",
    "READ_NUMBERED, set_aside USING INDEX idx_set_aside_outbox (org_id=? AND outbox_number>?)",
    "READ_ASIDE, idx_set_aside_offset (org_id=?)",
    "WAITING, idx_set_aside_offset (org_id=?)",
    "FORGET_EVENT, sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset=?)",
    "FORGET_EVENT, set_aside USING PRIMARY KEY (org_id=? AND id=?)",
    "ANSWER_AGAIN, s USING INDEX idx_set_aside_outbox (org_id=? AND outbox_number>? AND outbox_number<?)",
    "ANSWER_AGAIN, e USING COVERING INDEX sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset=?)",
    "REFUSE_AGAIN, idx_set_aside_outbox (org_id=? AND outbox_number=?)",
    "REFUSE, idx_events_outbox (org_id=? AND outbox_number=?)",
    "TAKE, idx_set_aside_outbox (org_id=? AND outbox_number>? AND outbox_number<?)",
    "FORGET_TAKEN, idx_events_outbox (org_id=? AND outbox_number>? AND outbox_number<?)",
    "FORGET_ASIDE, sqlite_autoindex_realtime_events_1 (org_id=? AND log_offset=?)",
    "NUMBERS, COVERING INDEX idx_events_outbox (org_id=? AND outbox_number>?)",
    "SHIFT_EVENTS, idx_events_outbox (org_id=? AND outbox_number>? AND outbox_number<?)",
    "SHIFT_ASIDE, idx_set_aside_outbox (org_id=? AND outbox_number>? AND outbox_number<?)",
  })
  void rowsAreFoundByAnIndex(String name, String index) {
    String plan = plan(statement(name));
    assertThat(plan).contains(index);
    assertThat(plan.lines().filter(step -> step.startsWith("SCAN")))
        .as(plan)
        .allMatch(step -> step.contains("wanted") || step.contains("CONSTANT ROW") || step.equals("SCAN w"));
    if (name.startsWith("READ_")) {
      assertThat(plan).doesNotContain("TEMP B-TREE");
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
      case "SWEEP_HEADS" -> Upkeep.SWEEP_HEADS;
      case "EXPIRED" -> HeadRows.EXPIRED;
      case "OLDEST_RETAINED" -> Upkeep.OLDEST_RETAINED;
      case "FIRST_UNCONFIRMED" -> Upkeep.FIRST_UNCONFIRMED;
      case "OUTBOX" -> MarkRows.OUTBOX;
      case "REFUSALS" -> MarkRows.REFUSALS;
      case "FORGET_REFUSAL" -> MarkRows.FORGET_REFUSAL;
      case "CURSOR" -> MarkRows.CURSOR;
      default -> outboxStatement(name);
    };
  }

  private static String outboxStatement(String name) {
    return switch (name) {
      case "STATE" -> OutboxRows.STATE;
      case "READ_NUMBERED" -> OutboxRows.NUMBERED;
      case "READ_ASIDE" -> OutboxRows.ASIDE;
      case "WAITING" -> AsideChanges.WAITING;
      case "FORGET_EVENT" -> AsideChanges.FORGET_EVENT;
      case "ANSWER_AGAIN" -> OutboxChanges.ANSWER_AGAIN;
      case "REFUSE_AGAIN" -> OutboxChanges.REFUSE_AGAIN;
      case "REFUSE" -> OutboxChanges.REFUSE;
      case "TAKE" -> OutboxChanges.TAKE;
      case "FORGET_TAKEN" -> OutboxChanges.FORGET_TAKEN;
      case "FORGET_ASIDE" -> OutboxChanges.FORGET_ASIDE;
      case "NUMBERS" -> OutboxChanges.NUMBERS;
      case "SHIFT_EVENTS" -> OutboxChanges.SHIFT_EVENTS;
      case "SHIFT_ASIDE" -> OutboxChanges.SHIFT_ASIDE;
      default -> throw new IllegalArgumentException(name);
    };
  }
}
