package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainLayerTest {

  /** As it is, and with every commented default made active. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void packagedProfilesReadAsTheYamlParserReadsThem(boolean everything) throws IOException {
    for (Path file : profiles()) {
      String text = Files.readString(file);
      String yaml = everything ? text.replaceAll("(?m)^(\\s*)# ([a-z0-9_]+: )", "$1$2") : text;
      Settings plain = new Settings();
      new PlainLayer("x", plain).read(yaml);
      Settings parsed = new Settings();
      new YamlLayer("x", parsed).read(yaml);
      assertThat(plain.problems()).as(file.toString()).isEmpty();
      for (Key key : Keys.ALL) {
        assertThat(plain.value(key)).as(file + " " + key.name()).isEqualTo(parsed.value(key));
        assertThat(plain.place(List.of(key.name()))).isEqualTo(parsed.place(List.of(key.name())));
      }
    }
  }

  @Test
  void mistakesInAProfileAreNamedByLine() {
    Settings settings = new Settings();
    new PlainLayer("conf/x.yaml", settings).read("# ok\nserver:\n  prot: 1\n  nonsense\n  port: x\n");
    assertThat(settings.problems())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("conf/x.yaml:3: unknown key server.prot; did you mean server.port?"),
            second -> assertThat(second).startsWith("conf/x.yaml:4: a key and a colon are expected"),
            third -> assertThat(third).startsWith("conf/x.yaml:5: server.port: 'x' is not allowed"));
  }

  private static List<Path> profiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("conf"))) {
      List<Path> profiles = files.filter(file -> file.toString().endsWith(".yaml")).toList();
      assertThat(profiles).isNotEmpty();
      return profiles;
    }
  }
}
