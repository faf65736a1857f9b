package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class ServeTest {

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--bogus | --bogus: unknown flag; allowed: --profile",
    "--port | --port: expects PORT",
    "--no-banner=yes | --no-banner: takes no value",
    "--port 99999 | --port: server.port: '99999' is not allowed; allowed: a whole number from 0 to 65535",
    "--set server.port | --set: expected key=value",
    "--set server.prot=1 | did you mean server.port?",
    "--set server.host=0.0.0.0 | loopback only",
    "--profile cloud | auth.jwt_secret is missing: give the node's configuration with --config FILE",
    "--profile desktop | unknown profile desktop",
    "--config /absent/x.yaml | /absent/x.yaml: cannot be read"
  })
  void badCommandLineEndsWith78AndOneErrorLine(String line, String expected) {
    assertThat(run(line.split(" "))).isEqualTo(78);
    assertThat(out()).startsWith("CORTEX_ERROR {\"code\":\"bad_config\",\"message\":\"").contains(expected);
    assertThat(out().lines()).hasSize(1);
    assertThat(err()).startsWith("error: ").contains(expected);
  }

  @Test
  void dataDirectoryThatCannotBeMadeEndsWith73() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThat(run("--data-dir", file.toString(), "--no-banner")).isEqualTo(73);
    assertThat(out()).startsWith("CORTEX_ERROR {\"code\":\"cannot_create_data\"");
    assertThat(out().lines()).hasSize(1);
  }

  @Test
  void checkConfigPrintsOnlyTheConfigurationAndTouchesNothing() {
    Path data = folder.resolve("data");
    assertThat(run("--check-config", "--port=0", "--data-dir", data.toString(), "--set", "sync.token=hunter2"))
        .isZero();
    assertThat(out())
        .contains("port: 0  # from --port")
        .contains("data_dir: \"" + data + "\"")
        .doesNotContain("hunter2");
    assertThat(data).doesNotExist();
  }

  @Test
  void checkConfigOfABadConfigurationSaysSoToPeopleOnly() {
    assertThat(run("--check-config", "--port", "x")).isEqualTo(78);
    assertThat(out()).isEmpty();
    assertThat(err()).contains("server.port");
  }

  @Test
  void whatIsWrongWithADemoIsSaidToPeopleOnly() {
    assertThat(run("--profile", "demo", "--check-config")).isZero();
    assertThat(out()).startsWith("# effective configuration of profile demo").contains("data_dir: \"\"");
    assertThat(run("--profile", "demo", "--set", "auth.jwt_secret=short")).isEqualTo(78);
    assertThat(out()).doesNotContain("CORTEX_ERROR");
    assertThat(err()).contains("at least 32 are needed").doesNotContain("short");
  }

  @Test
  void specialFlagsAreStrongerThanSet() {
    ServeRequest request =
        ServeRequest.parse(List.of("--port", "1", "--data-dir=/x", "--set", "server.port=2"), Map.of());
    assertThat(request.source().assignments())
        .extracting(each -> each.flag())
        .containsExactly("--set", "--port", "--data-dir");
    assertThat(request.banner()).isTrue();
    assertThat(request.exitWithParent()).isFalse();
  }

  @Test
  void serveIsTheDefaultCommandAndHelpIsNot() {
    assertThat(Cortex.serveArguments(List.of())).contains(List.of());
    assertThat(Cortex.serveArguments(List.of("--port", "0"))).contains(List.of("--port", "0"));
    assertThat(Cortex.serveArguments(List.of("serve", "--port", "0"))).contains(List.of("--port", "0"));
    assertThat(Stream.of("--help", "-h", "--version", "-V", "tail", "publish", "nonsense"))
        .allSatisfy(word -> assertThat(Cortex.serveArguments(List.of(word))).isEmpty());
    assertThat(Cortex.serveArguments(List.of("serve", "--help"))).isEmpty();
  }

  @Test
  void helpShowsEveryServeFlagAndEveryCommand() {
    String serve = Commands.commandLine().getSubcommands().get("serve").getUsageMessage();
    for (ServeFlag flag : ServeFlag.values()) {
      assertThat(serve).contains(flag.text());
    }
    assertThat(Commands.commandLine().getUsageMessage()).contains("serve", "publish", "tail", "75 ");
  }

  private int run(String... args) {
    PrintStream outText = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errText = new PrintStream(err, true, StandardCharsets.UTF_8);
    Serve.Result result = new Serve(outText, errText, Map.of(), server -> {}).run(List.of(args));
    assertThat(result.serving()).isFalse();
    return result.exitCode();
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
