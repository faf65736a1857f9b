package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The contract with a launcher, kept by real processes started from the packaged jar. */
@Tag("process")
@Timeout(600)
class ChildProcessTest {

  private static final String READY = "CORTEX_READY ";
  private static final String ERROR = "CORTEX_ERROR ";

  @TempDir Path folder;

  private final List<Process> started = new ArrayList<>();

  /** A process and the lines of its standard output. */
  private record Child(Process process, BufferedReader out) {

    JsonObject answer(String word) throws IOException {
      String line = out.readLine();
      assertThat(line).startsWith(word);
      return new JsonObject(line.substring(word.length()));
    }

    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the process ends").isTrue();
      return process.exitValue();
    }
  }

  @AfterEach
  void endAll() throws InterruptedException {
    for (Process each : started) {
      each.destroyForcibly().waitFor();
    }
  }

  @Test
  void readyLineIsTheOnlyOneAndNamesARunningServer() throws Exception {
    Child server = serve();
    JsonObject ready = server.answer(READY);
    assertThat(ready.fieldNames()).containsExactlyInAnyOrder("url", "port", "pid", "version", "dataDir");
    assertThat(ready.getLong("pid")).isEqualTo(server.process().pid());
    assertThat(ready.getInteger("port")).isPositive();
    JsonObject run = new JsonObject(Files.readString(folder.resolve("data/run.json")));
    assertThat(run.getString("url")).isEqualTo(ready.getString("url"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("data/run.json"))))
        .isEqualTo("rw-------");

    long begin = System.nanoTime();
    server.process().toHandle().destroy(); // unlike the process's own, it leaves the output readable
    assertThat(server.exitCode()).as("exit code after SIGTERM").isZero();
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(30));
    assertThat(server.out().readLine()).as("a second line").isNull();
    assertThat(folder.resolve("data/run.json")).doesNotExist();
  }

  @Test
  void secondServerEndsWith75AndNamesTheFirst() throws Exception {
    JsonObject ready = serve().answer(READY);
    Child second = serve();
    JsonObject error = second.answer(ERROR);
    assertThat(error.getString("code")).isEqualTo("already_running");
    assertThat(error.getString("message")).contains(ready.getString("url"));
    assertThat(second.exitCode()).isEqualTo(75);
  }

  @Test
  void killedServerLeavesNothingThatStopsTheNext() throws Exception {
    Child first = serve();
    first.answer(READY);
    first.process().destroyForcibly().waitFor();
    Child second = serve();
    long pid = second.answer(READY).getLong("pid");
    assertThat(new JsonObject(Files.readString(folder.resolve("data/run.json"))).getLong("pid")).isEqualTo(pid);
    String[] libraries = folder.resolve("data/tmp/native").toFile().list((in, name) -> !name.endsWith(".lck"));
    assertThat(libraries).as("native libraries").hasSize(1);
  }

  @Test
  void portOfAnotherProgramEndsWith69() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      Child server = serve("--port", String.valueOf(other.getLocalPort()));
      assertThat(server.answer(ERROR).getString("code")).isEqualTo("port_in_use");
      assertThat(server.exitCode()).isEqualTo(69);
    }
  }

  @Test
  void damagedDatabaseEndsWith74() throws Exception {
    Child first = serve();
    first.answer(READY);
    first.process().destroy();
    first.exitCode();
    Files.write(folder.resolve("data/cortex.db"), "this is no database, ".repeat(400).getBytes(StandardCharsets.UTF_8));
    Child second = serve();
    assertThat(second.answer(ERROR).getString("code")).isEqualTo("corrupt_database");
    assertThat(second.exitCode()).isEqualTo(74);
  }

  @Test
  void badConfigurationEndsWith78() throws Exception {
    Child server = serve("--set", "server.prot=1");
    assertThat(server.answer(ERROR).getString("message")).contains("server.port");
    assertThat(server.exitCode()).isEqualTo(78);
  }

  @Test
  void serverEndsWithItsParentWhenStandardInputEnds() throws Exception {
    Child server = serve("--exit-with-parent");
    server.answer(READY);
    long begin = System.nanoTime();
    server.process().getOutputStream().close();
    assertThat(server.exitCode()).isZero();
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(30));
  }

  @Test
  void serverEndsWithItsParentWhenThatIsKilledAndInputStaysOpen() throws Exception {
    List<String> command = new ArrayList<>(List.of("sh", "-c", "exec 3<&0; \"$@\" <&3 & wait", "sh"));
    command.addAll(command("--exit-with-parent"));
    Child shell = start(command);
    ProcessHandle server = ProcessHandle.of(shell.answer(READY).getLong("pid")).orElseThrow();
    long begin = System.nanoTime();
    shell.process().destroyForcibly().waitFor();
    server.onExit().get(60, TimeUnit.SECONDS);
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(30));
  }

  @Test
  void publishFindsTheServerByItsDataDirectory() throws Exception {
    serve().answer(READY);
    Child publish = start(List.of(java(), "-jar", jar(), "publish", "--data-dir", folder.resolve("data").toString(),
        "--org", "acme", "--type", "a.b", "--id", "i1"));
    String results = publish.out().lines().collect(Collectors.joining());
    assertThat(new JsonObject(results).getString("status")).isEqualTo("accepted");
    assertThat(publish.exitCode()).isZero();
  }

  private Child serve(String... more) throws IOException {
    return start(command(more));
  }

  private List<String> command(String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(java(), "-jar", jar(), "--no-banner", "--data-dir", folder.resolve("data").toString()));
    if (!List.of(more).contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    command.addAll(List.of(more));
    return command;
  }

  private Child start(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    started.add(process);
    return new Child(
        process, new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String jar() {
    return System.getProperty("cortex.jar", "target/cortex.jar");
  }
}
