package dev.cortex.boot;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What a running server tells about itself in its data directory, for launchers and commands. Present from readiness to
 * a clean stop; one that outlived a kill is replaced by the next start.
 *
 * @param url where to reach the server
 * @param port its port
 * @param pid its process
 * @param version its version
 * @param startedMs when it started, Unix milliseconds
 * @param token what local clients must send, if anything
 */
public record RunFile(String url, int port, long pid, String version, long startedMs, Optional<String> token) {

  private static final String NAME = "run.json";

  /**
   * The run file of a data directory; empty when there is none, or no readable one.
   *
   * @throws IOException when the file exists and cannot be read
   */
  public static Optional<RunFile> read(Path dataDir) throws IOException {
    try {
      JsonObject json = new JsonObject(Files.readString(dataDir.resolve(NAME)));
      return Optional.of(
          new RunFile(
              json.getString("url", ""),
              json.getInteger("port", 0),
              json.getLong("pid", 0L),
              json.getString("version", ""),
              json.getLong("started", 0L),
              Optional.ofNullable(json.getString("token"))));
    } catch (NoSuchFileException | DecodeException | ClassCastException e) {
      return Optional.empty();
    }
  }

  /** Writes the file so that readers see the old one or the new one, never half of one. */
  void write(Path dataDir) throws IOException {
    JsonObject json =
        new JsonObject()
            .put("url", url)
            .put("port", port)
            .put("pid", pid)
            .put("version", version)
            .put("started", startedMs);
    token.ifPresent(secret -> json.put("token", secret));
    Path fresh = dataDir.resolve(NAME + ".new");
    Files.deleteIfExists(fresh);
    PrivateFiles.create(fresh);
    Files.writeString(fresh, json.encode() + "\n");
    Files.move(fresh, dataDir.resolve(NAME), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes the file; nothing happens when there is none. */
  static void remove(Path dataDir) throws IOException {
    Files.deleteIfExists(dataDir.resolve(NAME));
  }
}
