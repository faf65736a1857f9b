package dev.cortex.store;

import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Gets the SQLite driver ready beside everything else that a start does, because it takes as long as all of that. What
 * goes wrong here goes wrong again, and is told, when the database is opened: the driver then does all of it itself.
 */
public final class SqliteDriver {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteDriver.class);
  private static final String SCRATCH = "org.sqlite.tmpdir";
  private static final String LIBRARY_FOLDER = "org.sqlite.lib.path";
  private static final String LIBRARY_NAME = "org.sqlite.lib.name";
  private static final long STACK_BYTES = 512 * 1_024;

  private SqliteDriver() {}

  /** Begins to load the driver's classes; for a process that will open a database soon. */
  public static void warm() {
    inBackground("sqlite-classes", SQLiteConfig::new);
  }

  /**
   * Has this process keep the native library in that folder, which is to be emptied at each start. By itself the driver
   * takes the temporary directory, where a copy stays behind after every kill. What the process was told already stays;
   * not for embedded servers, because system properties belong to the process.
   */
  public static void keepLibraryIn(Path folder) {
    if (System.getProperty(SCRATCH) != null || System.getProperty(LIBRARY_FOLDER) != null) {
      return;
    }
    System.setProperty(SCRATCH, folder.toString());
    SqliteLibrary.ofThisPlatform()
        .ifPresent(library -> {
          System.setProperty(LIBRARY_FOLDER, folder.toString());
          System.setProperty(LIBRARY_NAME, library.name());
        });
  }

  /**
   * Loads the native library, unpacked into that folder if it is the one the library is kept in: in one go, where the
   * driver compares its copy byte by byte and asks another process about the platform.
   *
   * @return completes when the driver is ready or has to get ready by itself; never fails
   */
  public static CompletionStage<Void> load(Path folder) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    inBackground(
        "sqlite-library",
        () -> {
          try {
            unpackAndLoad(folder);
          } catch (Exception | LinkageError e) {
            LOG.warn("the SQLite driver was not loaded ahead of its use", e);
          }
          done.complete(null);
        });
    return done;
  }

  /** Declares what the driver's method declares. */
  private static void unpackAndLoad(Path folder) throws Exception {
    Optional<SqliteLibrary> library = isKeptIn(folder) ? SqliteLibrary.ofThisPlatform() : Optional.empty();
    if (library.isPresent()) {
      library.get().unpack(folder);
    }
    SQLiteJDBCLoader.initialize();
  }

  private static boolean isKeptIn(Path folder) throws IOException {
    String kept = System.getProperty(LIBRARY_FOLDER);
    return kept != null && Files.isDirectory(Path.of(kept)) && Files.isSameFile(Path.of(kept), folder);
  }

  private static void inBackground(String name, Runnable work) {
    Thread thread = new Thread(null, work, name, STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
  }
}
