package dev.cortex.architecture.broken.base;

import dev.cortex.base.Pure;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;

/** Claims to be pure and touches everything a pure class may not. */
@Pure
final class PureThatIsNot {

  private final Vertx vertx;
  private final Connection connection;
  private final Socket socket;

  PureThatIsNot(Vertx vertx, Connection connection, Socket socket) {
    this.vertx = vertx;
    this.connection = connection;
    this.socket = socket;
  }

  String everything(Path path) throws IOException {
    var copy = new byte[1];
    System.arraycopy(new byte[1], 0, copy, 0, 1);
    return "" + System.currentTimeMillis() + Instant.now() + new Random().nextInt() + UUID.randomUUID()
        + Files.size(path) + vertx + connection + socket + copy.length
        + URI.create("a:b");
  }
}
