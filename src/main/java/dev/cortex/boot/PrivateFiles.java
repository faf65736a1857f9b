package dev.cortex.boot;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Makes files and folders that only their owner can open. Where the system knows no such modes, its defaults hold. */
final class PrivateFiles {

  private static final boolean POSIX = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private PrivateFiles() {}

  /** Makes an empty file of mode 0600. */
  static void create(Path file) throws IOException {
    Files.createFile(file, mode("rw-------"));
  }

  /** Makes a folder of mode 0700, and its parents; one that exists is left as it is. */
  static void createDirectories(Path folder) throws IOException {
    Files.createDirectories(folder, mode("rwx------"));
  }

  private static FileAttribute<?>[] mode(String permissions) {
    return POSIX
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
        : new FileAttribute<?>[0];
  }
}
