package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.boot.RunFile;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.ServerProcess;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.ServerProcess.Refusal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a launcher sees of the packaged server: one line on standard output, and an exit code it can act on. */
@Tag("process")
@Timeout(600)
final class LaunchTest {

  private static final Duration EXIT_MAX = Duration.ofSeconds(60);

  @TempDir Path temp;

  private final Http http = new Http();

  @Test
  void aServerThatIsReadySaysSoInOneLineAndServesAtOnce() throws Exception {
    try (ServerProcess server = ServerProcess.start(temp.resolve("data"))) {
      Ready ready = server.ready();
      assertThat(http.get(ready, "/readyz").status()).isEqualTo(200);
      assertThat(http.publish(ready, "{\"orgId\":\"acme\",\"type\":\"a\"}").results())
          .singleElement()
          .satisfies(result -> assertThat(result.getString("status")).isEqualTo("accepted"));
      assertThat(ready.pid()).isEqualTo(server.handle().pid());
      assertThat(ready.url()).isEqualTo("http://127.0.0.1:" + ready.port());
      assertThat(ready.dataDir()).isEqualTo(temp.resolve("data").toRealPath());
      RunFile run = RunFile.read(ready.dataDir()).orElseThrow();
      assertThat(run.url()).isEqualTo(ready.url());
      assertThat(run.pid()).isEqualTo(ready.pid());
      server.terminate();
      assertThat(server.exitCode(EXIT_MAX)).isZero();
      assertThat(server.stdout()).hasSize(1);
      assertThat(server.stderr()).noneMatch(line -> line.contains("Exception"));
      assertThat(RunFile.read(ready.dataDir())).isEmpty();
    }
  }

  @Test
  void aSecondServerOnTheSameDataEndsWith75AndNamesTheFirst() throws Exception {
    try (ServerProcess first = ServerProcess.start(temp)) {
      Refusal refusal = refused(75, "already_running", "--port", "0", "--data-dir", temp.toString());
      assertThat(refusal.message()).contains(first.ready().url()).contains("pid " + first.ready().pid());
      assertThat(http.get(first.ready(), "/readyz").status()).as("the first one is unharmed").isEqualTo(200);
      assertThat(RunFile.read(temp)).isPresent();
    }
  }

  @Test
  void aServerStartsOnDataWhoseLastServerWasKilled() throws Exception {
    try (ServerProcess killed = ServerProcess.start(temp)) {
      killed.kill();
    }
    assertThat(RunFile.read(temp)).as("what a kill leaves behind").isPresent();
    try (ServerProcess next = ServerProcess.start(temp)) {
      assertThat(RunFile.read(temp).orElseThrow().pid()).isEqualTo(next.ready().pid());
    }
  }

  @Test
  void aTakenPortEndsWith69() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(other.getLocalPort());
      Refusal refusal = refused(69, "port_in_use", "--port", port, "--data-dir", temp.toString());
      assertThat(refusal.message()).contains("127.0.0.1:" + port);
      assertThat(RunFile.read(temp)).isEmpty();
    }
  }

  @Test
  void anUnknownKeyEndsWith78AndIsNamedWithFileLineAndWhatWasMeant() throws Exception {
    Path file = temp.resolve("mine.yaml");
    Files.writeString(file, "server:\n  port: 0\nretention:\n  hour: 3\n");
    Refusal refusal = refused(78, "bad_config", "--config", file.toString(), "--data-dir", temp.toString());
    assertThat(refusal.message()).contains("mine.yaml:4").contains("retention.hour").contains("retention.hours");
  }

  @Test
  void aBadValueAnUnknownFlagAndAForeignProfileEndWith78() throws Exception {
    assertThat(refused(78, "bad_config", "--port", "70000").message()).contains("--port").contains("65535");
    assertThat(refused(78, "bad_config", "--prot", "1").message()).contains("--prot").contains("--port");
    assertThat(refused(78, "bad_config", "--profile", "desktop").message()).contains("desktop").contains("local");
    assertThat(refused(78, "bad_config", "--config", temp.resolve("none.yaml").toString()).message())
        .contains("none.yaml");
  }

  @Test
  void aFileInPlaceOfTheDataDirectoryEndsWith73() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));
    assertThat(refused(73, "cannot_create_data", "--port", "0", "--data-dir", file.toString()).message())
        .contains(file.toString());
    String below = file.resolve("below").toString();
    assertThat(refused(73, "cannot_create_data", "--port", "0", "--data-dir", below).message())
        .contains(file.toString());
  }

  @Test
  void aFileThatIsNoDatabaseEndsWith74AndIsLeftAsItIs() throws Exception {
    byte[] novel = "It was a dark and stormy night. ".repeat(500).getBytes(StandardCharsets.UTF_8);
    Files.write(temp.resolve("cortex.db"), novel);
    refused(74, "corrupt_database", "--port", "0", "--data-dir", temp.toString());
    assertThat(temp.resolve("cortex.db")).hasBinaryContent(novel);
  }

  @Test
  void aDatabaseOfANewerProgramEndsWith74AndIsLeftAsItIs() throws Exception {
    try (ServerProcess server = ServerProcess.start(temp)) {
      server.terminate();
      assertThat(server.exitCode(EXIT_MAX)).isZero();
    }
    try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + temp.resolve("cortex.db"));
        Statement statement = database.createStatement()) {
      statement.executeUpdate("INSERT INTO schema_migrations VALUES (900, '900_later.sql', 'x')");
    }
    assertThat(refused(74, "incompatible_database", "--port", "0", "--data-dir", temp.toString()).message())
        .contains("newer version");
  }

  @Test
  void theEffectiveConfigurationIsPrintedWithoutSecrets() throws Exception {
    try (ServerProcess server =
        ServerProcess.launch(
            Map.of("CORTEX_AUTH_JWT_SECRET", "hidden-secret-of-more-than-32-bytes-length"),
            "--check-config", "--data-dir", temp.resolve("none").toString(), "--set", "store.password=hidden-too")) {
      assertThat(server.exitCode(EXIT_MAX)).isZero();
      assertThat(server.stdout())
          .anyMatch(line -> line.contains("jwt_secret") && line.contains("*"))
          .anyMatch(line -> line.contains("port: 3693"))
          .noneMatch(line -> line.contains("hidden"));
      assertThat(String.join("\n", server.stderr())).doesNotContain("hidden");
      assertThat(temp.resolve("none")).as("a check makes nothing").doesNotExist();
    }
  }

  @Test
  void aWrongConfigurationFailsItsCheckWithoutALauncherLine() throws Exception {
    try (ServerProcess server = ServerProcess.launch("--check-config", "--set", "servr.port=1")) {
      assertThat(server.exitCode(EXIT_MAX)).isEqualTo(78);
      assertThat(server.stdout()).isEmpty();
      assertThat(server.stderr()).singleElement().asString().contains("servr.port").contains("server.port");
    }
  }

  /** Starts a server that must not start: one line on each stream, and that exit code. */
  private static Refusal refused(int exitCode, String code, String... arguments) throws Exception {
    try (ServerProcess server = ServerProcess.launch(noBanner(arguments))) {
      Refusal refusal = server.refusal();
      assertThat(server.exitCode(EXIT_MAX)).isEqualTo(exitCode);
      assertThat(refusal.code()).isEqualTo(code);
      assertThat(server.stdout()).hasSize(1);
      assertThat(server.stderr()).as("one line for people").hasSize(1);
      return refusal;
    }
  }

  private static String[] noBanner(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--no-banner");
    return all.toArray(String[]::new);
  }
}
