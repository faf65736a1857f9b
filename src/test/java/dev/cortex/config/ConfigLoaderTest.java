package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigSource.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {

  @TempDir Path folder;

  @Test
  void withoutAnythingADesktopHasTheDefaultsAndNoLimits() {
    CortexConfig config = load(Map.of("XDG_DATA_HOME", folder.toString())).config();
    assertThat(config.profile()).isEqualTo("local");
    assertThat(config.server().host()).isEqualTo("127.0.0.1");
    assertThat(config.server().port()).isEqualTo(3693);
    assertThat(config.messageContract().maxPayloadBytes()).isEqualTo(65_536);
    assertThat(config.store().durability()).isEqualTo(CortexConfig.Store.Durability.FULL);
    assertThat(config.limits()).isEqualTo(new CortexConfig.Limits(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of()));
  }

  @Test
  void laterLayersWin() throws IOException {
    Path file = file("retention:", "  hours: 1", "server:", "  port: 1");
    Map<String, String> environment = Map.of("CORTEX_RETENTION_HOURS", "2");
    CortexConfig byFile = load(file, Map.of()).config();
    CortexConfig byEnvironment = load(file, environment).config();
    CortexConfig byFlag = load(file, environment, "retention.hours=3", "retention.hours=4").config();
    assertThat(byFile.retention().hours()).isEqualTo(1);
    assertThat(byEnvironment.retention().hours()).isEqualTo(2);
    assertThat(byFlag.retention().hours()).isEqualTo(4);
    assertThat(byFlag.server().port()).isEqualTo(1);
  }

  @Test
  void listsInFlagsAreSeparatedByCommasAndEmptyMeansNone() {
    assertThat(load(Map.of(), "sync.orgs=a, b").config().sync().orgs()).containsExactly("a", "b");
    assertThat(load(Map.of(), "server.allowed_origins=").config().server().allowedOrigins()).isEmpty();
    assertThat(load(Map.of("CORTEX_SERVER_ALLOWED_ORIGINS", "")).config().server().allowedOrigins()).isEmpty();
  }

  @Test
  void valueMayHoldEqualsSigns() {
    assertThat(load(Map.of(), "auth.issuer=a=b").config().auth().issuer()).isEqualTo("a=b");
  }

  @Test
  void unknownKeyIsNamedWithFileLineAndTheNearestOne() throws IOException {
    Path file = file("# mine", "transport:", "  max_queue_size: 5", "retentoin:", "  hours: 2");
    assertThat(problems(file, Map.of()))
        .satisfiesExactly(
            first -> assertThat(first)
                .startsWith(file + ":3: unknown key transport.max_queue_size;")
                .contains("did you mean transport.max_queue_size_per_connection?")
                .contains("transport.batch_flush_interval_ms"),
            second -> assertThat(second).startsWith(file + ":4: unknown key retentoin; did you mean retention?"));
  }

  @Test
  void unknownVariableOfAKnownSectionStopsTheStart() {
    assertThat(problems(Map.of("CORTEX_TRANSPORT_MAX_QUEUE", "5")))
        .singleElement().asString().startsWith("CORTEX_TRANSPORT_MAX_QUEUE: unknown environment variable");
    assertThat(problems(Map.of("CORTEX_SERVER_PRT", "5")))
        .singleElement().asString().endsWith("did you mean CORTEX_SERVER_PORT?");
  }

  @Test
  void variablesOfScriptsAreNoSettingsAndStrangersAreOnlyMentioned() {
    assertThat(load(Map.of("CORTEX_JAVA_OPTS", "-Xmx1g", "CORTEX_TOKEN", "t")).warnings()).isEmpty();
    assertThat(load(Map.of("CORTEX_SHELL_WINDOW", "1")).warnings())
        .singleElement().asString().startsWith("CORTEX_SHELL_WINDOW: ignored");
  }

  @Test
  void everyProblemIsReportedAtOnce() throws IOException {
    Path file = file("server:", "  port: x", "  hots: y");
    assertThat(problems(file, Map.of("CORTEX_RETENTION_HOURS", "0"))).hasSize(3);
  }

  @Test
  void duplicateKeyIsRefusedAtItsLine() throws IOException {
    Path file = file("server:", "  port: 1", "  port: 2");
    assertThat(problems(file, Map.of())).containsExactly(file + ":3: duplicate key server.port");
  }

  @Test
  void brokenYamlIsRefusedWithoutQuotingTheFile() throws IOException {
    Path file = file("auth:", "  jwt_secret: \"hunter2", "  issuer: [");
    assertThat(problems(file, Map.of()))
        .singleElement().asString().startsWith(file + ":").contains("not valid YAML").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "just text | the file must hold keys",
    "server: 5 | server must hold keys",
    "'server: {port: [1]}' | one value is expected",
    "'server: {allowed_origins: http://a}' | a list like [a, b] is expected",
    "'server.port: 5' | sections are nested",
    "'server: {port: }' | is not allowed"
  })
  void wrongShapeIsRefused(String yaml, String expected) throws IOException {
    Path file = file(yaml);
    assertThat(problems(file, Map.of())).singleElement().asString().startsWith(file + ":1: ").contains(expected);
  }

  @Test
  void missingFileIsRefused() {
    assertThat(problems(folder.resolve("absent.yaml"), Map.of()))
        .singleElement().asString().contains("absent.yaml: cannot be read");
  }

  @Test
  void badSecretIsNotShown() {
    assertThat(problems(Map.of("CORTEX_STORE_PASSWORD", "hunter2\n")))
        .singleElement().asString().contains("store.password: this value").doesNotContain("hunter2");
  }

  @Test
  void effectiveYamlMasksSecretsNamesOriginsAndCanBeLoadedAgain() throws IOException {
    Path first = file("retention: {hours: 7}", "auth: {jwt_secret: hunter2, service_tokens: [hunter3]}");
    String yaml =
        load(first, Map.of("CORTEX_SYNC_TOKEN", "hunter4"), "server.port=0", "data_dir=" + folder,
            "sync.callback_url=https://u:hunter5@x.example/?token=hunter6").yaml().get();
    assertThat(yaml)
        .doesNotContain("hunter")
        .contains("hours: 7  # from " + first + ":1")
        .contains("jwt_secret: \"********\"")
        .contains("service_tokens: [\"********\"]")
        .contains("port: 0  # from --set")
        .contains("token: \"********\"  # from CORTEX_SYNC_TOKEN")
        .doesNotContain("poll_min_ms: 5000  #");
    Path again = Files.writeString(folder.resolve("again.yaml"), yaml);
    assertThat(load(again, Map.of()).config().retention().hours()).isEqualTo(7);
    assertThat(load(again, Map.of()).config().dataDir()).isEqualTo(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "192.168.1.5", "::", "example.org", "127.0.0.2"})
  void desktopBindsLoopbackOnly(String host) {
    assertThat(problems(Map.of(), "server.host=" + host)).singleElement().asString().contains("loopback only");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "localhost"})
  void everySpellingOfLoopbackIsAllowed(String host) {
    assertThat(load(Map.of(), "server.host=" + host).config().server().host()).isEqualTo(host);
  }

  @ParameterizedTest
  @CsvSource({
    "sync.poll_min_ms=31000, must not exceed sync.poll_max_ms",
    "sync.poll_max_ms=4000, must not exceed sync.poll_max_ms",
    "sync.cloud_url=http://cloud.example, plain http is for loopback only",
    "sync.callback_url=http://me.example, must be https",
    "sync.callback_port=3693, must differ from server.port",
    "transport.max_queue_size_per_connection=1, signals before one event is queued",
    "retry_policy.max_attempts=40, the last retry would wait over 7 days",
    "limits.overrides=eu.acme.bytes_per_second=5, eu.acme.bytes_per_second (5) never lets the largest payload through",
    "store.url=jdbc:postgresql://h/d, a desktop stores in SQLite"
  })
  void valuesThatDoNotFitEachOtherStopTheStart(String set, String expected) {
    assertThat(problems(Map.of(), set)).singleElement().asString().startsWith("--set: ").contains(expected);
  }

  @Test
  void limitsThatDoNotFitEachOtherAreRefusedWhereOneOfThemWasSet() throws IOException {
    Path file = file("limits:", "  events_per_second: 100", "  burst: 50", "  overrides: [acme.burst=1]");
    assertThat(problems(file, Map.of())).satisfiesExactly(
        first -> assertThat(first).startsWith(file + ":3: limits.burst: limits.burst (50) is below"),
        second -> assertThat(second).startsWith(file + ":4: limits.overrides: acme.burst (1) is below"));
    assertThat(problems(Map.of(), "limits.events_per_second=9", "limits.overrides=acme.events_per_second=x"))
        .singleElement().asString().startsWith("--set: limits.overrides: 'acme.events_per_second=x' is not allowed");
    assertThat(problems(Map.of(), "limits.overrides=acme.events_per_second=1000000001")).hasSize(1);
  }

  @Test
  void plainHttpToThisMachineIsAllowed() {
    assertThat(load(Map.of(), "sync.cloud_url=http://127.0.0.1:8080").config().sync().cloudUrl()).isNotEmpty();
    assertThat(load(Map.of(), "sync.cloud_url=http://[::1]:8080").config().sync().cloudUrl()).isNotEmpty();
  }

  @Test
  void whatThisVersionDoesNotDoIsSaidInOneLineEach() {
    List<String> warnings =
        load(Map.of(), "limits.burst=5", "limits.stored_bytes=9",
            "limits.connections=5", "limits.subscriptions_per_connection=2", "limits.consumer_groups=0",
            "retry_policy.max_attempts=3", "cluster.members=a:1", "auth.jwt_secret=s", "auth.audience=cortex")
            .warnings();
    assertThat(warnings)
        .containsExactly(
            "retry_policy.max_attempts: without effect in this version",
            "cluster.members: without effect on a desktop",
            "auth.jwt_secret: without effect on a desktop",
            "limits.burst: without effect while limits.events_per_second is 0");
  }

  @ParameterizedTest
  @CsvSource({"desktop, 'Allowed: local, cloud, demo'", "locl, did you mean local?"})
  void otherProfilesAreRefusedInOneLine(String profile, String expected) {
    ConfigSource source = new ConfigSource(profile, Optional.empty(), Map.of(), List.of());
    ConfigException refused = catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(source));
    assertThat(refused.problems()).singleElement().asString().startsWith("--profile: ").contains(expected);
  }

  @Test
  void assignmentNeedsAnEqualsSign() {
    assertThat(catchThrowableOfType(ConfigException.class, () -> Assignment.parse("server.port")))
        .hasMessageContaining("key=value");
  }

  @Test
  void dataDirectoryFollowsThePlatform() {
    Path home = Path.of("/home/u");
    assertThat(PlatformDirectory.of(false, "Linux", home, Map.of())).isEqualTo(home.resolve(".local/share/cortex"));
    assertThat(PlatformDirectory.of(false, "Linux", home, Map.of("XDG_DATA_HOME", "/data")))
        .isEqualTo(Path.of("/data/cortex"));
    assertThat(PlatformDirectory.of(false, "Linux", home, Map.of("XDG_DATA_HOME", "data")))
        .as("a relative XDG_DATA_HOME is void").isEqualTo(home.resolve(".local/share/cortex"));
    assertThat(PlatformDirectory.of(false, "Mac OS X", home, Map.of()))
        .isEqualTo(home.resolve("Library/Application Support/Cortex"));
    assertThat(PlatformDirectory.of(false, "Windows 11", home, Map.of("LOCALAPPDATA", "/appdata")))
        .isEqualTo(Path.of("/appdata/Cortex"));
  }

  @Test
  void cloudNodeKeepsItsDataApartFromADesktop() {
    Path home = Path.of("/home/u");
    assertThat(PlatformDirectory.of(true, "Linux", home, Map.of()))
        .isEqualTo(home.resolve(".local/share/cortex-cloud"));
    assertThat(PlatformDirectory.of(true, "Mac OS X", home, Map.of()))
        .isEqualTo(home.resolve("Library/Application Support/Cortex-cloud"));
    assertThat(PlatformDirectory.of(true, "Windows 11", home, Map.of("LOCALAPPDATA", "/appdata")))
        .isEqualTo(Path.of("/appdata/Cortex-cloud"));
  }

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("mine.yaml"), List.of(lines));
  }

  private EffectiveConfig load(Map<String, String> environment, String... sets) {
    return ConfigLoader.load(source(Optional.empty(), environment, sets));
  }

  private EffectiveConfig load(Path file, Map<String, String> environment, String... sets) {
    return ConfigLoader.load(source(Optional.of(file), environment, sets));
  }

  private List<String> problems(Map<String, String> environment, String... sets) {
    return refused(source(Optional.empty(), environment, sets));
  }

  private List<String> problems(Path file, Map<String, String> environment) {
    return refused(source(Optional.of(file), environment));
  }

  private static List<String> refused(ConfigSource source) {
    ConfigException e = catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(source));
    assertThat(e).as("the start must be refused").isNotNull();
    return e.problems();
  }

  private static ConfigSource source(Optional<Path> file, Map<String, String> environment, String... sets) {
    return new ConfigSource("local", file, environment, Stream.of(sets).map(Assignment::parse).toList());
  }
}
