package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seen;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A desktop that comes back after more than a week to a cloud that has forgotten all but what it must remember. */
@Tag("process")
@Timeout(600)
final class AwayTest {

  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Duration TRIMMED_MAX = Duration.ofSeconds(180);
  private static final long DAYS_MS = Duration.ofDays(8).toMillis();
  private static final int TAKEN = 150;
  private static final int WAITING = 50;

  @TempDir Path folder;

  private final Ledger ledger = new Ledger();

  @Test
  void whatTheCloudTookAWeekAgoIsNotTakenAgainAndReadersAreToldThatHistoryIsGone() throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      Desk desk = site.desk("desktop", Site.QUICK).start();
      Producer local = site.producer(desk, 8, ledger, 1);
      Producer web = site.cloudProducer(8, ledger, 2);
      local.publish(100, 50);
      web.publish(100, 50);
      Await.until("the desktop has all", SOON, () -> desk.log(Site.ORG).size() == 200);
      desk.awaitDrained(SOON);
      final String oldCursor = headCursor(desk);

      desk.up().loseAnswers("POST /api/events", 1, 1);
      local.publish(TAKEN, TAKEN);
      Await.until("the cloud has it, unknown to the desktop", SOON, () -> site.cloudLog().size() == 200 + TAKEN);
      Await.until("it waits on the desktop", SOON, () -> desk.depth() == TAKEN);
      desk.up().cut();
      local.publish(WAITING, WAITING);
      desk.stop();
      web.publish(100, 50);
      site.cloud().stop(SOON);
      age(folder.resolve("cloud"));
      age(desk.dataDir());
      site.startCloud();
      Await.until("the cloud has trimmed everything", TRIMMED_MAX, site::isCloudLogEmpty);
      web.publish(20, 20);

      desk.up().loseAnswers("", 0, 0);
      desk.up().mend();
      desk.start();
      desk.awaitDrained(SOON);
      Await.until("the desktop has what the cloud still has", SOON, () -> ids(desk).containsAll(ids(web(20))));
      Http.Answer poll = new Http().get(desk.ready(), "/api/events/since?orgId=" + Site.ORG + "&cursor=" + oldCursor);
      assertThat(poll.status()).as(poll.body().encode()).isEqualTo(410);
      local.publish(10, 10);
      web.publish(10, 10);
      desk.awaitDrained(SOON);
      Await.until("new events flow both ways", SOON, () -> ids(desk).containsAll(ids(web(30))));

      List<Seen> cloud = site.cloudLog();
      assertThat(cloud).as("what the cloud took before is not there again").hasSize(20 + WAITING + 20);
      List<Judge.Log> logs = List.of(new Judge.Log("cloud", cloud, false));
      Judge.Verdict verdict = Judge.of(ledger.born(), logs, ledger.complaints());
      assertThat(verdict.faults()).isEmpty();
      assertThat(new HashSet<>(desk.log(Site.ORG).stream().map(Seen::id).toList()))
          .as("nothing is twice on the desktop")
          .hasSameSizeAs(desk.log(Site.ORG));
      JsonObject aside = new Http().get(desk.ready(), "/api/sync/set-aside?orgId=" + Site.ORG).body();
      assertThat(aside.getJsonArray("events")).isEmpty();
    }
  }

  private String headCursor(Desk desk) throws Exception {
    List<JsonObject> all = new Http().all(desk.ready(), Site.ORG, "0");
    return all.get(all.size() - 1).getString("cursor");
  }

  /** The last events of the cloud. */
  private List<Born> web(int last) {
    List<Born> all = ledger.born().stream().filter(event -> event.place().equals("cloud")).toList();
    return all.subList(all.size() - last, all.size());
  }

  private static Set<String> ids(List<Born> events) {
    return new HashSet<>(events.stream().map(Born::id).toList());
  }

  private static Set<String> ids(Desk desk) throws Exception {
    return new HashSet<>(desk.log(Site.ORG).stream().map(Seen::id).toList());
  }

  /** Makes everything in a log that does not run eight days older than it is. */
  private static void age(Path dataDir) throws Exception {
    try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + dataDir.resolve("cortex.db"));
        Statement statement = database.createStatement()) {
      for (String column :
          List.of(
              "realtime_events.received_at",
              "org_heads.last_received_at",
              "org_heads.floor_received_at",
              "org_heads.touched_at",
              "sessions.touched_at",
              "event_keys.received_at")) {
        String table = column.substring(0, column.indexOf('.'));
        String name = column.substring(column.indexOf('.') + 1);
        statement.executeUpdate(
            "UPDATE " + table + " SET " + name + " = " + name + " - " + DAYS_MS + " WHERE " + name + " > 0");
      }
    }
  }
}
