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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be said of the demo. */
class DemoConfigTest {

  @Test
  void theDemoNeedsNothingAndKeepsNothing() {
    EffectiveConfig effective = load();
    assertThat(effective.warnings()).isEmpty();
    assertThat(effective.config().profile()).isEqualTo("demo");
    assertThat(effective.config().cloud()).isFalse();
    assertThat(effective.config().dataDir()).isEqualTo(Path.of(""));
    assertThat(effective.config().server().port()).isZero();
    assertThat(effective.yaml().get()).contains("# effective configuration of profile demo").contains("data_dir: \"\"");
    assertThat(load("data_dir=/srv/x").config().dataDir()).isEqualTo(Path.of("/srv/x"));
  }

  @Test
  void thePackagedFileNamesWhatHasAnEffectAndNothingElse() throws IOException {
    String yaml = Files.readString(Path.of("conf", "demo.yaml")).replaceAll("(?m)^(\\s*)# ([a-z0-9_]+: )", "$1$2");
    Settings settings = new Settings();
    new YamlLayer("demo.yaml", settings).read(yaml);
    assertThat(settings.problems()).isEmpty();
    for (Key key : Keys.ALL) {
      boolean named = settings.place(List.of(key.name())).startsWith("demo.yaml:");
      assertThat(named).as(key.name()).isNotEqualTo(hasNoEffect(key));
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "auth.jwt_secret=short | at least 32 are needed",
    "auth.audience= | must say for whom tokens are made",
    "server.port=4000 | server.internal_port: would use port 4000"
  })
  void whatTheCloudWouldNotAcceptStopsTheStart(String set, String expected) {
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> load("server.internal_port=4000", set));
    assertThat(refused.problems()).singleElement().asString().contains(expected);
  }

  private static boolean hasNoEffect(Key key) {
    Settings settings = new Settings();
    settings.put("--set", key, sample(key));
    return new CrossChecks("demo", settings)
        .warnings().stream().anyMatch(line -> line.equals(key.name() + ": without effect in the demo"));
  }

  /** Any value that is not the default. */
  private static String sample(Key key) {
    return Stream.of("true", "false", "1", "7", "6000", "0.7", "2", "https://x.example", "relaxed", "global",
            "token", "a:1", "x", "queue_depth", "a.burst=1")
        .filter(text -> key.kind().parse(text).filter(value -> !value.equals(key.initial())).isPresent())
        .findFirst().orElseThrow();
  }

  private static EffectiveConfig load(String... sets) {
    List<Assignment> assignments = Stream.of(sets).map(Assignment::parse).toList();
    return ConfigLoader.load(new ConfigSource("demo", Optional.empty(), Map.of(), assignments));
  }
}
