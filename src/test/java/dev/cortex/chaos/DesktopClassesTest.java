package dev.cortex.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Http;
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

/** One jar serves desktop and cloud, and a desktop pays for none of what only the cloud needs. */
@Tag("process")
@Timeout(600)
final class DesktopClassesTest {

  private static final List<String> CLOUD_ONLY =
      List.of(
          "com.hazelcast.",
          "io.vertx.spi.cluster.",
          "org.postgresql.",
          "com.nimbusds.",
          "io.github.bucket4j.",
          "dev.cortex.callback.");

  /** What a desktop needs for a cloud, if it has one. */
  private static final List<String> SYNC_ONLY =
      List.of("dev.cortex.sync.", "io.vertx.core.http.impl.HttpClient", "io.vertx.circuitbreaker.");

  @TempDir Path folder;

  @Test
  void aDesktopOnItsOwnLoadsNoClassOfTheClusterAndNoneOfTheSync() throws Exception {
    Path loaded = folder.resolve("loaded");
    Map<String, String> variables = Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + loaded);
    String data = folder.resolve("data").toString();
    try (ServerProcess server = ServerProcess.launch(variables, "--port", "0", "--data-dir", data, "--no-banner")) {
      Http http = new Http();
      assertThat(http.publish(server.ready(), "{\"orgId\":\"acme\",\"type\":\"test.happened\"}").status())
          .isEqualTo(200);
      assertThat(http.get(server.ready(), "/health").status()).isEqualTo(200);
      server.terminate();
      assertThat(server.exitCode(Duration.ofSeconds(60))).isZero();
    }
    try (Stream<String> lines = Files.lines(loaded)) {
      List<String> names = lines.map(line -> line.replaceFirst("^(\\[[^\\]]*\\])* *", "")).toList();
      assertThat(names).as("the log of loaded classes").anyMatch(name -> name.startsWith("dev.cortex.boot.Stages"));
      assertThat(names).noneMatch(name -> CLOUD_ONLY.stream().anyMatch(name::startsWith));
      assertThat(names).noneMatch(name -> SYNC_ONLY.stream().anyMatch(name::startsWith));
    }
  }
}
