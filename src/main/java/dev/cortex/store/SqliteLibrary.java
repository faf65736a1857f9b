package dev.cortex.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The native library of SQLite for one platform, as the driver's jar has it.
 *
 * @param folder of the library among the driver's resources
 * @param name of the library's file
 */
record SqliteLibrary(String folder, String name) {

  private static final String RESOURCES = "org/sqlite/native/";

  /** The one for this platform; empty where only the driver itself can tell. */
  static Optional<SqliteLibrary> ofThisPlatform() {
    return of(
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        System.getProperty("java.runtime.name", ""),
        processor -> Files.exists(Path.of("/lib/ld-musl-" + processor + ".so.1")));
  }

  /**
   * The one for that platform.
   *
   * @param system operating system, as the property {@code os.name} says it
   * @param architecture as {@code os.arch} says it
   * @param runtime as {@code java.runtime.name} says it
   * @param musl whether a Linux of that processor may have another C library than most
   */
  static Optional<SqliteLibrary> of(String system, String architecture, String runtime, Predicate<String> musl) {
    String processor =
        switch (architecture) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64" -> "aarch64";
          default -> "";
        };
    if (processor.isEmpty() || runtime.toLowerCase(Locale.ROOT).contains("android")) {
      return Optional.empty();
    }
    if (system.equals("Linux") && !musl.test(processor)) {
      return Optional.of(new SqliteLibrary("Linux/" + processor, "libsqlitejdbc.so"));
    }
    if (system.startsWith("Mac")) {
      return Optional.of(new SqliteLibrary("Mac/" + processor, "libsqlitejdbc.dylib"));
    }
    return system.startsWith("Windows")
        ? Optional.of(new SqliteLibrary("Windows/" + processor, "sqlitejdbc.dll"))
        : Optional.empty();
  }

  /** Copies it there under its name: nobody sees a part of it. Does nothing when this jar does not have it. */
  void unpack(Path target) throws IOException {
    try (InputStream library = org.sqlite.JDBC.class.getClassLoader().getResourceAsStream(resource())) {
      if (library != null) {
        Path part = target.resolve(name + ".part");
        Files.copy(library, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, target.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** Its path among the driver's resources. */
  String resource() {
    return RESOURCES + folder + '/' + name;
  }
}
