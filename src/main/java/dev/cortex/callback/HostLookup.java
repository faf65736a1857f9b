package dev.cortex.callback;

import io.vertx.core.Future;
import java.util.List;

/** Asks for the addresses of a host: a question to the world, whose answer may be another each time. */
interface HostLookup {

  /**
   * Every address of a name, 4 or 16 bytes each; fails when there is none, or no answer.
   *
   * @param doubtful whether the name has lately led to nothing: such ones wait for each other and for nobody else
   */
  Future<List<byte[]>> addresses(String name, boolean doubtful);
}
