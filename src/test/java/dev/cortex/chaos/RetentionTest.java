package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.EventStream;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that comes back to a log most of which is older than a day. */
@Tag("process")
@Timeout(600)
final class RetentionTest {

  private static final int OLD = 14_500;
  private static final int ALL = 15_000;
  private static final int PAYLOAD_CHARS = 600;
  private static final Duration TRIMMED_MAX = Duration.ofSeconds(180);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(60);
  private static final String QUIET = "quiet";
  private static final String READ = "read";

  @TempDir Path dataDir;

  private final Http http = new Http();
  private final Events quiet = new Events(http, QUIET, PAYLOAD_CHARS);
  private final Events read = new Events(http, READ, PAYLOAD_CHARS);

  @Test
  void whatIsOlderThanADayIsTrimmedWithoutStallingAnyoneAndWithoutOvertakingAReader() throws Exception {
    String quietCursor;
    String readCursor;
    try (ServerProcess first = ServerProcess.start(dataDir)) {
      quiet.publish(first.ready(), 1, ALL);
      read.publish(first.ready(), 1, ALL);
      quietCursor = cursorAfter(first.ready(), QUIET, 5);
      readCursor = cursorAfter(first.ready(), READ, 5);
      Events.stop(first);
    }
    age(OLD);
    long bytesBefore = Files.size(dataDir.resolve("cortex.db"));
    try (ServerProcess next = ServerProcess.start(dataDir);
        SlowReader reader = new SlowReader(next.ready(), READ, readCursor)) {
      Ready ready = next.ready();
      assertThat(reader.nextOffset()).isEqualTo(6);
      List<Long> latenciesMs = publishUntilTrimmed(ready, quietCursor);
      long worstMs = latenciesMs.stream().mapToLong(Long::longValue).max().orElseThrow();
      Await.until(
          "space is given back",
          TRIMMED_MAX,
          () -> Files.size(dataDir.resolve("cortex.db")) < bytesBefore - (2 << 20));
      System.out.println(
          "retention: " + latenciesMs.size() + " publishes beside the trim, the slowest took " + worstMs + " ms; file "
              + bytesBefore / 1024 + " to " + Files.size(dataDir.resolve("cortex.db")) / 1024 + " KiB");
      long allMs = latenciesMs.stream().mapToLong(Long::longValue).sum();
      assertThat(worstMs).as("ms, slowest publish beside the trim").isLessThan(Math.max(2_000, allMs / 2));
      assertThat(floor(ready, QUIET)).isEqualTo(OLD);
      pruned(ready, quietCursor);
      long floorBeneathReader = floor(ready, READ);
      System.out.println("retention: the reader held the floor at " + floorBeneathReader);
      assertThat(floorBeneathReader).isPositive().isLessThan(OLD);
      for (long offset = 7; offset <= ALL; offset++) {
        assertThat(reader.nextOffset()).as("the reader's next offset").isEqualTo(offset);
      }
      assertThat(quiet.publish(ready, 7).getString("status")).as("keys outlive their events").isEqualTo("duplicate");
    }
  }

  /** Publishes one at a time until everything old of the quiet org is gone; the time each took. */
  private List<Long> publishUntilTrimmed(Ready ready, String cursor) throws Exception {
    Events beside = new Events(http, "beside", 100);
    List<Long> latenciesMs = new ArrayList<>();
    long deadlineNs = System.nanoTime() + TRIMMED_MAX.toNanos();
    // read to the end each time, for a poll that leaves something behind is a reader that the trim waits for
    String last = cursor.substring(0, cursor.indexOf('.') + 1) + (OLD - 1);
    while (http.get(ready, "/api/events/since?limit=1000&orgId=" + QUIET + "&cursor=" + last).status() != 410) {
      assertThat(System.nanoTime()).as("trimmed in time").isLessThan(deadlineNs);
      for (int i = 0; i < 20; i++) {
        long begunNs = System.nanoTime();
        assertThat(beside.publish(ready, latenciesMs.size() + 1).getString("status")).isEqualTo("accepted");
        latenciesMs.add((System.nanoTime() - begunNs) / 1_000_000);
      }
    }
    return latenciesMs;
  }

  private String cursorAfter(Ready server, String org, int events) throws Exception {
    return http.get(server, "/api/events/since?orgId=" + org + "&cursor=0&limit=" + events).body().getString("cursor");
  }

  /** How far an org's log was trimmed, seen by the first event that is left. */
  private long floor(Ready server, String org) throws Exception {
    Http.Answer first = http.get(server, "/api/events/since?limit=1&cursor=0&orgId=" + org);
    return first.events().get(0).getLong("offset") - 1;
  }

  private void pruned(Ready server, String cursor) throws Exception {
    Http.Answer poll = http.get(server, "/api/events/since?orgId=" + QUIET + "&cursor=" + cursor);
    assertThat(poll.status()).isEqualTo(410);
    assertThat(poll.body().getString("code")).isEqualTo("pruned");
    try (Socket plain = Socket.plain(http.client(), server, "?since=" + cursor)) {
      assertThat(plain.closeCode(CLOSE_MAX)).isEqualTo(4410);
    }
    try (Socket rich = Socket.rich(http.client(), server)) {
      rich.send(new JsonObject().put("op", "subscribe").put("rid", 1).put("channel", QUIET).put("since", cursor));
      assertThat(rich.next().getString("op")).isEqualTo("welcome");
      assertThat(rich.next().getBoolean("recovered")).isFalse();
      JsonObject resync = rich.next();
      assertThat(resync.getString("op")).isEqualTo("resync");
      assertThat(resync.getString("reason")).isEqualTo("pruned");
    }
    try (EventStream stream = EventStream.open(http.client(), server, QUIET, cursor)) {
      assertThat(stream.next().orElseThrow().data().getString("reason")).isEqualTo("pruned");
    }
  }

  /** Makes the first events of each org 25 hours older than they are. */
  private void age(int events) throws Exception {
    long ageMs = Duration.ofHours(25).toMillis();
    try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + dataDir.resolve("cortex.db"));
        Statement statement = database.createStatement()) {
      statement.executeUpdate(
          "UPDATE realtime_events SET received_at = received_at - " + ageMs + " WHERE log_offset <= " + events);
      statement.executeUpdate("UPDATE org_heads SET floor_received_at = floor_received_at - " + ageMs);
    }
  }

  /** A client that takes its stream an event at a time through a small window, so that the server waits for it. */
  private static final class SlowReader implements AutoCloseable {

    private final java.net.Socket socket = new java.net.Socket();
    private final BufferedReader lines;

    SlowReader(Ready server, String org, String cursor) throws Exception {
      socket.setReceiveBufferSize(8_192);
      socket.setSoTimeout(20_000);
      socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
      String request =
          "GET /api/stream?channel=" + org + " HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\nLast-Event-ID: "
              + cursor + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 1_024);
    }

    long nextOffset() throws Exception {
      String line = lines.readLine();
      while (line != null && !line.startsWith("id: ")) {
        line = lines.readLine();
      }
      if (line == null) {
        throw new AssertionError("the stream ended");
      }
      return Long.parseLong(line.substring(line.indexOf('.') + 1));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
