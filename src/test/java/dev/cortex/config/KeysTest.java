package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.cortex.config.ConfigSource.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every key of the table, through every layer. */
class KeysTest {

  /** Values that differ from the default and break no rule; keys not named here get one by their kind. */
  private static final Map<String, String> SAMPLES =
      Map.of(
          "server.host", "localhost",
          "observability.metrics", "queue_depth",
          "observability.trace_correlation_header", "X-Trace",
          "sync.poll_min_ms", "6000",
          "sync.poll_max_ms", "40000",
          "server.allowed_origins", "https://app.example:8443",
          "cluster.members", "10.0.0.1:5701,[::1]:5702",
          "limits.overrides", "acme.events_per_second=100,acme.burst=700",
          "store.url", "");

  /** The contract: names and defaults that users rely on. */
  private static final Map<String, Object> PROMISED =
      Stream.of(
              Map.<String, Object>of(
                  "transport.max_queue_size_per_connection", 500L,
                  "transport.backpressure_threshold", 0.8,
                  "transport.delta_compression_enabled", true,
                  "transport.batch_flush_interval_ms", 50L,
                  "message_contract.require_sequence", false,
                  "message_contract.require_idempotency_key", false,
                  "message_contract.max_payload_size_kb", 64L,
                  "message_contract.ttl_seconds", 300L),
              Map.<String, Object>of(
                  "retry_policy.max_attempts", 5L,
                  "retry_policy.initial_delay_ms", 1000L,
                  "retry_policy.backoff_multiplier", 2.0,
                  "retry_policy.dead_letter_queue_enabled", true,
                  "observability.trace_correlation_header", "X-Event-Trace-Id",
                  "observability.metrics",
                      List.of("publish_latency_ms", "queue_depth", "ack_latency_ms", "duplicate_rejection_count"),
                  "observability.alerting.p99_latency_threshold_ms", 250L,
                  "observability.alerting.queue_depth_threshold", 400L),
              Map.<String, Object>of(
                  "server.host", "127.0.0.1",
                  "server.port", 3693L,
                  "server.internal_host", "127.0.0.1",
                  "server.internal_port", 3694L,
                  "server.allowed_origins", List.of("http://localhost:3691", "http://127.0.0.1:3691"),
                  "server.drain_seconds", 15L),
              Map.<String, Object>of(
                  "data_dir", "",
                  "store.url", "",
                  "store.user", "",
                  "store.password", "",
                  "store.durability", "full"),
              Map.<String, Object>of(
                  "retention.hours", 24L,
                  "room.sharding", "org",
                  "room.shards", 256L,
                  "cluster.name", "cortex",
                  "cluster.host", "127.0.0.1",
                  "cluster.port", 5701L,
                  "cluster.members", List.of(),
                  "cluster.tls_cert", "",
                  "cluster.tls_key", "",
                  "cluster.tls_ca", ""),
              Map.<String, Object>of(
                  "auth.jwt_secret", "",
                  "auth.jwks_url", "",
                  "auth.issuer", "",
                  "auth.audience", "cortex",
                  "auth.service_tokens", List.of(),
                  "auth.local_auth", "origin"),
              Map.<String, Object>of(
                  "sync.cloud_url", "",
                  "sync.token", "",
                  "sync.orgs", List.of(),
                  "sync.callback_url", "",
                  "sync.callback_port", 0L,
                  "sync.poll_min_ms", 5000L,
                  "sync.poll_max_ms", 30000L,
                  "callbacks.allow_private", false),
              Map.<String, Object>of(
                  "limits.events_per_second", 5000L,
                  "limits.burst", 10000L,
                  "limits.bytes_per_second", 16777216L,
                  "limits.connections", 50000L,
                  "limits.subscriptions_per_connection", 128L,
                  "limits.consumer_groups", 100L,
                  "limits.stored_bytes", 0L),
              Map.<String, Object>of(
                  "limits.agent_events_per_second", 0L,
                  "limits.session_events_per_second", 0L,
                  "limits.connection_events_per_second", 0L,
                  "limits.overrides", List.of()))
          .flatMap(part -> part.entrySet().stream())
          .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));

  @TempDir Path folder;

  static Stream<Key> keys() {
    return Keys.ALL.stream();
  }

  static Stream<Key> rangedKeys() {
    return keys().filter(key -> !bad(key).isEmpty());
  }

  @Test
  void tableHoldsThePromisedKeysWithTheirDefaultsAndNoOthers() {
    Map<String, Object> table = Keys.ALL.stream().collect(Collectors.toMap(Key::name, Key::initial));
    assertThat(table).isEqualTo(PROMISED);
  }

  @Test
  void everyVariableNamesOneKeyAndNoReservedOne() {
    assertThat(Keys.ALL).extracting(Key::variable).doesNotHaveDuplicates();
    assertThat(Keys.ALL).extracting(Key::variable).doesNotContainAnyElementsOf(EnvironmentLayer.RESERVED);
  }

  @Test
  void defaultsAreInTheirOwnRange() {
    for (Key key : Keys.ALL) {
      String text = key.initial() instanceof List<?> list ? join(list) : String.valueOf(key.initial());
      assertThat(key.kind().parse(text)).as(key.name()).contains(key.initial());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "cloud"})
  void packagedProfileNamesEveryKeyAndInCommentsItsDefault(String profile) throws IOException {
    String yaml = Files.readString(Path.of("conf", profile + ".yaml"));
    Settings own = new Settings();
    new YamlLayer("own.yaml", own).read(yaml);
    Settings settings = new Settings();
    new YamlLayer("all.yaml", settings).read(yaml.replaceAll("(?m)^(\\s*)# ([a-z0-9_]+: )", "$1$2"));
    assertThat(settings.problems()).isEmpty();
    for (Key key : Keys.ALL) {
      assertThat(settings.place(List.of(key.name()))).as(key.name()).startsWith("all.yaml:");
      if (own.place(List.of(key.name())).equals("default")) {
        assertThat(settings.value(key)).as(key.name()).isEqualTo(key.initial());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void keyIsReadFromEnvironmentFlagAndFile(Key key) throws IOException {
    String sample = sample(key);
    Object expected = key.kind().parse(sample).orElseThrow();

    Settings environment = new Settings();
    new EnvironmentLayer(environment, new ArrayList<>()).read(Map.of(key.variable(), sample));
    assertThat(environment.problems()).isEmpty();
    assertThat(environment.value(key)).isEqualTo(expected);

    String line = String.join("\n", yaml(key, sample));
    Settings file = new Settings();
    new YamlLayer("x.yaml", file).read(line);
    assertThat(file.problems()).isEmpty();
    assertThat(file.value(key)).isEqualTo(expected);

    Assignment set = Assignment.parse(key.name() + "=" + sample);
    String printed = load(Optional.empty(), Map.of(), set).yaml().get();
    if (!expected.equals(key.initial())) {
      assertThat(printed).contains("# from --set");
    }
    if (key.secret()) {
      assertThat(printed).doesNotContain(sample);
    }
  }

  @ParameterizedTest
  @MethodSource("rangedKeys")
  void badValueStopsTheStartWithPlaceKeyAndWhatIsAllowed(Key key) throws IOException {
    String bad = bad(key);
    Path file = folder.resolve("bad.yaml");
    List<String> lines = yaml(key, '"' + bad + '"');
    Files.write(file, lines);
    String place = file + ":" + lines.size();
    assertProblem(Optional.of(file), Map.of(), List.of(), place, key);
    assertProblem(Optional.empty(), Map.of(key.variable(), bad), List.of(), key.variable(), key);
    assertProblem(Optional.empty(), Map.of(), List.of(new Assignment("--set", key.name(), bad)), "--set", key);
  }

  private void assertProblem(
      Optional<Path> file, Map<String, String> environment, List<Assignment> flags, String place, Key key) {
    assertThatThrownBy(() -> ConfigLoader.load(new ConfigSource("local", file, environment, flags)))
        .asInstanceOf(type(ConfigException.class))
        .satisfies(e ->
            assertThat(e.problems()).singleElement().satisfies(problem -> {
              assertThat(problem).startsWith(place + ": " + key.name() + ": ");
              assertThat(problem).endsWith("allowed: " + key.kind().allowed());
            }));
  }

  private EffectiveConfig load(Optional<Path> file, Map<String, String> environment, Assignment... flags) {
    return ConfigLoader.load(new ConfigSource("local", file, environment, List.of(flags)));
  }

  private static List<String> yaml(Key key, String value) {
    String[] parts = key.name().split("\\.");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < parts.length - 1; i++) {
      lines.add("  ".repeat(i) + parts[i] + ":");
    }
    String shown = key.kind() instanceof Kind.TextList && !value.startsWith("\"") ? quotedList(value) : value;
    shown = key.kind() instanceof Kind.Text && !value.startsWith("\"") ? '"' + value + '"' : shown;
    shown = key.kind() instanceof Kind.TextList && value.startsWith("\"") ? "[" + value + "]" : shown;
    lines.add("  ".repeat(parts.length - 1) + parts[parts.length - 1] + ": " + shown);
    return lines;
  }

  private static String quotedList(String value) {
    return Stream.of(value.split(",")).collect(Collectors.joining("\", \"", "[\"", "\"]"));
  }

  private static String join(List<?> list) {
    return list.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static String sample(Key key) {
    if (SAMPLES.containsKey(key.name())) {
      return SAMPLES.get(key.name());
    }
    if (key.kind() instanceof Kind.Whole whole) {
      return String.valueOf(Math.max(whole.min() + 1, (Long) key.initial() - 1));
    } else if (key.kind() instanceof Kind.Decimal decimal) {
      return String.valueOf(decimal.max() / 2);
    } else if (key.kind() instanceof Kind.Flag) {
      return String.valueOf(!(Boolean) key.initial());
    } else if (key.kind() instanceof Kind.Word word) {
      return word.words().get(1);
    } else if (key.kind() instanceof Kind.Text) {
      return key.name().endsWith("_url") ? "https://cloud.example/x" : "sample-text";
    }
    return "one-item,two-item";
  }

  private static String bad(Key key) {
    if (key.kind() instanceof Kind.Whole whole) {
      return String.valueOf(whole.max() + 1);
    } else if (key.kind() instanceof Kind.Decimal) {
      return "NaN";
    } else if (key.kind() instanceof Kind.Flag) {
      return "yes";
    } else if (key.kind() instanceof Kind.Word) {
      return "sideways";
    }
    return key.kind().parse("not a/value").isPresent() ? "" : "not a/value";
  }
}
