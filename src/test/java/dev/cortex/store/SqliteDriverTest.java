package dev.cortex.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class SqliteDriverTest {

  private static final String JAVA = "OpenJDK Runtime Environment";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, Linux/x86_64/libsqlitejdbc.so",
    "Linux, aarch64, Linux/aarch64/libsqlitejdbc.so",
    "Mac OS X, x86_64, Mac/x86_64/libsqlitejdbc.dylib",
    "Mac OS X, aarch64, Mac/aarch64/libsqlitejdbc.dylib",
    "Windows 11, amd64, Windows/x86_64/sqlitejdbc.dll",
    "Windows 11, aarch64, Windows/aarch64/sqlitejdbc.dll"
  })
  void libraryOfEachPlatformIsInTheDriver(String system, String architecture, String path) throws IOException {
    SqliteLibrary library = SqliteLibrary.of(system, architecture, JAVA, processor -> false).orElseThrow();
    assertThat(library.resource()).isEqualTo("org/sqlite/native/" + path);

    library.unpack(folder);

    try (InputStream original = SqliteLibrary.class.getClassLoader().getResourceAsStream(library.resource())) {
      assertThat(folder.resolve(library.name())).hasBinaryContent(original.readAllBytes());
    }
    assertThat(folder.toFile().list()).as("nothing beside it").containsExactly(library.name());
  }

  @Test
  void platformOnlyTheDriverKnowsIsLeftToTheDriver() {
    assertThat(SqliteLibrary.of("Linux", "amd64", JAVA, "x86_64"::equals)).as("another C library").isEmpty();
    assertThat(SqliteLibrary.of("Linux", "aarch64", "Android Runtime", processor -> false)).isEmpty();
    assertThat(SqliteLibrary.of("Linux", "riscv64", JAVA, processor -> false)).isEmpty();
    assertThat(SqliteLibrary.of("FreeBSD", "amd64", JAVA, processor -> false)).isEmpty();
  }

  @Test
  void processThatKeepsNoLibraryHereGetsNone() throws Exception {
    SqliteDriver.load(folder).toCompletableFuture().get(60, TimeUnit.SECONDS);

    assertThat(folder).isEmptyDirectory();
  }
}
