package dev.cortex.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret of one installation: made once, kept in a file that only its owner can read. */
public final class InstallToken {

  private static final String FILE = "token";
  private static final int SECRET_BYTES = 32;
  private static final int LENGTH = 43;

  private InstallToken() {}

  /**
   * The token of a data directory, made on first use. A file that others could read is closed to them.
   *
   * @throws IOException when it can be neither read nor made, or holds something else
   */
  public static String loadOrCreate(Path dataDir) throws IOException {
    Path file = dataDir.resolve(FILE);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      create(file);
    }
    boolean posix = Files.getFileStore(file).supportsFileAttributeView("posix");
    if (posix) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    String token = Files.readString(file, StandardCharsets.US_ASCII).strip();
    if (token.length() != LENGTH || !token.chars().allMatch(InstallToken::isUrlSafe)) {
      throw new IOException("the token file holds no token; delete it to get a new one");
    }
    return token;
  }

  private static void create(Path file) throws IOException {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    byte[] text = Base64.getUrlEncoder().withoutPadding().encode(secret);
    boolean posix = Files.getFileStore(file.getParent()).supportsFileAttributeView("posix");
    try {
      if (posix) {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } else {
        Files.createFile(file);
      }
    } catch (FileAlreadyExistsException e) {
      return; // made by somebody else in between: theirs is read
    }
    Files.write(file, text, StandardOpenOption.WRITE);
  }

  private static boolean isUrlSafe(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  }
}
