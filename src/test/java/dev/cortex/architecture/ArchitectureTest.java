package dev.cortex.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the sources to the package table and to the rules made from it. */
@Timeout(600)
final class ArchitectureTest {

  private static final JavaClasses SERVER =
      new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.cortex");

  static Stream<ArchRule> rules() {
    return new Rules("dev.cortex").all().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void sourcesKeepTheRule(ArchRule rule) {
    rule.check(SERVER);
  }

  @Test
  void everySourceFolderIsInTheTable() throws IOException {
    try (var folders = Files.list(Path.of("src", "main", "java", "dev", "cortex"))) {
      var names = folders.map(folder -> folder.getFileName().toString()).collect(Collectors.toSet());

      assertThat(PackageTable.allowedImports().keySet()).containsAll(names);
      assertThat(names).as("the importer saw the sources").contains("base", "event", "room");
    }
  }

  @Test
  void rowsNameOnlyPackagesOfTheTable() {
    var table = PackageTable.allowedImports();

    assertThat(table.values()).allSatisfy(imports -> assertThat(table.keySet()).containsAll(imports));
    assertThat(table.keySet()).containsAll(PackageTable.STAGES).containsAll(PackageTable.SQL);
  }
}
