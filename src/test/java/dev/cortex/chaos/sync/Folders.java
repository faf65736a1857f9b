package dev.cortex.chaos.sync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders as a backup program treats them. */
final class Folders {

  private Folders() {}

  /** Copies a folder with all that is in it to a place where nothing is. */
  static void copy(Path from, Path to) throws IOException {
    for (Path each : tree(from)) {
      Path copy = to.resolve(from.relativize(each).toString());
      if (Files.isDirectory(each)) {
        Files.createDirectories(copy);
      } else if (Files.isRegularFile(each)) {
        Files.copy(each, copy);
      }
    }
  }

  /** Removes a folder with all that is in it. */
  static void delete(Path folder) throws IOException {
    List<Path> tree = tree(folder);
    for (Path each : tree.stream().sorted(Comparator.reverseOrder()).toList()) {
      Files.deleteIfExists(each);
    }
  }

  /** Puts back what was copied before. */
  static void putBack(Path copy, Path folder) throws IOException {
    delete(folder);
    copy(copy, folder);
  }

  private static List<Path> tree(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.toList();
    }
  }
}
