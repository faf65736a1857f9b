package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.log.AppendResult;
import dev.cortex.log.LogException;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When log ids are renewed: when something acknowledged is missing, and never because a server or a room moved. */
@Timeout(300)
final class PostgresIdentityTest {

  private PostgresLogs logs;
  private PostgresEventLog log;
  private long epoch;

  @BeforeEach
  void open() {
    logs = new PostgresLogs();
    log = logs.open();
    epoch = await(log.claim("n", List.of(0))).get(0);
    assertThat(put(append("acme", epoch, 0, 5))).isEqualTo(AppendResult.COMMITTED);
    assertThat(put(append("globex", epoch, 0, 2))).isEqualTo(AppendResult.COMMITTED);
    assertThat(put(append("acme", epoch, 5, 1))).isEqualTo(AppendResult.COMMITTED);
  }

  @AfterEach
  void close() {
    logs.close();
  }

  private AppendResult put(OrgAppend append) {
    return await(log.append(List.of(append))).get(0);
  }

  private Map<String, OrgHead> heads() {
    return await(log.heads(List.of("acme", "globex")));
  }

  private void change(String... statements) {
    try (Connection connection = logs.database.connect();
        Statement statement = connection.createStatement()) {
      for (String text : statements) {
        statement.execute(text);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRenewedAndShutOut() {
    assertThat(put(append("acme", epoch, 5, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(log.renewed()).isTrue();
    assertThat(heads().values()).extracting(OrgHead::logId)
        .doesNotContain(TestEvents.logId("acme"), TestEvents.logId("globex"));
    assertThat(await(log.orgOfLog(TestEvents.logId("acme")))).contains("acme");
    assertThat(await(log.claim("n", List.of(0))).get(0)).isGreaterThan(epoch + 100);
  }

  @Test
  void failoverThatLostAcknowledgedEventsRenewsEveryLogId() {
    change(
        "DELETE FROM event_keys WHERE org_id = 'acme' AND log_offset = 6",
        "DELETE FROM realtime_events WHERE org_id = 'acme' AND log_offset = 6",
        "UPDATE org_heads SET head = 5 WHERE org_id = 'acme'");
    breakConnections();
    assertRenewedAndShutOut();
  }

  @Test
  void failoverThatLostAWholeLogIsRecognisedByItsCursor() {
    change(
        "DELETE FROM event_keys WHERE org_id = 'acme'",
        "DELETE FROM realtime_events WHERE org_id = 'acme'",
        "DELETE FROM org_heads WHERE org_id = 'acme'");
    breakConnections();
    assertRenewedAndShutOut();
    breakConnections();
    String renewed = heads().get("globex").logId();
    await(log.claim("n", List.of(0)));
    assertThat(heads().get("globex").logId()).as("renewed once").isEqualTo(renewed);
  }

  @Test
  void failoverThatLostAClaimGivesOutNoEpochTwice() {
    long lost = await(log.claim("n", List.of(0))).get(0);
    change("UPDATE shards SET epoch = " + epoch + " WHERE shard = 0");
    breakConnections();
    assertThat(await(log.claim("m", List.of(0))).get(0)).isGreaterThan(lost);
    assertThat(put(append("acme", lost, 6, 1))).isEqualTo(AppendResult.DEPOSED);
  }

  @Test
  void connectionsThatBreakWithoutLossChangeNothing() {
    breakConnections();
    assertThat(put(append("acme", epoch, 6, 1))).isEqualTo(AppendResult.COMMITTED);
    assertThat(log.renewed()).isFalse();
    assertThat(heads().get("acme").logId()).isEqualTo(TestEvents.logId("acme"));
  }

  /** Each lane finds its connection broken once; nothing of what is asked here matters. */
  private void breakConnections() {
    logs.cut();
    log.append(List.of(append("initech", epoch, 99, 1))).otherwiseEmpty().await();
    log.claim("n", List.of()).otherwiseEmpty().await();
    log.reclaim("nobody", List.of(0)).otherwiseEmpty().await();
  }

  @Test
  void dumpReadIntoAnotherServerIsARestore() {
    change("UPDATE meta SET value = '4711' WHERE name = 'system_identifier'");
    PostgresEventLog other = logs.open();
    assertThat(other.renewed()).isTrue();
    assertThat(heads().get("acme").logId()).isNotEqualTo(TestEvents.logId("acme"));
    assertThat(put(append("acme", epoch, 6, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(logs.open().renewed()).isFalse();
  }

  @Test
  void emptiedNoteMeansARestoreAndANewTimelineDoesNot() {
    change("UPDATE meta SET value = '99' WHERE name = 'timeline'");
    assertThat(logs.open().renewed()).isFalse();
    change("UPDATE meta SET value = '' WHERE name = 'system_identifier'");
    assertThat(logs.open().renewed()).isTrue();
    assertThat(logs.open().renewed()).isFalse();
  }

  @Test
  void movedRoomKeepsItsLogId() {
    PostgresEventLog other = logs.open();
    await(other.claim("m", List.of(0)));
    assertThat(other.renewed()).isFalse();
    assertThat(heads().get("acme").logId()).isEqualTo(TestEvents.logId("acme"));
  }

  @Test
  void closedLogRefuses() {
    PostgresEventLog other = logs.open();
    await(other.close());
    assertThat(EventLogContract.failure(other.probe()).kind()).isEqualTo(LogException.Kind.READ_ONLY);
  }
}
