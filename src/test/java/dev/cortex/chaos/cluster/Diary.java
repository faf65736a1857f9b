package dev.cortex.chaos.cluster;

import io.vertx.core.json.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a client wrote down, one JSON object a line. */
final class Diary implements AutoCloseable {

  private final BufferedWriter out;
  private long complaints;

  Diary(Path file) {
    try {
      out = Files.newBufferedWriter(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds a line. */
  synchronized void note(JsonObject line) {
    try {
      out.write(line.encode());
      out.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds something that a client should never see. */
  void complain(String what) {
    complaints++;
    System.err.println("chaos: COMPLAINT " + what);
    note(new JsonObject().put("complaint", what));
  }

  /** How many complaints there are. */
  long complaints() {
    return complaints;
  }

  @Override
  public synchronized void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
