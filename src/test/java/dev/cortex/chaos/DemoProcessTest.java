package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.Patience;
import dev.cortex.testing.process.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a newcomer starts it, who has nothing but the jar and what it prints. */
@Tag("process")
@Timeout(600)
final class DemoProcessTest {

  private static final String LAST = "Ctrl-C stops everything";

  @TempDir Path folder;

  @Test
  void whatItPrintsCanBeTypedAndShowsAnEventTravel() throws Exception {
    Map<String, String> variables = Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + folder);
    try (ServerProcess demo = ServerProcess.launch(variables, "--profile", "demo")) {
      Patience.until("the demo says how to stop it", 60, () ->
          demo.stdoutSoFar().stream().anyMatch(line -> line.startsWith(LAST)) || !demo.handle().isAlive());
      List<String> guide = demo.stdoutSoFar();
      List<String> follow = guide.stream().filter(line -> line.startsWith("  curl -N ")).toList();
      assertThat(guide).as(() -> String.join("\n", demo.stderr())).noneMatch(line -> line.startsWith("CORTEX_"));
      assertThat(guide.stream().filter(line -> line.endsWith("/console"))).hasSize(3);
      assertThat(follow).hasSize(2);
      Path first = folder.resolve("first");
      Path second = folder.resolve("second");
      Process followsDesktop = shell(follow.get(0), first);
      Process followsCloud = shell(follow.get(1), second);
      try {
        Patience.until("both are connected", 60, () -> says(first, ":") && says(second, ":"));
        List<String> publish = guide.stream().dropWhile(line -> !line.contains("/api/events")).limit(2).toList();
        Path answer = folder.resolve("answer");
        assertThat(shell(String.join("\n", publish), answer).waitFor()).isZero();
        assertThat(answer).content().contains("\"accepted\":1");
        Patience.until("the event came to both", 60, () -> says(first, "hello") && says(second, "hello"));
      } finally {
        followsDesktop.destroyForcibly();
        followsCloud.destroyForcibly();
      }
      demo.terminate();
      assertThat(demo.exitCode(Duration.ofSeconds(60))).isZero();
      assertThat(demo.stderr()).noneMatch(line -> line.contains("level=error"));
      try (Stream<Path> left = Files.list(folder)) {
        assertThat(left.map(each -> each.getFileName().toString()))
            .as("folders of the demo").noneMatch(name -> name.startsWith("cortex"));
      }
    }
  }

  private static Process shell(String line, Path output) throws Exception {
    return new ProcessBuilder("sh", "-c", line)
        .redirectOutput(output.toFile())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static boolean says(Path output, String part) throws Exception {
    return Files.exists(output) && Files.readString(output).contains(part);
  }
}
