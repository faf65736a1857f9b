package dev.cortex.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the text of the sources to what fits beside another window, and to white space that can be seen. */
@Timeout(120)
final class SourceTextTest {

  private static final int WIDTH = 120;
  private static final Set<String> ENDINGS = Set.of("java", "js", "mjs", "sql", "yaml");
  private static final Set<String> FOREIGN = Set.of("target", "node_modules");
  /** A migration that stores have applied never changes, be it by a line break: they remember its checksum. */
  private static final Set<Path> FROZEN = Set.of(Path.of("src/main/resources/db/postgres/001_log.sql"));

  @Test
  void everyLineIsShortAndWithoutHiddenBlanks() throws IOException {
    List<Path> sources = sources();
    List<String> faults = new ArrayList<>();
    for (Path source : sources) {
      int number = 0;
      for (String line : Files.readAllLines(source)) {
        number++;
        String place = source + ":" + number + ": ";
        fault(line).ifPresent(fault -> faults.add(place + fault));
      }
    }

    assertThat(sources).as("the walk saw the sources").hasSizeGreaterThan(100).containsAll(FROZEN);
    assertThat(faults.stream().filter(fault -> FROZEN.stream().noneMatch(file -> fault.startsWith(file + ":"))))
        .as("lines to mend")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"120, '', ''", "121, '', '121 characters, 120 fit'", "3, '\t', 'a tab'", "3, ' ', 'blanks at the end'"})
  void faultsAreFound(int length, String end, String fault) {
    assertThat(fault("ü".repeat(length) + end).orElse("")).isEqualTo(fault);
  }

  private static Optional<String> fault(String line) {
    int length = line.codePointCount(0, line.length());
    if (length > WIDTH) {
      return Optional.of(length + " characters, " + WIDTH + " fit");
    } else if (line.indexOf('\t') >= 0) {
      return Optional.of("a tab");
    }
    return line.equals(line.stripTrailing()) ? Optional.empty() : Optional.of("blanks at the end");
  }

  private static List<Path> sources() throws IOException {
    Path root = Path.of("");
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(root, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
        String name = folder.getFileName().toString();
        return FOREIGN.contains(name) || name.startsWith(".")
            ? FileVisitResult.SKIP_SUBTREE
            : FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        String name = file.getFileName().toString();
        if (ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))) {
          sources.add(file);
        }
        return FileVisitResult.CONTINUE;
      }
    });
    return sources;
  }
}
