package dev.cortex.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the servers of a demo keep their data, a folder each.
 *
 * @param path of the folder they share
 * @param temporary whether nobody asked to keep it
 */
public record DemoHome(Path path, boolean temporary) {

  private static final String FOLDER = "demo";

  /**
   * The folder of that data directory; a new temporary one for the empty path.
   *
   * @throws StartException when there can be none
   */
  public static DemoHome of(Path dataDir) {
    if (!dataDir.toString().isEmpty()) {
      return new DemoHome(dataDir.resolve(FOLDER), false);
    }
    try {
      return new DemoHome(Files.createTempDirectory("cortex-demo-"), true);
    } catch (IOException e) {
      throw new StartException(StartFailure.CANNOT_CREATE_DATA, "cannot make a temporary directory: " + e, e);
    }
  }

  /** The data directory of one of the servers. */
  public Path of(String server) {
    return path.resolve(server);
  }

  /** Removes a temporary one with all that is in it; another one stays. */
  void leave() throws IOException {
    if (temporary && Files.exists(path)) {
      List<Path> deepestFirst;
      try (Stream<Path> tree = Files.walk(path)) {
        deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path each : deepestFirst) {
        Files.delete(each);
      }
    }
  }
}
