package dev.cortex.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The data directory of a running server, locked for as long as it runs. Methods block briefly on the file system. */
final class DataDirectory implements AutoCloseable {

  /**
   * Directories locked by this process. The operating system drops a process's lock on a file when the process closes
   * any descriptor of it, so a second attempt from the same process must not even open the lock file.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final String LOCK = "lock";
  private static final String SCRATCH = "tmp";

  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes the directory if needed, locks it and clears its scratch folders.
   *
   * @throws StartException when it cannot be made, may not be used, or another server has it
   */
  static DataDirectory open(Path wanted) {
    try {
      PrivateFiles.createDirectories(wanted);
      Path path = wanted.toRealPath();
      if (!Files.isWritable(path)) {
        throw new AccessDeniedException(path.toString());
      }
      DataDirectory directory = lock(path);
      try {
        directory.clearScratch();
      } catch (IOException | RuntimeException e) {
        directory.close();
        throw e;
      }
      return directory;
    } catch (AccessDeniedException e) {
      throw new StartException(StartFailure.PERMISSION, "no permission to use the data directory " + wanted, e);
    } catch (IOException | UncheckedIOException e) {
      String what = Files.exists(wanted) && !Files.isDirectory(wanted) ? "it is no directory" : e.toString();
      throw new StartException(
          StartFailure.CANNOT_CREATE_DATA, "cannot make the data directory " + wanted + ": " + what, e);
    }
  }

  private static DataDirectory lock(Path path) throws IOException {
    if (!HELD.add(path)) {
      throw taken(path);
    }
    FileChannel channel = null;
    try {
      Path file = path.resolve(LOCK);
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        createLock(file);
      }
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw taken(path);
      }
      return new DataDirectory(path, channel);
    } catch (IOException | RuntimeException e) {
      HELD.remove(path);
      if (channel != null) {
        channel.close();
      }
      throw e;
    }
  }

  private static void createLock(Path file) throws IOException {
    try {
      PrivateFiles.create(file);
    } catch (FileAlreadyExistsException e) {
      return; // another server made it in between: the lock decides between the two
    }
  }

  private static StartException taken(Path path) throws IOException {
    String where = RunFile.read(path).map(run -> " at " + run.url() + " (pid " + run.pid() + ")").orElse("");
    return new StartException(StartFailure.ALREADY_RUNNING, "a server is already running" + where + " on " + path);
  }

  /** The directory itself, with symbolic links resolved. */
  Path path() {
    return path;
  }

  /** A folder for files that mean nothing after this run; emptied at each start. */
  Path scratch(String name) {
    return path.resolve(SCRATCH).resolve(name);
  }

  /** Gives the directory back. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(path);
    }
  }

  private void clearScratch() throws IOException {
    Path folder = path.resolve(SCRATCH);
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      List<Path> deepestFirst;
      try (Stream<Path> tree = Files.walk(folder)) {
        deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path each : deepestFirst) {
        Files.delete(each);
      }
    }
    PrivateFiles.createDirectories(scratch("native"));
  }
}
