package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Seed;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told when the disk or the database fails, and that all is well again when it does. */
@Tag("process")
@Timeout(600)
final class StorageFaultTest {

  private static final String ORG = "acme";
  private static final Duration HEAL_MAX = Duration.ofSeconds(60);
  private static final Duration EXIT_MAX = Duration.ofSeconds(60);
  private static final int ATTEMPTS_MAX = 20_000;

  @TempDir Path temp;

  private final Http http = new Http();
  private final Events small = new Events(http, ORG, 20);
  private final Events large = new Events(http, ORG, 8_000);
  private boolean mounted;
  private String logId = "";

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      run("umount", "-l", disk().toString());
    }
  }

  @Test
  void aFullDiskRefusesDefinitelyReadsOnAndHealsWithoutRestart() throws Exception {
    mountSmallDisk();
    try (ServerProcess server = ServerProcess.start(disk());
        Socket live = Socket.plain(http.client(), server.ready(), "?channel=" + ORG + "&since=0")) {
      Ready ready = server.ready();
      large.publish(ready, 1, 20);
      Path ballast = fillButFor(600_000);
      int refusedLarge = publishUntilFull(large, ready, 21);
      int refusedSmall = publishUntilFull(small, ready, refusedLarge + 1);
      List<String> accepted = new ArrayList<>(Events.names(1, refusedLarge - 1));
      accepted.addAll(Events.names(refusedLarge + 1, refusedSmall - 1));
      System.out.println("full disk: " + accepted.size() + " accepted before it was full");

      Await.until("not ready", HEAL_MAX, () -> http.get(ready, "/readyz").status() == 503);
      assertThat(http.get(ready, "/health").body().getJsonObject("store").getString("code")).isEqualTo("storage_full");
      assertThat(http.get(ready, "/livez").status()).isEqualTo(200);
      assertThat(small.ids(ready, "0")).isEqualTo(accepted);
      assertThat(small.publish(ready, refusedSmall).getString("status")).isEqualTo("unknown");

      Files.delete(ballast);
      Await.until("ready again", HEAL_MAX, () -> http.get(ready, "/readyz").status() == 200);
      assertThat(small.publish(ready, refusedSmall).getString("status")).isEqualTo("accepted");
      assertThat(small.publish(ready, refusedSmall).getString("status")).isEqualTo("duplicate");
      assertThat(large.publish(ready, refusedLarge).getString("status")).isEqualTo("accepted");
      accepted.addAll(List.of("e" + refusedSmall, "e" + refusedLarge));
      for (String id : accepted) {
        assertThat(live.next().getString("id")).isEqualTo(id);
      }
      server.kill();
      try (ServerProcess next = ServerProcess.start(disk())) {
        assertThat(small.ids(next.ready(), "0")).isEqualTo(accepted);
      }
    }
  }

  @Test
  void aServerOnAFullDiskStillStopsInTimeAndCannotStart() throws Exception {
    mountSmallDisk();
    try (ServerProcess server = ServerProcess.start(disk())) {
      large.publish(server.ready(), 1, 20);
      fill();
      publishUntilFull(large, server.ready(), 21);
      server.terminate();
      assertThat(server.exitCode(EXIT_MAX)).isZero();
    }
    Path more = fill();
    try (ServerProcess refused = ServerProcess.launchOn(disk())) {
      assertThat(refused.refusal().code()).isEqualTo("cannot_create_data");
      assertThat(refused.refusal().message()).contains("full");
      assertThat(refused.exitCode(EXIT_MAX)).isEqualTo(73);
      assertThat(refused.stdout()).hasSize(1);
    }
    Files.delete(more);
    Files.delete(ballast(1));
    try (ServerProcess next = ServerProcess.start(disk())) {
      assertThat(small.ids(next.ready(), "0")).startsWith("e1", "e2").contains("e20");
    }
  }

  @Test
  void aLockOfAnotherProgramIsWaitedForAndThenRefusedAndHeals() throws Exception {
    try (ServerProcess server = ServerProcess.start(temp);
        Connection other = DriverManager.getConnection("jdbc:sqlite:" + temp.resolve("cortex.db"));
        Statement statement = other.createStatement()) {
      Ready ready = server.ready();
      small.publish(ready, 1, 3);
      statement.execute("BEGIN IMMEDIATE");
      CompletableFuture<JsonObject> waiting = later(ready, 4);
      assertThat(small.ids(ready, "0")).as("reads go on").isEqualTo(Events.names(1, 3));
      assertThat(waiting).isNotDone();
      statement.execute("ROLLBACK");
      assertThat(waiting.get(60, TimeUnit.SECONDS).getString("status")).isEqualTo("accepted");

      statement.execute("BEGIN IMMEDIATE");
      JsonObject refused = later(ready, 5).get(60, TimeUnit.SECONDS);
      assertThat(refused.getString("status")).isEqualTo("unknown");
      assertThat(refused.getJsonObject("error").getString("code")).isEqualTo("storage_busy");
      statement.execute("ROLLBACK");
      Await.until("ready again", HEAL_MAX, () -> http.get(ready, "/readyz").status() == 200);
      assertThat(small.publish(ready, 5).getString("status")).isEqualTo("accepted");
      assertThat(small.ids(ready, "0")).isEqualTo(Events.names(1, 5));
    }
  }

  @Test
  void aDamagedDatabaseIsNeverAnsweredWithAFalseAcceptedOrAHole() throws Exception {
    Random random = new Random(Seed.of("damage"));
    try (ServerProcess server = ServerProcess.start(temp.resolve("sound"))) {
      Events sound = new Events(http, ORG, 1_000);
      sound.publish(server.ready(), 1, 600);
      String cursor = sound.headCursor(server.ready());
      logId = cursor.substring(0, cursor.indexOf('.'));
      Events.stop(server);
    }
    for (int round = 0; round < 6; round++) {
      Path dataDir = temp.resolve("round" + round);
      Files.createDirectory(dataDir);
      Files.copy(temp.resolve("sound").resolve("incarnation"), dataDir.resolve("incarnation"));
      Files.copy(temp.resolve("sound").resolve("cortex.db"), dataDir.resolve("cortex.db"));
      String what = damage(dataDir.resolve("cortex.db"), random, round == 0);
      System.out.println("damage: " + what + ": " + useDamaged(dataDir));
    }
  }

  /** Overwrites a run of pages, or cuts the file. */
  private static String damage(Path database, Random random, boolean cut) throws IOException {
    int page = 4096;
    try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
      int pages = (int) (file.length() / page);
      if (cut) {
        file.setLength((long) page * (pages / 2));
        return "cut to half of " + pages + " pages";
      }
      int first = 1 + random.nextInt(pages - 1);
      int count = Math.min(pages - first, 1 + random.nextInt(30));
      byte[] garbage = new byte[count * page];
      if (random.nextBoolean()) {
        random.nextBytes(garbage);
      }
      file.seek((long) first * page);
      file.write(garbage);
      return "pages " + first + " to " + (first + count - 1) + " of " + pages;
    }
  }

  private String useDamaged(Path dataDir) throws Exception {
    try (ServerProcess server = ServerProcess.launchOn(dataDir)) {
      if (!server.firstLine().startsWith("CORTEX_READY")) {
        assertThat(server.refusal().code()).isEqualTo("corrupt_database");
        assertThat(server.exitCode(EXIT_MAX)).isEqualTo(74);
        return "refused";
      }
      int accepted = 0;
      for (int number = 601; number <= 620; number++) {
        JsonObject result = small.publish(server.ready(), number);
        if (result.getString("status").equals("accepted")) {
          accepted++;
          readable(server.ready(), result.getLong("offset"), "e" + number);
        } else {
          assertThat(result.getString("status")).isEqualTo("unknown");
          assertThat(result.getJsonObject("error").getString("code")).startsWith("storage_");
        }
      }
      return accepted + " of 20 accepted, reading all answers " + readAll(server.ready());
    }
  }

  /** An accepted event is read back or the read fails; it is not silently absent. */
  private void readable(Ready server, long offset, String id) throws Exception {
    String cursor = logId + '.' + (offset - 1);
    Http.Answer page = http.get(server, "/api/events/since?limit=1000&orgId=" + ORG + "&cursor=" + cursor);
    if (page.status() < 300) {
      assertThat(page.events()).as(page.toString()).extracting(event -> event.getString("id")).contains(id);
    }
  }

  private String readAll(Ready server) throws Exception {
    String cursor = logId + ".0";
    long last = 0;
    Http.Answer page = http.get(server, "/api/events/since?limit=100&orgId=" + ORG + "&cursor=" + cursor);
    while (page.status() == 200) {
      for (JsonObject event : page.events()) {
        assertThat(event.getLong("offset")).as("a hole").isEqualTo(last + 1);
        last = event.getLong("offset");
      }
      String next = page.body().getString("cursor");
      page = http.get(server, "/api/events/since?limit=100&orgId=" + ORG + "&cursor=" + next);
    }
    return page.status() + " after offset " + last;
  }

  private CompletableFuture<JsonObject> later(Ready server, int number) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return small.publish(server, number);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Publishes one by one until one is refused, which must be definite; gives the number that was refused. */
  private int publishUntilFull(Events events, Ready server, int from) throws Exception {
    for (int number = from; number < from + ATTEMPTS_MAX; number++) {
      Http.Answer answer = http.publish(server, events.event(number).encode());
      JsonObject result = answer.results().get(0);
      if (!result.getString("status").equals("accepted")) {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(result.getString("status")).isEqualTo("unknown");
        assertThat(result.getJsonObject("error").getString("code")).isEqualTo("storage_full");
        return number;
      }
    }
    throw new AssertionError("the disk never got full");
  }

  private Path disk() {
    return temp.resolve("disk");
  }

  private Path ballast(int number) {
    return disk().resolve("ballast" + number);
  }

  /** Takes all the space there is but for that many bytes. */
  private Path fillButFor(int bytes) throws IOException {
    Path spared = Files.write(disk().resolve("spared"), new byte[bytes]);
    Path ballast = fill();
    Files.delete(spared);
    return ballast;
  }

  /** Takes all the space there is. */
  private Path fill() throws IOException {
    int number = 1;
    while (Files.exists(ballast(number))) {
      number++;
    }
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(ballast(number))) {
      for (int i = 0; i < 8_192; i++) {
        out.write(block);
      }
      throw new AssertionError("the small disk is not small");
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
    return ballast(number);
  }

  private void mountSmallDisk() throws Exception {
    Files.createDirectory(disk());
    mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk().toString()) == 0;
    if (!mounted) {
      System.out.println("NOT TESTED: a full disk, because this user may not mount one");
    }
    assumeTrue(mounted, "a small disk can be mounted");
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
