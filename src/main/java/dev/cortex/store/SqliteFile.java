package dev.cortex.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** A SQLite database file: how it comes to be, and how its connections are opened. */
final class SqliteFile {

  /** Page cache of the writer and of each reader, in KiB: together they stay below 10 MB on a desktop. */
  private static final int WRITER_CACHE_KB = 4096;

  private static final int READER_CACHE_KB = 2048;

  /** A WAL that grew beyond this is cut back at the next checkpoint. */
  private static final int WAL_BYTES_MAX = 16 << 20;

  private final Path path;
  private final int busyTimeoutMs;

  SqliteFile(Path path, int busyTimeoutMs) {
    this.path = path;
    this.busyTimeoutMs = busyTimeoutMs;
  }

  /**
   * Creates the file when there is none, readable by its owner only; SQLite gives its WAL and shared memory the same
   * permissions. Freed pages can only be given back if that was decided before anything, even the journal mode, was
   * written to the file.
   */
  void prepare() throws IOException, SQLException {
    try {
      if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } else {
        Files.createFile(path);
      }
    } catch (FileAlreadyExistsException there) {
      if (Files.size(path) > 0) {
        return;
      }
    }
    SqliteSource source = new SqliteSource("jdbc:sqlite:" + path + "?busy_timeout=" + busyTimeoutMs);
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA auto_vacuum=INCREMENTAL");
      statement.execute("PRAGMA journal_mode=WAL");
    }
  }

  String writerUrl() {
    return url() + "&journal_mode=WAL&synchronous=FULL&cache_size=-" + WRITER_CACHE_KB;
  }

  /** What the driver's URL cannot say. No memory mapping: an I/O error in mapped memory ends the process. */
  List<String> writerPragmas() {
    return List.of(
        "PRAGMA fullfsync=1",
        "PRAGMA checkpoint_fullfsync=1",
        "PRAGMA mmap_size=0",
        "PRAGMA journal_size_limit=" + WAL_BYTES_MAX);
  }

  String readerUrl() {
    return url() + "&open_mode=1&cache_size=-" + READER_CACHE_KB;
  }

  List<String> readerPragmas() {
    return List.of("PRAGMA mmap_size=0");
  }

  private String url() {
    return "jdbc:sqlite:" + path + "?temp_store=MEMORY&busy_timeout=" + busyTimeoutMs;
  }
}
