package dev.cortex.log.sql;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * The file beside the database that holds the nonce the database should have; while that changes it holds the old and
 * the new one, so that a crash between the two writes is not taken for a restored backup.
 */
final class NonceFile {

  private final Path path;

  NonceFile(Path path) {
    this.path = path;
  }

  /** The nonces the database may have, empty without a file. */
  List<String> read() throws IOException {
    return Files.exists(path) ? Files.readAllLines(path, StandardCharsets.UTF_8) : List.of();
  }

  /** Replaces the file's content in one step, on disk when this returns. */
  void write(List<String> nonces) throws IOException {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    ByteBuffer text = ByteBuffer.wrap((String.join("\n", nonces) + '\n').getBytes(StandardCharsets.UTF_8));
    Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel file = FileChannel.open(fresh, options, ownerOnly())) {
      while (text.hasRemaining()) {
        file.write(text);
      }
      file.force(true);
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static FileAttribute<?>[] ownerOnly() {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
        : new FileAttribute<?>[0];
  }
}
