package dev.cortex.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.config.CortexConfig;
import dev.cortex.docs.DocTables.Table;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds verticles.md and the code together: each reference table is exactly what the code says, and the prose names
 * nothing that does not exist. {@code mvn test -Dtest=DocsAgreeTest -Ddocs.write=true} rewrites the tables.
 */
@Timeout(600)
final class DocsAgreeTest {

  private static final Path DOC = Path.of("verticles.md");
  private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`");

  static Stream<String> tables() {
    return DocTables.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("tables")
  void tableIsWhatTheCodeSays(String name) throws IOException {
    String expected = DocTables.all().get(name).get().markdown();
    String text = Files.readString(DOC);
    Matcher section = section(name).matcher(text);
    assertThat(section.find()).as(DOC + " has a section <!-- table: " + name + " --> … <!-- end -->").isTrue();
    if (Boolean.getBoolean("docs.write")) {
      String written = text.substring(0, section.start(1)) + "\n" + expected + text.substring(section.end(1));
      Files.writeString(DOC, written);
      text = written;
      section = section(name).matcher(text);
      assertThat(section.find()).isTrue();
    }
    assertThat(section.group(1).strip())
        .as("table %s of %s; run with -Ddocs.write=true, or paste:%n%n%s", name, DOC, expected)
        .isEqualTo(expected.strip());
  }

  @Test
  void everyMarkedTableIsKnown() throws IOException {
    List<String> marked =
        Pattern.compile("<!-- table: (\\S+) -->").matcher(Files.readString(DOC)).results()
            .map(mark -> mark.group(1)).toList();
    assertThat(marked).containsExactlyInAnyOrderElementsOf(DocTables.all().keySet());
  }

  @Test
  void proseNamesOnlyVerticlesThatExist() throws IOException {
    Set<String> known = new HashSet<>(DocTables.verticles().names());
    assertThat(known).isNotEmpty();
    List<String> unknown =
        Pattern.compile("\\b[A-Z]\\w*Verticle\\b").matcher(prose()).results()
            .map(word -> word.group()).filter(word -> !known.contains(word)).distinct().toList();
    assertThat(unknown).as("verticles in %s that do not exist", DOC).isEmpty();
  }

  @Test
  void testsThatShowSomethingExist() throws IOException {
    Set<String> known = new HashSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      files.forEach(file -> known.add(file.getFileName().toString().replace(".java", "")));
    }
    List<String> unknown =
        Pattern.compile("`(\\w+(?:Test|Contract))`").matcher(prose()).results()
            .map(word -> word.group(1)).filter(word -> !known.contains(word)).distinct().toList();
    assertThat(unknown).as("tests named in %s that do not exist", DOC).isEmpty();
  }

  @Test
  void proseNamesOnlyMetricsThatExist() throws IOException {
    assertThat(unknownWords("cortex_[a-z0-9_]+", DocTables.metrics())).as("metrics in %s", DOC).isEmpty();
  }

  @Test
  void proseNamesOnlyAddressesThatExist() throws IOException {
    assertThat(unknownWords("cortex\\.<.+", DocTables.addresses())).as("bus addresses in %s", DOC).isEmpty();
  }

  @Test
  void proseNamesOnlyConfigurationKeysThatExist() throws IOException {
    List<String> sections = new ArrayList<>();
    for (RecordComponent component : CortexConfig.class.getRecordComponents()) {
      if (component.getType().isRecord()) {
        sections.add(component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
      }
    }
    assertThat(sections).contains("message_contract", "sync");
    assertThat(unknownWords("(?:" + String.join("|", sections) + ")\\.[a-z_.]+", DocTables.config()))
        .as("configuration keys in %s", DOC)
        .isEmpty();
  }

  /** Quoted words of that shape which the table does not have. */
  private static List<String> unknownWords(String shape, Table table) throws IOException {
    Set<String> known = new HashSet<>(table.names());
    assertThat(known).isNotEmpty();
    Pattern pattern = Pattern.compile(shape);
    return QUOTED.matcher(prose()).results()
        .map(word -> word.group(1))
        .filter(word -> pattern.matcher(word).matches() && !known.contains(word))
        .distinct()
        .toList();
  }

  private static String prose() throws IOException {
    String text = Files.readString(DOC);
    for (String name : DocTables.all().keySet()) {
      text = section(name).matcher(text).replaceAll("");
    }
    return text;
  }

  private static Pattern section(String name) {
    return Pattern.compile("<!-- table: " + name + " -->(.*?)<!-- end -->", Pattern.DOTALL);
  }
}
