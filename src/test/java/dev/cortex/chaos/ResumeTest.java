package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.EventStream;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A position across restarts: exactly what was missed, or the plain word that it cannot be told any more. */
@Tag("process")
@Timeout(600)
final class ResumeTest {

  private static final String ORG = "acme";
  private static final Duration CLOSE_MAX = Duration.ofSeconds(60);
  private static final String[] RELAXED = {"--set", "store.durability=relaxed"};

  @TempDir Path dataDir;

  private final Http http = new Http();
  private final Events events = new Events(http, ORG, 40);

  @Test
  void afterARestartACursorGetsWhatWasMissedOnceInOrderThenLive() throws Exception {
    String cursor;
    long offsetOfNine;
    try (ServerProcess first = ServerProcess.start(dataDir)) {
      events.publish(first.ready(), 1, 5);
      cursor = events.headCursor(first.ready());
      events.publish(first.ready(), 6, 1200);
      offsetOfNine = events.publish(first.ready(), 9).getLong("offset");
      Events.stop(first);
    }
    try (ServerProcess next = ServerProcess.start(dataDir);
        Socket plain = Socket.plain(http.client(), next.ready(), "?since=" + cursor);
        Socket rich = Socket.rich(http.client(), next.ready());
        EventStream stream = EventStream.open(http.client(), next.ready(), ORG, cursor)) {
      rich.send(new JsonObject().put("op", "subscribe").put("rid", 1).put("channel", ORG).put("since", cursor));
      assertThat(rich.next().getString("op")).isEqualTo("welcome");
      JsonObject subscribed = rich.next();
      assertThat(subscribed.getBoolean("recovered")).isTrue();
      assertThat(subscribed.getInteger("replayed")).isEqualTo(1195);
      JsonObject repeat = events.publish(next.ready(), 9);
      assertThat(repeat.getString("status")).isEqualTo("duplicate");
      assertThat(repeat.getLong("offset")).isEqualTo(offsetOfNine);
      events.publish(next.ready(), 1201, 1203);
      assertThat(ids(plain, 1198)).isEqualTo(Events.names(6, 1203));
      assertThat(ids(rich, 1198)).isEqualTo(Events.names(6, 1203));
      assertThat(ids(stream, 1198)).isEqualTo(Events.names(6, 1203));
      assertThat(events.ids(next.ready(), cursor)).isEqualTo(Events.names(6, 1203));
      assertThat(plain.next(Duration.ofMillis(50))).as("nothing comes twice").isEmpty();
    }
  }

  @Test
  void aCleanStopInRelaxedDurabilityKeepsThePosition() throws Exception {
    String cursor;
    try (ServerProcess first = ServerProcess.start(dataDir, RELAXED)) {
      events.publish(first.ready(), 1, 10);
      cursor = events.headCursor(first.ready());
      Events.stop(first);
    }
    try (ServerProcess next = ServerProcess.start(dataDir, RELAXED)) {
      events.publish(next.ready(), 11, 12);
      assertThat(events.ids(next.ready(), cursor)).isEqualTo(Events.names(11, 12));
    }
  }

  @Test
  void anUncleanStopInRelaxedDurabilityChangesTheLogIdAndOldCursorsAreTold() throws Exception {
    String cursor;
    try (ServerProcess first = ServerProcess.start(dataDir, RELAXED)) {
      events.publish(first.ready(), 1, 10);
      cursor = events.headCursor(first.ready());
      first.kill();
    }
    // what the killed server promised counts, not what the next one promises
    try (ServerProcess next = ServerProcess.start(dataDir)) {
      logChanged(next.ready(), cursor);
      assertThat(events.publish(next.ready(), 3).getString("status")).isEqualTo("duplicate");
      assertThat(events.ids(next.ready(), "0")).isEqualTo(Events.names(1, 10));
    }
  }

  @Test
  void aDatabasePutBackFromABackupChangesTheLogIdAndOldCursorsAreTold() throws Exception {
    Path database = dataDir.resolve("cortex.db");
    Path backup = dataDir.resolve("backup.db");
    try (ServerProcess first = ServerProcess.start(dataDir)) {
      events.publish(first.ready(), 1, 10);
      Events.stop(first);
    }
    Files.copy(database, backup);
    String cursor;
    try (ServerProcess second = ServerProcess.start(dataDir)) {
      events.publish(second.ready(), 11, 20);
      cursor = events.headCursor(second.ready());
      Events.stop(second);
    }
    Files.copy(backup, database, StandardCopyOption.REPLACE_EXISTING);
    try (ServerProcess restored = ServerProcess.start(dataDir)) {
      logChanged(restored.ready(), cursor);
      assertThat(events.ids(restored.ready(), "0")).isEqualTo(Events.names(1, 10));
      assertThat(events.publish(restored.ready(), 11).getString("status"))
          .as("what the backup does not know is new")
          .isEqualTo("accepted");
    }
  }

  private void logChanged(Ready server, String cursor) throws Exception {
    Http.Answer poll = http.get(server, "/api/events/since?orgId=" + ORG + "&cursor=" + cursor);
    assertThat(poll.status()).isEqualTo(410);
    assertThat(poll.body().getString("code")).isEqualTo("log_changed");
    try (Socket plain = Socket.plain(http.client(), server, "?since=" + cursor)) {
      assertThat(plain.closeCode(CLOSE_MAX)).isEqualTo(4410);
    }
    try (Socket rich = Socket.rich(http.client(), server)) {
      rich.send(new JsonObject().put("op", "subscribe").put("rid", 1).put("channel", ORG).put("since", cursor));
      assertThat(rich.next().getString("op")).isEqualTo("welcome");
      assertThat(rich.next().getBoolean("recovered")).isFalse();
      JsonObject resync = rich.next();
      assertThat(resync.getString("op")).isEqualTo("resync");
      assertThat(resync.getString("reason")).isEqualTo("log_changed");
    }
    try (EventStream stream = EventStream.open(http.client(), server, ORG, cursor)) {
      EventStream.Sent resync = stream.next().orElseThrow();
      assertThat(resync.name()).isEqualTo("resync");
      assertThat(resync.data().getString("reason")).isEqualTo("log_changed");
      assertThat(resync.id()).as("a browser that comes back is not told again").isNotEqualTo(cursor);
    }
  }

  private static List<String> ids(Socket socket, int count) throws InterruptedException {
    List<String> ids = new ArrayList<>();
    while (ids.size() < count) {
      ids.add(socket.next().getString("id"));
    }
    return ids;
  }

  private static List<String> ids(EventStream stream, int count) throws Exception {
    List<String> ids = new ArrayList<>();
    while (ids.size() < count) {
      ids.add(stream.next().orElseThrow().data().getString("id"));
    }
    return ids;
  }
}
